package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Pair is an object in both releases, nil in one that does not have it.
type Pair struct{ Old, New *manifest.Entry }

// Entry is the object in the new release, or in the old one if it was removed.
func (p Pair) Entry() *manifest.Entry { return cmp.Or(p.New, p.Old) }

// Kind is Added, Removed, or Changed for an object that both releases have, whether it differs or not.
func (p Pair) Kind() Kind {
	switch {
	case p.Old == nil:
		return Added
	case p.New == nil:
		return Removed
	}
	return Changed
}

// identity is how an object is found in the other release.
type identity struct {
	group, kind, namespace, name string
	variant                      string // for which clusters the object is
	file                         string // with directory
	document                     int
}

// Match pairs the objects of two releases by group, kind, namespace and name, in the order of the operator. Many objects are in
// several files, each for other clusters, so the annotations that decide for which clusters an object is count too: feature set,
// feature gates, profiles and major versions. With o.Included only one of these files is left, and the annotations do not count.
// Among objects of the same identity, those in the same file are a pair.
func Match(old, new []manifest.Entry, o Options) []Pair {
	m := matching{old: candidates(old, o), new: candidates(new, o), pairs: map[*manifest.Entry]*manifest.Entry{}}
	variant := variantOf
	if o.Included {
		variant = func(*manifest.Entry) string { return "" }
	}
	named := func(e *manifest.Entry, inFile bool, variant string) identity {
		id := identity{group: e.Group, kind: e.Kind, namespace: e.Namespace, name: e.Name, variant: variant}
		if inFile || e.Name == "" || e.Kind == manifest.UnknownKind {
			id.file = string(e.Directory) + "/" + e.File
		}
		return id
	}
	m.match(false, func(e *manifest.Entry) identity { return named(e, true, variant(e)) })
	m.match(false, func(e *manifest.Entry) identity { return named(e, false, variant(e)) })
	// An object whose annotations changed is the same object if no other has its name.
	m.match(false, func(e *manifest.Entry) identity { return named(e, true, "") })
	m.match(true, func(e *manifest.Entry) identity { return named(e, false, "") })
	// What cannot be read has no name, or shares it with another document of its file.
	m.match(true, func(e *manifest.Entry) identity {
		if e.Problem == "" {
			return named(e, false, "")
		}
		return identity{variant: e.Problem, file: string(e.Directory) + "/" + e.File, document: e.Document}
	})
	return m.sorted()
}

func candidates(entries []manifest.Entry, o Options) []*manifest.Entry {
	list := make([]*manifest.Entry, 0, len(entries))
	for i := range entries {
		if !o.Included || entries[i].State == manifest.Included {
			list = append(list, &entries[i])
		}
	}
	return list
}

// variantOf returns the annotations that decide for which clusters an object is.
func variantOf(e *manifest.Entry) string {
	var parts []string
	for key, value := range e.Annotations {
		switch key {
		case manifest.FeatureSetAnnotation, manifest.FeatureGateAnnotation, manifest.MajorVersionAnnotation:
			parts = append(parts, key+"="+value)
		default:
			if strings.HasPrefix(key, manifest.IncludePrefix) {
				parts = append(parts, key+"="+value)
			}
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, "\n")
}

// matching has the objects that have no pair yet, in the order of the operator.
type matching struct {
	old, new []*manifest.Entry
	pairs    map[*manifest.Entry]*manifest.Entry // old by new
}

// match pairs what has the same key, in order. If unique is set, it leaves keys that several objects of one release have.
func (m *matching) match(unique bool, key func(*manifest.Entry) identity) {
	if len(m.old) == 0 || len(m.new) == 0 {
		return
	}
	waiting := map[identity][]*manifest.Entry{}
	for _, e := range m.old {
		waiting[key(e)] = append(waiting[key(e)], e)
	}
	count := map[identity]int{}
	if unique {
		for _, e := range m.new {
			count[key(e)]++
		}
	}
	found := map[*manifest.Entry]bool{}
	m.new = slices.DeleteFunc(m.new, func(e *manifest.Entry) bool {
		id := key(e)
		list := waiting[id]
		if len(list) == 0 || unique && (len(list) > 1 || count[id] > 1) {
			return false
		}
		m.pairs[e], waiting[id], found[list[0]] = list[0], list[1:], true
		return true
	})
	m.old = slices.DeleteFunc(m.old, func(e *manifest.Entry) bool { return found[e] })
}

// sorted returns all pairs in the order of the operator, those that were removed where they were.
func (m *matching) sorted() []Pair {
	pairs := make([]Pair, 0, len(m.pairs)+len(m.old)+len(m.new))
	for new, old := range m.pairs {
		pairs = append(pairs, Pair{old, new})
	}
	for _, e := range m.new {
		pairs = append(pairs, Pair{New: e})
	}
	for _, e := range m.old {
		pairs = append(pairs, Pair{Old: e})
	}
	slices.SortFunc(pairs, func(a, b Pair) int {
		x, y := a.Entry(), b.Entry()
		return cmp.Or(cmp.Compare(x.Directory, y.Directory), cmp.Compare(x.File, y.File), cmp.Compare(x.Document, y.Document),
			cmp.Compare(a.Kind(), b.Kind()))
	})
	return pairs
}
