package manifest

import (
	"encoding/base64"
	"hash/fnv"
	"runtime"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Hash is the number by which a cluster names the manifests that it loaded, ClusterVersion's status.versionHash:
// FNV-1 over the JSON of the loaded entries in their order, as URL-safe base64. An operator computes none for a payload
// with an invalid object, so then it is a fault.Integrity, as it is where an object is beyond a limit of this program.
func Hash(entries []Entry) (string, error) {
	for _, entry := range entries {
		if entry.State != Invalid {
			continue
		}
		refused := "a cluster refuses the payload, "
		if entry.beyond {
			refused = ""
		}
		return "", fault.Errorf(fault.Integrity, "no payload hash: %s%s/%s: %s", refused, entry.Folder, entry.File, entry.problemAt())
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
