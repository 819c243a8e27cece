package testrelease

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/opencontainers/go-digest"
)

// Component is one entry of image-references.
type Component struct {
	Name        string
	Image       string // pull spec
	Kind        string // of the reference; default: DockerImage
	Annotations map[string]string
}

// ComponentOption changes a component.
type ComponentOption func(*Component)

// ArtRepository is the repository of the default pull specs.
const ArtRepository = "quay.io/openshift-release-dev/ocp-v4.0-art-dev"

// ImageOf is the default pull spec of a component.
func ImageOf(name string) string {
	return ArtRepository + "@" + digest.FromString("image "+name).String()
}

// Source sets the source repository of the component. The commit depends on both names.
func Source(url string) ComponentOption {
	return func(c *Component) {
		commit := digest.FromString("commit " + url + " " + c.Name).Encoded()[:40]
		c.Annotations["io.openshift.build.commit.id"] = commit
		c.Annotations["io.openshift.build.commit.ref"] = ""
		c.Annotations["io.openshift.build.source-location"] = url
	}
}

// Versions sets the versions label, such as kubernetes=1.27.6, and the display names, such as machine-os=Red Hat Enterprise Linux CoreOS.
func Versions(versions, displayNames string) ComponentOption {
	return func(c *Component) {
		c.Annotations["io.openshift.build.versions"] = versions
		c.Annotations["io.openshift.build.version-display-names"] = displayNames
	}
}

// Image sets the pull spec.
func Image(pullSpec string) ComponentOption {
	return func(c *Component) { c.Image = pullSpec }
}

// Kind sets the kind of the reference; empty removes the reference.
func Kind(kind string) ComponentOption {
	return func(c *Component) { c.Kind = kind }
}

// Annotation sets an annotation of the tag.
func Annotation(name, value string) ComponentOption {
	return func(c *Component) { c.Annotations[name] = value }
}

func newComponent(name string, options []ComponentOption) Component {
	c := Component{Name: name, Image: ImageOf(name), Kind: "DockerImage", Annotations: map[string]string{}}
	for _, option := range options {
		option(&c)
	}
	return c
}

// The types of image-references, with the fields in the order in which oc writes them.
type imageStream struct {
	Kind       string     `json:"kind"`
	APIVersion string     `json:"apiVersion"`
	Metadata   streamMeta `json:"metadata"`
	Spec       streamSpec `json:"spec"`
	Status     struct {
		DockerImageRepository string `json:"dockerImageRepository"`
	} `json:"status"`
}

type streamMeta struct {
	Name              string            `json:"name"`
	CreationTimestamp string            `json:"creationTimestamp"`
	Annotations       map[string]string `json:"annotations,omitempty"`
}

type streamSpec struct {
	LookupPolicy struct {
		Local bool `json:"local"`
	} `json:"lookupPolicy"`
	Tags []streamTag `json:"tags"`
}

type streamTag struct {
	Name            string            `json:"name"`
	Annotations     map[string]string `json:"annotations"`
	From            *streamFrom       `json:"from,omitempty"`
	Generation      *int              `json:"generation"`
	ImportPolicy    struct{}          `json:"importPolicy"`
	ReferencePolicy struct {
		Type string `json:"type"`
	} `json:"referencePolicy"`
}

type streamFrom struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
}

func (b *Builder) referencesBytes() []byte {
	if b.references != nil {
		return b.references
	}
	stream := imageStream{Kind: "ImageStream", APIVersion: "image.openshift.io/v1"}
	stream.Metadata = streamMeta{
		Name:              b.version,
		CreationTimestamp: Created().Format(time.RFC3339),
		Annotations:       map[string]string{"release.openshift.io/from-image-stream": "ocp/4.14-art-assembly-" + b.version},
	}
	stream.Spec.Tags = []streamTag{}
	for _, c := range b.components {
		tag := streamTag{Name: c.Name, Annotations: c.Annotations}
		if c.Kind != "" {
			tag.From = &streamFrom{Kind: c.Kind, Name: c.Image}
		}
		stream.Spec.Tags = append(stream.Spec.Tags, tag)
	}
	slices.SortStableFunc(stream.Spec.Tags, func(x, y streamTag) int { return cmp.Compare(x.Name, y.Name) })
	return marshal(stream)
}

type metadata struct {
	Kind     string            `json:"kind"`
	Version  string            `json:"version"`
	Previous []string          `json:"previous"`
	Metadata map[string]string `json:"metadata,omitempty"`
}

func (b *Builder) metadataBytes() []byte {
	if b.metadata != nil {
		return b.metadata
	}
	m := metadata{Kind: "cincinnati-metadata-v0", Version: b.version, Previous: b.previous, Metadata: map[string]string{}}
	if b.url != "" {
		m.Metadata["url"] = b.url
	}
	if b.list {
		m.Metadata["release.openshift.io/architecture"] = "multi"
	}
	return marshal(m)
}

// marshal indents by two spaces and does not escape <, > and &. The values of this package always marshal.
func marshal(v any) []byte {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return []byte(err.Error())
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n"))
}
