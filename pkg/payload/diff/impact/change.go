package impact

import (
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// key identifies an object in a cluster.
type key struct{ group, kind, namespace, name string }

func keyOf(e *manifest.Entry) key { return key{e.Group, e.Kind, e.Namespace, e.Name} }

// index has the objects of a release that its operator applies to some cluster, or to the cluster of the options.
type index struct {
	objects    map[key][]*manifest.Entry
	tombstones map[key][]*manifest.Entry
}

func indexOf(entries []manifest.Entry, o Options) index {
	i := index{map[key][]*manifest.Entry{}, map[key][]*manifest.Entry{}}
	for n := range entries {
		e := &entries[n]
		switch k := keyOf(e); {
		case !isApplied(e, o):
		case isTombstone(e):
			i.tombstones[k] = append(i.tombstones[k], e)
		default:
			i.objects[k] = append(i.objects[k], e)
		}
	}
	return i
}

// isApplied reports whether the operator applies an object, tombstones included.
func isApplied(e *manifest.Entry, o Options) bool {
	switch {
	case e == nil || e.Problem != "":
		return false
	case o.Included:
		return e.State == manifest.Included
	}
	return len(profilesOf(e)) > 0
}

// isTombstone reports whether the operator deletes an object.
func isTombstone(e *manifest.Entry) bool { return e.Annotations[manifest.DeleteAnnotation] == "true" }

// profilesOf returns the profiles that get an object, sorted.
func profilesOf(e *manifest.Entry) []string {
	var profiles []string
	for annotation, value := range e.Annotations {
		if profile, ok := strings.CutPrefix(annotation, manifest.IncludePrefix); ok && value == "true" {
			profiles = append(profiles, profile)
		}
	}
	slices.Sort(profiles)
	return profiles
}

// overlap reports whether a cluster may get both objects, as far as profiles, feature sets and feature gates say.
func overlap(a, b *manifest.Entry) bool {
	share := func(x, y []string) bool {
		return slices.ContainsFunc(x, func(s string) bool { return slices.Contains(y, s) })
	}
	if len(a.FeatureSets) > 0 && len(b.FeatureSets) > 0 && !share(a.FeatureSets, b.FeatureSets) {
		return false
	}
	for _, gate := range a.FeatureGates {
		opposite, negated := strings.CutPrefix(gate, "-")
		if !negated {
			opposite = "-" + gate
		}
		if slices.Contains(b.FeatureGates, opposite) {
			return false
		}
	}
	return share(profilesOf(a), profilesOf(b))
}

// overlapping returns the objects that a cluster may have together with another one.
func (o Options) overlapping(e *manifest.Entry, others []*manifest.Entry) []*manifest.Entry {
	if o.Included {
		return others
	}
	var found []*manifest.Entry
	for _, other := range others {
		if overlap(e, other) {
			found = append(found, other)
		}
	}
	return found
}

// scopeOf says for which clusters an object is, empty if its feature sets and gates do not limit it.
func scopeOf(e *manifest.Entry) string {
	var parts []string
	if len(e.FeatureSets) > 0 && !slices.Contains(e.FeatureSets, "Default") {
		parts = append(parts, "feature set "+strings.Join(e.FeatureSets, ", "))
	}
	for _, gate := range e.FeatureGates {
		if name, negated := strings.CutPrefix(gate, "-"); negated {
			parts = append(parts, "without feature gate "+name)
		} else {
			parts = append(parts, "feature gate "+name)
		}
	}
	if profiles := profilesOf(e); len(profiles) > 0 && !slices.Contains(profiles, manifest.DefaultProfile) {
		parts = append(parts, "profile "+strings.Join(profiles, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, "; ") + ")"
}

// change is an object as a cluster has it before and after the update, nil where it has none. Tombstones are not objects.
type change struct{ old, new *manifest.Entry }

// changesOf returns the objects that change in a cluster. An object that has no pair in diff, because other files of its name
// replace it, makes a pair with each of those that the same cluster may have. Objects that exist and are only ever created do not
// change.
func (f *finder) changesOf(objects []diff.Object) []change {
	found := map[change]int{}
	add := func(old, new *manifest.Entry) {
		c := change{old, new}
		if _, has := found[c]; !has && changes(c) {
			found[c] = len(found)
		}
	}
	for _, o := range objects {
		old, new := f.live(o.Old), f.live(o.New)
		switch {
		case old == nil && new == nil, o.OnlyFolded(), o.Change == diff.Moved:
		case old != nil && new != nil:
			add(old, new)
		case old != nil:
			after := f.options.overlapping(old, f.after.objects[keyOf(old)])
			for _, same := range after {
				add(old, same)
			}
			if len(after) == 0 {
				add(old, nil)
			}
		default:
			before := f.options.overlapping(new, f.before.objects[keyOf(new)])
			for _, same := range before {
				add(same, new)
			}
			if len(before) == 0 {
				add(nil, new)
			}
		}
	}
	return slices.SortedFunc(maps.Keys(found), func(a, b change) int { return found[a] - found[b] })
}

// live returns an object that the operator applies and does not delete, else nil.
func (f *finder) live(e *manifest.Entry) *manifest.Entry {
	if !isApplied(e, f.options) || isTombstone(e) {
		return nil
	}
	return e
}

// changes reports whether the operator changes the object.
func changes(c change) bool {
	if c.old == nil || c.new == nil {
		return true
	}
	return !diff.Pair{Old: c.old, New: c.new}.SameText() && c.new.Annotations[manifest.CreateOnlyAnnotation] != "true"
}

// movable has the parts of objects, such as alerts, that may move to another object without any effect.
type movable[T any] struct{ lost, gained []item[T] }

// item is a part of an object that it has in only one of the releases.
type item[T any] struct {
	name   string // stays the same when the part moves
	change change
	value  T
}

// each calls moved for a part that one object lost and another one gained that the same cluster may have, and lost or gained for
// the others.
func (m movable[T]) each(o Options, moved func(lost, gained item[T]), lost, gained func(item[T])) {
	positions := map[string][]int{} // in m.gained
	for at, g := range m.gained {
		positions[g.name] = append(positions[g.name], at)
	}
	arrived := make([]bool, len(m.gained))
	for _, l := range m.lost {
		left := false
		for _, at := range positions[l.name] {
			if g := m.gained[at]; o.Included || overlap(l.change.old, g.change.new) {
				arrived[at], left = true, true
				moved(l, g)
			}
		}
		if !left {
			lost(l)
		}
	}
	for at, g := range m.gained {
		if !arrived[at] {
			gained(g)
		}
	}
}
