package image

import (
	"path"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// As the OCI image specification has it (layer.md, Whiteouts): .wh.NAME hides NAME of the layers below, and .wh..wh..opq
// hides what they have in its folder. Other names that begin with .wh..wh. are a file system's own business.
const (
	whiteoutPrefix = ".wh."
	whiteoutOwn    = ".wh..wh."
	whiteoutOpaque = ".wh..wh..opq"
)

// hiding is what a layer hides of the layers below it.
type hiding struct {
	paths   map[string]bool
	folders map[string]bool // of opaque markers; "." is the root
}

func newHiding() hiding { return hiding{paths: map[string]bool{}, folders: map[string]bool{}} }

// note takes an entry's path and says whether it was a marker.
func (h hiding) note(name string) (marker bool, err error) {
	dir, base := path.Split(name)
	dir = path.Clean(dir)
	switch {
	case base == whiteoutOpaque:
		h.folders[dir] = true
	case base == whiteoutPrefix, base == whiteoutPrefix+".", base == whiteoutPrefix+"..":
		return true, fault.Errorf(fault.Integrity, "the whiteout %q hides no name", name)
	case strings.HasPrefix(base, whiteoutOwn):
	case strings.HasPrefix(base, whiteoutPrefix):
		h.paths[path.Join(dir, strings.TrimPrefix(base, whiteoutPrefix))] = true
	default:
		return false, nil
	}
	return true, nil
}

// covers says whether a path of a lower layer is hidden, itself or with a folder above it.
func (h hiding) covers(name string) bool {
	if h.paths[name] {
		return true
	}
	for name != "." {
		name = path.Dir(name)
		if h.folders[name] || h.paths[name] {
			return true
		}
	}
	return false
}

// contradicts says whether a path of the same layer is hidden by a whiteout of it. Opaque markers do not: files beside them stay.
func (h hiding) contradicts(name string) bool {
	for ; name != "."; name = path.Dir(name) {
		if h.paths[name] {
			return true
		}
	}
	return false
}

func (h hiding) add(lower hiding) {
	for p := range lower.paths {
		h.paths[p] = true
	}
	for f := range lower.folders {
		h.folders[f] = true
	}
}
