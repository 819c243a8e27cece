package extract

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
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
