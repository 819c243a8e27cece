package impact

import (
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// findLifecycle finds what the headers of an object say: that it is new, deleted, left in the cluster, or applied at another time.
func (f *finder) findLifecycle(o diff.Object) {
	switch old, new := f.live(o.Old), f.live(o.New); {
	case o.New != nil && isApplied(o.New, f.options) && isTombstone(o.New):
		f.findTombstone(o.New)
	case old != nil && new != nil:
		f.findMove(o.Pair)
	case old != nil:
		f.findLeft(old)
	case new != nil:
		f.findNew(new)
	}
}

// findTombstone finds objects that the update deletes, unless the old release deletes them too.
func (f *finder) findTombstone(e *manifest.Entry) {
	if len(f.before.tombstones[keyOf(e)]) > 0 {
		return
	}
	message := "the update deletes it"
	switch e.Kind {
	case "CustomResourceDefinition":
		message += " and all objects of its kind"
	case "Namespace":
		message += " and everything in it"
	}
	if len(f.before.objects[keyOf(e)]) == 0 {
		f.add(Info, Tombstone, e, message+fmt.Sprintf(", if the cluster still has it; %s does not", f.old.Release.Version))
		return
	}
	f.add(Warning, Tombstone, e, message)
}

func (f *finder) findMove(p diff.Pair) {
	if p.MovedLevel() {
		f.add(Info, RunLevel, p.New, fmt.Sprintf("moves from %s to %s", place(p.Old, p.New), place(p.New, p.Old)))
	}
}

// place names the run level of an object, and its directory if that of the other object differs.
func place(e, other *manifest.Entry) string {
	level := "run level " + e.Level
	if e.Level == "" {
		level = "no run level"
	}
	if e.Directory == other.Directory {
		return level
	}
	return fmt.Sprintf("%s of %s/", level, e.Directory)
}

// findLeft finds objects that the new release neither applies nor deletes.
func (f *finder) findLeft(e *manifest.Entry) {
	same := keyOf(e)
	if len(f.after.tombstones[same]) > 0 || len(f.options.overlapping(e, f.after.objects[same])) > 0 {
		return
	}
	f.add(Info, Left, e, fmt.Sprintf("stays in the cluster: %s", f.whyLeft(same)))
}

func (f *finder) whyLeft(same key) string {
	version := f.new.Release.Version
	if f.options.Included {
		for i := range f.new.Entries {
			if e := &f.new.Entries[i]; keyOf(e) == same && e.Reason != "" {
				return fmt.Sprintf("%s does not apply it (%s)", version, e.Reason)
			}
		}
	}
	return fmt.Sprintf("%s does not have it, and has no tombstone for it", version)
}

// findNew finds new namespaces.
func (f *finder) findNew(e *manifest.Entry) {
	if e.Group != "" || e.Kind != "Namespace" || len(f.options.overlapping(e, f.before.objects[keyOf(e)])) > 0 {
		return
	}
	f.add(Info, Namespace, e, "is new")
}
