package manifest

import (
	"errors"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// identity is what no two objects of a file may share.
type identity struct{ group, kind, namespace, name string }

// readFile reads the objects of one file.
func readFile(file source, budget *document.Budget) []*Object {
	level, component, _ := ParseFileName(file.name)
	documents := readDocuments(file.data, budget)
	objects := make([]*Object, 0, len(documents))
	seen := make(map[identity]int, len(documents))
	for i, read := range documents {
		object := newObject(read)
		object.Folder, object.File, object.Document = file.folder, file.name, i+1
		object.Level, object.Component = level, component
		object.budget = budget
		object.raw = file.data[read.start:read.end:read.end]
		if object.Problem == "" {
			id := identity{object.Group, object.Kind, object.Namespace, object.Name}
			if first, twice := seen[id]; twice {
				object.Problem = fmt.Sprintf("the same object as document %d of the file", first)
			} else {
				seen[id] = object.Document
			}
		}
		objects = append(objects, object)
	}
	return objects
}

// newObject fills in what a document says about its object.
func newObject(read part) *Object {
	h := read.header
	object := &Object{
		Group:        h.Group(),
		Version:      h.Version(),
		Kind:         h.Kind,
		Namespace:    h.Namespace,
		Name:         h.Name,
		Capabilities: splitList(h.Annotations[CapabilityAnnotation], "+"),
		FeatureSets:  splitList(h.Annotations[FeatureSetAnnotation], ","),
		FeatureGates: requirements(h.Annotations[FeatureGateAnnotation]),
		Annotated:    h.Annotated,
		Annotations:  h.Annotations,
		Problem:      h.problem(),
		Start:        read.start,
		End:          read.end,
		json:         read.json,
	}
	if read.problem != nil {
		object.Problem = read.problem.Error()
		_, object.beyond = errors.AsType[*document.LimitError](read.problem)
	}
	if object.Kind == "" {
		object.Kind = UnknownKind
	}
	return object
}

// problemAt is the problem with the place of the document.
func (o *Object) problemAt() string {
	if o.Document == 1 {
		return o.Problem
	}
	return fmt.Sprintf("document %d: %s", o.Document, o.Problem)
}
