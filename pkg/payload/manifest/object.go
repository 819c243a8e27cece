package manifest

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/manifest/yamlheader"
)

// UnknownKind is the kind of an object that cannot be read.
const UnknownKind = "?"

// Object is one document of a payload. An [Entry] adds what a cluster does with it.
type Object struct {
	Directory Directory
	File      string // name, without the directory
	Document  int    // number among the file's documents with content, from 1
	Level     string // run level as in the file name; empty if the name has none
	Component string // also from the file name

	Group, Version, Kind, Namespace, Name string

	Capabilities []string // all of them must be enabled
	FeatureSets  []string // one of them must be the cluster's
	FeatureGates []string // all of them must be enabled, those with a leading hyphen disabled

	// Annotated is false if the operator sees no annotations. Annotations has only those that decide about inclusion.
	Annotated   bool
	Annotations map[string]string

	// Problem says why the object cannot be read, empty if it can. The operator refuses the whole payload then, unless the
	// object only exceeds a limit of this program.
	Problem string

	// Start and End are the offsets of the document in its file (Payload.Rendered for the operator's directory), in bytes.
	Start, End int

	raw    []byte
	json   []byte
	budget *document.Budget // of the payload

	// exceedsLimit says that Problem is a limit of this program. An index does not have it.
	exceedsLimit bool
}

// APIVersion is GROUP/VERSION, or VERSION in the core group.
func (o *Object) APIVersion() string {
	if o.Group == "" {
		return o.Version
	}
	return o.Group + "/" + o.Version
}

// ID is FILE#DOCUMENT. Both directories may have a file of the same name.
func (o *Object) ID() string { return fmt.Sprintf("%s#%d", o.File, o.Document) }

// Raw is the text of the document in its file, rendered for the operator's directory. Do not change it.
func (o *Object) Raw() []byte { return o.raw }

// JSON is the object as the operator keeps it: YAML becomes compact JSON with sorted keys, JSON stays as it is. Do not change
// it. The error says why the document cannot be converted.
func (o *Object) JSON() ([]byte, error) {
	if o.json != nil {
		return o.json, nil
	}
	if o.Problem != "" && o.Kind == UnknownKind {
		return nil, fmt.Errorf("%s: %s", o.ID(), o.Problem)
	}
	if o.raw == nil {
		return nil, fmt.Errorf("%s: %w", o.ID(), errNoText)
	}
	converted, err := toJSON(o.raw, o.budget)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.ID(), err)
	}
	return converted, nil
}

// objectKey identifies an object in a cluster. Two documents of one file may not have the same key.
type objectKey struct{ group, kind, namespace, name string }

func (o *Object) key() objectKey { return objectKey{o.Group, o.Kind, o.Namespace, o.Name} }

// IsJob reports whether the object is a barrier of the task graph, which only a batch/v1 Job is.
func (o *Object) IsJob() bool {
	return o.Group == "batch" && o.Version == "v1" && o.Kind == "Job"
}

// readFile reads the objects of one file.
func readFile(file source, budget *document.Budget) []*Object {
	level, component, _ := ParseFileName(file.name)
	documents := readDocuments(file.data, budget)
	objects := make([]*Object, 0, len(documents))
	seen := make(map[objectKey]int, len(documents))
	for i, read := range documents {
		object := newObject(read)
		object.Directory, object.File, object.Document = file.directory, file.name, i+1
		object.Level, object.Component = level, component
		object.budget = budget
		object.raw = file.data[read.start:read.end:read.end]
		if object.Problem == "" {
			id := object.key()
			if first, duplicate := seen[id]; duplicate {
				object.Problem = fmt.Sprintf("the same object as document %d of the file", first)
			} else {
				seen[id] = object.Document
			}
		}
		objects = append(objects, object)
	}
	return objects
}

// newObject makes an object of a document, without its place in the payload.
func newObject(read parsedDocument) *Object {
	h := read.header
	object := &Object{
		Group:        h.Group(),
		Version:      h.Version(),
		Kind:         h.Kind,
		Namespace:    h.Namespace,
		Name:         h.Name,
		Capabilities: splitUnlessEmpty(h.Annotations[CapabilityAnnotation], "+"),
		FeatureSets:  splitUnlessEmpty(h.Annotations[FeatureSetAnnotation], ","),
		FeatureGates: splitWords(h.Annotations[FeatureGateAnnotation]),
		Annotated:    h.Annotated,
		Annotations:  h.Annotations,
		Problem:      missingFields(h),
		Start:        read.start,
		End:          read.end,
		json:         read.json,
	}
	if read.problem != nil {
		object.Problem = read.problem.Error()
		_, object.exceedsLimit = errors.AsType[*document.LimitError](read.problem)
	}
	object.Kind = cmp.Or(object.Kind, UnknownKind)
	return object
}

// missingFields says which fields the operator misses in an object, empty if it is complete.
func missingFields(h yamlheader.Header) string {
	switch {
	case h.Kind == "" && h.Name == "":
		return "required fields kind and name are missing"
	case h.Kind == "":
		return "required field kind is missing"
	case h.Name == "" && strings.HasSuffix(h.Kind, "List"):
		return "required field name is missing: the operator takes no lists"
	case h.Name == "":
		return "required field name is missing"
	}
	return ""
}

// problemAt is the problem, after the number of the document unless that is 1.
func (o *Object) problemAt() string {
	if o.Document == 1 {
		return o.Problem
	}
	return fmt.Sprintf("document %d: %s", o.Document, o.Problem)
}

// ParseFileName reads run level and component from a file name of the form 0000_LEVEL_COMPONENT_REST. 5 and 05 are two
// different levels. A component is words of letters and digits joined by single hyphens. ok is false for every other name:
// such a file has no level (cluster-version-operator, pkg/payload/task_graph.go).
func ParseFileName(name string) (level, component string, ok bool) {
	rest, ok := strings.CutPrefix(name, "0000_")
	if !ok {
		return "", "", false
	}
	level, rest, ok = strings.Cut(rest, "_")
	if !ok || level == "" || strings.Trim(level, "0123456789") != "" {
		return "", "", false
	}
	component, _, ok = strings.Cut(rest, "_")
	if !ok || !isComponent(component) {
		return "", "", false
	}
	return level, component, true
}

// isComponent reports whether s is words of ASCII letters and digits with single hyphens between them.
func isComponent(s string) bool {
	for word := range strings.SplitSeq(s, "-") {
		if word == "" {
			return false
		}
		for i := range len(word) {
			if !isAlphanumeric(word[i]) {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
