// Package clusterobject makes the files by which clusters, installers and container tools find a mirror: mirror sets, a part of
// install-config.yaml, registries.conf, and ConfigMaps with signatures. It opens no files and no connections. The same values give
// the same bytes, because a cluster updates its nodes when a mirror set changes.
package clusterobject

import (
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
)

// Name is the name of all mirror sets.
const Name = "release-x"

// File is a file to write. Its path is relative and has slashes.
type File struct {
	Path string
	Data []byte
}

// Options say what is written beside what every cluster needs.
type Options struct {
	ICSP               bool   // also an ImageContentSourcePolicy, for clusters before 4.13
	NeverContactSource bool   // images come from the mirrors alone
	Insecure           bool   // registries.conf allows mirrors with unverified certificates, or plain HTTP
	CA                 []byte // PEM of the certificates that the installer has to trust; nil: it is not known
}

// The paths of the files. Those of signatures are below Signatures.
const (
	IDMS           = "idms.yaml"
	ITMS           = "itms.yaml"
	ICSP           = "icsp.yaml"
	InstallConfig  = "install-config.yaml"
	RegistriesConf = "registries.conf"
	Registries     = "registries.d/release-x.yaml"
	Signatures     = "signatures"
)

// Signed are the OpenPGP signatures of a release image.
type Signed struct {
	Digest   oci.Digest
	Messages [][]byte
}

// Files returns the files for sources, as NewSources returns them, and one for the signatures of each release. A repository that
// mirror sets cannot name is fault.Usage.
func Files(sources []Source, signed []Signed, o Options) ([]File, error) {
	for _, s := range sources {
		for _, r := range append([]oci.Repository{s.Repository}, s.Mirrors...) {
			if err := Check(r); err != nil {
				return nil, err
			}
		}
	}
	files := []File{
		{IDMS, digestMirrorSet(sources, o)},
		{ITMS, tagMirrorSet(sources, o)},
		{InstallConfig, installConfig(sources, o)},
		{RegistriesConf, registriesConf(sources, o)},
		{Registries, sigstoreAttachments(sources)},
	}
	if o.ICSP {
		files = append(files, File{ICSP, contentSourcePolicy(sources)})
	}
	for _, s := range signed {
		messages := slices.Clone(s.Messages)
		slices.SortFunc(messages, slices.Compare)
		messages = slices.CompactFunc(messages, slices.Equal)
		object := configmap.OfSignatures(s.Digest, messages)
		files = append(files, File{path.Join(Signatures, object.Name+".yaml"), signatureMap(object)})
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return slices.CompactFunc(files, func(a, b File) bool { return a.Path == b.Path }), nil
}
