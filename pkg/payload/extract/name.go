package extract

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// IsPayloadName says whether a file is named as those of every payload are: image-references, release-metadata, and
// manifests that begin with their level, such as 0000_50_etcd-operator_01_crd.yaml (cluster-version-operator,
// docs/dev/operators.md). Payloads have a few files with other names too, and migrations of databases have similar ones.
func IsPayloadName(name string) bool {
	if name == payload.ReferencesName || name == payload.MetadataName {
		return true
	}
	level, ok := strings.CutPrefix(name, "0000_")
	return ok && len(level) > len("50_") && isDigit(level[0]) && isDigit(level[1]) && level[2] == '_' && payload.IsManifestName(name)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// IsPayloadFile says whether a file shows by its name and its content that a payload was extracted: image-references and
// release-metadata that can be read, and manifests with an object that has apiVersion and kind.
func IsPayloadFile(name string, data []byte) bool {
	switch {
	case name == payload.ReferencesName:
		_, err := payload.ParseReferences(data)
		return err == nil
	case name == payload.MetadataName:
		_, err := payload.ParseMetadata(data)
		return err == nil
	case !IsPayloadName(name):
		return false
	}
	read := manifest.Load(payload.Files{Release: []payload.File{{Name: name, Data: data}}}, manifest.Render{})
	for _, o := range read.Objects {
		if o.Version != "" && o.Kind != manifest.UnknownKind {
			return true
		}
	}
	return false
}
