package manifest

import (
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// Folder is one of the two folders of a release image.
type Folder string

// The folders, in the order in which the operator reads them.
const (
	OperatorFolder Folder = "manifests"         // the operator's own manifests, Go templates
	ReleaseFolder  Folder = "release-manifests" // the manifests of the components
)

// UnknownKind is the kind of an object that could not be read.
const UnknownKind = "?"

// Object is one document of a payload, as it lies there: what a cluster makes of it is an [Entry].
type Object struct {
	Folder    Folder
	File      string // name, without the folder
	Document  int    // place among the file's documents that hold something, from 1
	Level     string // run level as the file name writes it; empty when the name has no such form
	Component string // from the file name, too

	Group, Version, Kind, Namespace, Name string

	Capabilities []string // all of them are needed
	FeatureSets  []string // one of them is needed
	FeatureGates []string // all are needed; a leading hyphen: must not be enabled

	// Annotated is false when the operator sees no annotations. Annotations are those that decide about inclusion.
	Annotated   bool
	Annotations map[string]string

	// Problem says why the object cannot be read: the operator refuses it and the whole payload with it, unless it is this
	// program that reads no such thing. It is empty for an object that can be read.
	Problem string

	// Start and End are the bytes of the document in its file (Payload.Rendered for the operator's folder).
	Start, End int

	raw    []byte
	json   []byte
	budget *document.Budget // of the payload

	// beyond says that Problem is a limit of this program. An index lacks it, and needs it for nothing.
	beyond bool
}

// APIVersion is group and version as an object writes them.
func (o *Object) APIVersion() string {
	if o.Group == "" {
		return o.Version
	}
	return o.Group + "/" + o.Version
}

// ID is the name of the document: FILE#DOCUMENT. A file of this name may be in both folders.
func (o *Object) ID() string { return fmt.Sprintf("%s#%d", o.File, o.Document) }

// Raw is the document as it stands in its file (rendered, for the operator's folder). It must not be changed.
func (o *Object) Raw() []byte { return o.raw }

// JSON is the object as the operator keeps it: YAML converted to compact JSON with sorted keys, JSON as it stands. The
// error is the reason why there is none.
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

// IsJob says whether the object is a barrier of the task graph: a batch/v1 Job and nothing like it.
func (o *Object) IsJob() bool {
	return o.Group == "batch" && o.Version == "v1" && o.Kind == "Job"
}
