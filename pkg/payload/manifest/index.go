package manifest

import (
	"errors"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// errNoText is the error for the text of an object that was read from an index.
var errNoText = errors.New("its text was not read")

// IndexForm names the form of an index. Change it with the fields of IndexedObject and Object.
const IndexForm = "manifests-2"

// Index is what Load found in the release's directory, without the documents' text: enough for an evaluation, a list and a
// graph.
type Index []IndexedObject

// IndexedObject is an object with what an index has of its text.
type IndexedObject struct {
	_ struct{} `cbor:",toarray"` // without the names of fields
	Object
	FeatureGate, FeatureGateJSON []byte // the text of a FeatureGate, because an evaluation reads it; else nil
}

// Index makes an index of the objects that were read.
func (p *Payload) Index() Index {
	index := Index{} // not nil: without objects it is an index too
	for _, object := range p.Objects {
		if object.Directory != ReleaseDirectory {
			continue
		}
		indexed := IndexedObject{Object: *object}
		if isGate(object) {
			indexed.FeatureGate, indexed.FeatureGateJSON = object.raw, object.json
		}
		indexed.raw, indexed.json, indexed.budget = nil, nil, nil
		index = append(index, indexed)
	}
	return index
}

// LoadIndexed is Load with an index in place of the release's files. Its objects have no text: Raw is empty,
// JSON returns an error, and Mentions finds nothing.
func LoadIndexed(operator []payload.File, index Index, render Render) *Payload {
	return LoadIndexedWithin(document.Limits{}, operator, index, render)
}

// LoadIndexedWithin is LoadIndexed with limits other than the defaults.
func LoadIndexedWithin(limits document.Limits, operator []payload.File, index Index, render Render) *Payload {
	loaded := LoadWithin(limits, payload.Files{Operator: operator}, render)
	if loaded.budget.Count(len(index)) == nil {
		loaded.add(index.objects())
	}
	return loaded
}

func (index Index) objects() []*Object {
	objects := make([]*Object, len(index))
	for i := range index {
		object := &index[i].Object
		object.Directory = ReleaseDirectory
		object.raw, object.json = index[i].FeatureGate, index[i].FeatureGateJSON
		objects[i] = object
	}
	return objects
}
