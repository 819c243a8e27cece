package manifest

import (
	"encoding/base64"
	"hash/fnv"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Hash computes the hash of the manifests that a cluster loaded, ClusterVersion's status.versionHash: FNV-1 over the JSON of
// the loaded entries in their order, as URL-safe base64. If an object is invalid or exceeds a limit of this program, the error
// is fault.Integrity: the operator computes no hash for a payload with an invalid object.
func Hash(entries []Entry) (string, error) {
	for _, entry := range entries {
		if entry.State != Invalid {
			continue
		}
		refused := "a cluster refuses the payload, "
		if entry.exceedsLimit {
			refused = ""
		}
		return "", fault.Errorf(fault.Integrity, "no payload hash: %s%s/%s: %s", refused, entry.Directory, entry.File, entry.problemAt())
	}
	loaded := Loaded(entries)
	converted := make([][]byte, len(loaded))
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, entry := range loaded {
		group.Go(func() (err error) {
			converted[i], err = entry.JSON()
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return "", fault.Errorf(fault.Integrity, "no payload hash: %w", err)
	}
	sum := fnv.New64()
	for _, object := range converted {
		sum.Write(object)
	}
	return base64.URLEncoding.EncodeToString(sum.Sum(nil)), nil
}
