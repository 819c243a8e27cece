package cluster

import "github.com/opencontainers/go-digest"

// Agreement is the outcome of comparing a payload with what a cluster loaded.
type Agreement string

// The outcomes.
const (
	Agrees    Agreement = "agrees"
	Differs   Agreement = "differs"
	Unknown   Agreement = "is not known"          // the cluster has loaded nothing yet
	Unrelated Agreement = "is of another release" // the cluster runs that
)

// CompareHash compares the hash of a payload (manifest.Hash, with the settings of this cluster) with that of the
// manifests which the cluster's operator loaded. The payload is the cluster's own when its version is, and one of its
// digests, that of the list or of the image, is in the cluster's reference, if that has one.
func (v *Version) CompareHash(hash, version string, digests ...digest.Digest) Agreement {
	switch {
	case version != v.Desired.Version || !v.mayBe(digests):
		return Unrelated
	case v.Hash == "":
		return Unknown
	case v.Hash != hash:
		return Differs
	}
	return Agrees
}
