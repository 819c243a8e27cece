package extract

import (
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// IsPayloadName says whether a file is named as those of payloads are: image-references, release-metadata, and what
// begins with its level, such as 0000_50_etcd-operator_01_crd.yaml (cluster-version-operator, docs/dev/operators.md).
func IsPayloadName(name string) bool {
	const level = "0000_50"
	if len(name) < len(level) {
		return false
	}
	zero := func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}
	return name == payload.ReferencesName || name == payload.MetadataName || strings.Map(zero, name[:len(level)]) == "0000_00"
}
