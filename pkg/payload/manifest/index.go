package manifest

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/release-x/oc-release-x/internal/frame"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// errNoText is the error for the text of an object that was read from an index.
var errNoText = errors.New("its text was not read")

// IndexForm names the format of an index. Change it with the format.
const IndexForm = "manifests-1"

// Index encodes what Load found in the release's directory, without the documents' text: enough for an evaluation, a list and
// a graph. It has the text of FeatureGates, because an evaluation reads them.
func (p *Payload) Index() []byte {
	var objects []*Object
	for _, object := range p.Objects {
		if object.Directory == ReleaseDirectory {
			objects = append(objects, object)
		}
	}
	var w frame.Writer
	w.Number(uint64(len(objects)))
	for _, object := range objects {
		object.encode(&w)
	}
	return w.Bytes()
}

func (o *Object) encode(w *frame.Writer) {
	for _, text := range []string{o.File, o.Level, o.Component, o.Group, o.Version, o.Kind, o.Namespace, o.Name, o.Problem} {
		w.Text(text)
	}
	for _, number := range []int{o.Document, o.Start, o.End} {
		w.Number(uint64(number))
	}
	w.Flag(o.Annotated)
	w.Flag(o.Annotations != nil)
	w.Number(uint64(len(o.Annotations)))
	for _, key := range slices.Sorted(maps.Keys(o.Annotations)) {
		w.Text(key)
		w.Text(o.Annotations[key])
	}
	for _, list := range [][]string{o.Capabilities, o.FeatureSets, o.FeatureGates} {
		w.Texts(list)
	}
	text := isGate(o)
	w.Flag(text)
	if text {
		w.Data(o.raw)
		w.Data(o.json)
	}
}

// LoadIndexed is Load with the objects of an index in place of the release's files. These objects have no text: Raw is empty,
// JSON returns an error, and Mentions finds nothing.
func LoadIndexed(operator []payload.File, objects []*Object, render Render) *Payload {
	return LoadIndexedWithin(document.Limits{}, operator, objects, render)
}

// LoadIndexedWithin is LoadIndexed with limits other than the defaults.
func LoadIndexedWithin(limits document.Limits, operator []payload.File, objects []*Object, render Render) *Payload {
	loaded := LoadWithin(limits, payload.Files{Operator: operator}, render)
	if loaded.budget.Count(len(objects)) == nil {
		loaded.add(objects)
	}
	return loaded
}

// ReadIndex decodes the objects of an index.
func ReadIndex(index []byte) ([]*Object, error) {
	r := frame.NewReader(index)
	objects := make([]*Object, r.Count())
	for i := range objects {
		objects[i] = decodeObject(r)
	}
	if err := r.Finish(); err != nil {
		return nil, fmt.Errorf("reading the index of manifests: %w", err)
	}
	return objects, nil
}

func decodeObject(r *frame.Reader) *Object {
	o := &Object{Directory: ReleaseDirectory}
	for _, text := range []*string{&o.File, &o.Level, &o.Component, &o.Group, &o.Version, &o.Kind, &o.Namespace, &o.Name, &o.Problem} {
		*text = r.Text()
	}
	for _, number := range []*int{&o.Document, &o.Start, &o.End} {
		*number = int(r.Number())
	}
	o.Annotated = r.Flag()
	if r.Flag() {
		o.Annotations = map[string]string{}
	}
	for range r.Count() {
		key, value := r.Text(), r.Text()
		if o.Annotations != nil {
			o.Annotations[key] = value
		}
	}
	for _, list := range []*[]string{&o.Capabilities, &o.FeatureSets, &o.FeatureGates} {
		*list = r.Texts()
	}
	if r.Flag() {
		o.raw = r.Data()
		if converted := r.Data(); len(converted) > 0 {
			o.json = converted
		}
	}
	return o
}
