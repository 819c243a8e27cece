package manifest

import (
	"errors"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// errNoText is the error for the text of an object that was read from an index.
var errNoText = errors.New("its text was not read")

// IndexForm names the form of an index. Change it with the fields of Index, IndexedObject and Object.
const IndexForm = "manifests-2"

// Index is what Load found in the release's directory, without the documents' text: enough for an evaluation, a list and a
// graph.
type Index struct {
	Objects     []IndexedObject
	Annotations []map[string]string // each set once, because most objects have one of a few sets
}

// IndexedObject is an object without its Directory and Annotations.
type IndexedObject struct {
	_ struct{} `cbor:",toarray"` // without the names of fields
	Object
	AnnotationSet                int    // in the index's Annotations, counted from 1; 0 is nil
	FeatureGate, FeatureGateJSON []byte // the text of a FeatureGate, because an evaluation reads it; else nil
}

// Index makes an index of the objects that were read.
func (p *Payload) Index() *Index {
	index := &Index{}
	sets := map[string]int{}
	for _, object := range p.Objects {
		if object.Directory != ReleaseDirectory {
			continue
		}
		indexed := IndexedObject{Object: *object, AnnotationSet: index.addAnnotations(sets, object.Annotations)}
		if isGate(object) {
			indexed.FeatureGate, indexed.FeatureGateJSON = object.raw, object.json
		}
		indexed.Directory, indexed.Annotations, indexed.raw, indexed.json, indexed.budget = "", nil, nil, nil, nil
		index.Objects = append(index.Objects, indexed)
	}
	return index
}

// addAnnotations returns the number of a set of annotations. sets has the numbers of those that were added before.
func (index *Index) addAnnotations(sets map[string]int, annotations map[string]string) int {
	if annotations == nil {
		return 0
	}
	key := fmt.Sprintf("%q", annotations) // sorted by key
	if sets[key] == 0 {
		index.Annotations = append(index.Annotations, annotations)
		sets[key] = len(index.Annotations)
	}
	return sets[key]
}

// LoadIndexed is Load with an index in place of the release's files. Its objects have no text: Raw is empty,
// JSON returns an error, and Mentions finds nothing. Some of them share their Annotations.
func LoadIndexed(operator []payload.File, index *Index, render Render) *Payload {
	return LoadIndexedWithin(document.Limits{}, operator, index, render)
}

// LoadJSONWithin is LoadIndexedWithin for objects of which there is the JSON, one for each object of the index.
func LoadJSONWithin(limits document.Limits, operator []payload.File, index *Index, objects [][]byte, render Render) *Payload {
	loaded := LoadIndexedWithin(limits, operator, index, render)
	if loaded.Err() != nil {
		return loaded
	}
	for i, o := range loaded.Objects[len(loaded.Objects)-len(index.Objects):] {
		o.json = objects[i]
	}
	return loaded
}

// LoadIndexedWithin is LoadIndexed with limits other than the defaults.
func LoadIndexedWithin(limits document.Limits, operator []payload.File, index *Index, render Render) *Payload {
	loaded := LoadWithin(limits, payload.Files{Operator: operator}, render, nil)
	if loaded.budget.Count(len(index.Objects)) == nil {
		loaded.add(index.objects())
	}
	return loaded
}

func (index *Index) objects() []*Object {
	objects := make([]*Object, len(index.Objects))
	for i := range index.Objects {
		indexed := &index.Objects[i]
		object := &indexed.Object
		object.Directory = ReleaseDirectory
		if set := indexed.AnnotationSet; set > 0 && set <= len(index.Annotations) {
			object.Annotations = index.Annotations[set-1]
		}
		object.raw, object.json = indexed.FeatureGate, indexed.FeatureGateJSON
		objects[i] = object
	}
	return objects
}
