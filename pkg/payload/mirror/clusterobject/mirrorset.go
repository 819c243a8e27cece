package clusterobject

import (
	"go.yaml.in/yaml/v2"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// The fields are those of openshift/api: config/v1 types_image_digest_mirror_set.go and types_image_tag_mirror_set.go, operator/v1alpha1
// types_image_content_source_policy.go.
type mirrorSet struct {
	APIVersion string   `yaml:"apiVersion"`
	Kind       string   `yaml:"kind"`
	Metadata   metadata `yaml:"metadata"`
	Spec       any      `yaml:"spec"`
}

type metadata struct {
	Name      string            `yaml:"name"`
	Namespace string            `yaml:"namespace,omitempty"`
	Labels    map[string]string `yaml:"labels,omitempty"`
}

// entry is a source in a mirror set.
type entry struct {
	Source  string   `yaml:"source"`
	Mirrors []string `yaml:"mirrors"`
	Policy  string   `yaml:"mirrorSourcePolicy,omitempty"`
}

// neverContactSource is a mirrorSourcePolicy.
const neverContactSource = "NeverContactSource"

// header is the first line of all files.
const header = "# Written by `mirror --manifests-to` of the plugin release-x.\n"

// IsOurs reports whether a file has the first line of those that this package makes.
func IsOurs(data []byte) bool {
	return len(data) >= len(header) && string(data[:len(header)]) == header
}

func digestMirrorSet(sources []Source, o Options) []byte {
	const comment = "# The mirrors of images by digest. A cluster updates all of its nodes when this changes, so apply it as it is.\n"
	return encode(comment, mirrorSet{
		APIVersion: "config.openshift.io/v1", Kind: "ImageDigestMirrorSet", Metadata: metadata{Name: Name},
		Spec: struct {
			Mirrors []entry `yaml:"imageDigestMirrors"`
		}{entries(sources, byDigest, o.policy())},
	})
}

func tagMirrorSet(sources []Source, o Options) []byte {
	const comment = "# The mirrors of release images by tag. A cluster needs it only if something in it names a release by tag.\n"
	return encode(comment, mirrorSet{
		APIVersion: "config.openshift.io/v1", Kind: "ImageTagMirrorSet", Metadata: metadata{Name: Name},
		Spec: struct {
			Mirrors []entry `yaml:"imageTagMirrors"`
		}{entries(sources, byTag, o.policy())},
	})
}

func contentSourcePolicy(sources []Source) []byte {
	const comment = "# For clusters before 4.13, in place of idms.yaml. It cannot forbid clusters to contact a source.\n"
	return encode(comment, mirrorSet{
		APIVersion: "operator.openshift.io/v1alpha1", Kind: "ImageContentSourcePolicy", Metadata: metadata{Name: Name},
		Spec: struct {
			Mirrors []entry `yaml:"repositoryDigestMirrors"`
		}{entries(sources, byDigest, "")},
	})
}

// policy is the mirrorSourcePolicy of all entries. The sets for digests and for tags have the same, because a cluster applies the
// stricter one to both.
func (o Options) policy() string {
	if o.NeverContactSource {
		return neverContactSource
	}
	return ""
}

func byDigest(s Source) []oci.Repository { return s.Mirrors }
func byTag(s Source) []oci.Repository    { return s.TagMirrors }

// entries are the sources that have mirrors.
func entries(sources []Source, mirrors func(Source) []oci.Repository, policy string) []entry {
	list := []entry{}
	for _, s := range sources {
		if names := names(mirrors(s)); len(names) > 0 {
			list = append(list, entry{Source: s.Repository.String(), Mirrors: names, Policy: policy})
		}
	}
	return list
}

func names(repositories []oci.Repository) (list []string) {
	for _, r := range repositories {
		list = append(list, r.String())
	}
	return list
}

// encode writes a document below the header and a comment.
func encode(comment string, document any) []byte {
	text, _ := yaml.Marshal(document) // it has strings and booleans only, so there is no error
	return append([]byte(header+comment), text...)
}
