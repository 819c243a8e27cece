package diff

import (
	"encoding/json"
	"maps"
	"slices"
)

// Change is a value that differs between two objects.
type Change struct {
	Kind Kind
	// Path leads to the value. Positions in it are those of the old object; only the last step to a value that was added has the
	// position in the new one.
	Path     Path
	Old, New any  // nil in the object that does not have the value, and for null
	Folded   bool // only image digests of the same component, or versions of the same name, differ
}

// Changes returns the values that differ between two objects as encoding/json parses them, numbers as json.Number. The order of
// lists whose elements have a key does not count.
func Changes(old, new any) []Change { return compareAll(old, new, nil) }

// compareAll is Changes with folded changes marked. f may be nil.
func compareAll(old, new any, f *fold) []Change {
	c := comparison{fold: f}
	c.compare(nil, old, new)
	return c.changes
}

// comparison collects changes.
type comparison struct {
	fold    *fold
	changes []Change
}

func (c *comparison) compare(at Path, old, new any) {
	switch old := old.(type) {
	case map[string]any:
		if new, ok := new.(map[string]any); ok {
			c.compareFields(at, old, new)
			return
		}
	case []any:
		if new, ok := new.([]any); ok {
			c.compareLists(at, old, new)
			return
		}
	default:
		if _, ok := new.(map[string]any); ok {
			break
		}
		if _, ok := new.([]any); !ok && old == new {
			return
		}
	}
	c.changed(at, old, new)
}

func (c *comparison) changed(at Path, old, new any) {
	before, isText := old.(string)
	after, areTexts := new.(string)
	c.changes = append(c.changes, Change{
		Kind: Changed, Path: at, Old: old, New: new,
		Folded: isText && areTexts && c.fold.normal(before) == c.fold.normal(after),
	})
}

func (c *comparison) added(at Path, new any) {
	c.changes = append(c.changes, Change{Kind: Added, Path: at, New: new})
}

func (c *comparison) removed(at Path, old any) {
	c.changes = append(c.changes, Change{Kind: Removed, Path: at, Old: old})
}

func (c *comparison) compareFields(at Path, old, new map[string]any) {
	fields := slices.AppendSeq(make([]string, 0, len(old)), maps.Keys(old))
	for field := range new {
		if _, both := old[field]; !both {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	for _, field := range fields {
		before, had := old[field]
		after, has := new[field]
		path := at.with(Step{Field: field})
		switch {
		case !had:
			c.added(path, after)
		case !has:
			c.removed(path, before)
		default:
			c.compare(path, before, after)
		}
	}
}

// ListKeys lists the fields that may identify the elements of a list, in the order in which they are tried.
func ListKeys() []string { return []string{"name", "type", "key", "port"} }

func (c *comparison) compareLists(at Path, old, new []any) {
	for _, key := range ListKeys() {
		before, ok := byKey(old, key)
		if !ok {
			continue
		}
		if after, ok := byKey(new, key); ok {
			c.compareKeyed(at, key, before, after)
			return
		}
	}
	c.comparePositions(at, old, new)
}

// keyed is an element of a list with the value that identifies it.
type keyed struct {
	key     string
	element any
}

// byKey returns the elements of a list with the values of a key. ok is false unless each element has another one.
func byKey(list []any, key string) (elements []keyed, ok bool) {
	seen := make(map[string]bool, len(list))
	for _, element := range list {
		fields, ok := element.(map[string]any)
		if !ok {
			return nil, false
		}
		text, ok := keyText(fields[key])
		if !ok || seen[text] {
			return nil, false
		}
		seen[text] = true
		elements = append(elements, keyed{text, element})
	}
	return elements, true
}

func (c *comparison) compareKeyed(at Path, key string, old, new []keyed) {
	after := make(map[string]any, len(new))
	for _, e := range new {
		after[e.key] = e.element
	}
	had := make(map[string]bool, len(old))
	path := func(value string) Path { return at.with(Step{Key: key, Value: value, kind: keyStep}) }
	for _, e := range old {
		had[e.key] = true
		if element, both := after[e.key]; both {
			c.compare(path(e.key), e.element, element)
		} else {
			c.removed(path(e.key), e.element)
		}
	}
	for _, e := range new {
		if !had[e.key] {
			c.added(path(e.key), e.element)
		}
	}
}

// comparePositions compares lists whose elements nothing identifies. Elements that both lists have in the same order are the same;
// of those between them, the first is compared with the first, and so on.
func (c *comparison) comparePositions(at Path, old, new []any) {
	path := func(i int) Path { return at.with(Step{Index: i, kind: indexStep}) }
	compareGap := func(a, aEnd, b, bEnd int) {
		for ; a < aEnd && b < bEnd; a, b = a+1, b+1 {
			c.compare(path(a), old[a], new[b])
		}
		for ; a < aEnd; a++ {
			c.removed(path(a), old[a])
		}
		for ; b < bEnd; b++ {
			c.added(path(b), new[b])
		}
	}
	a, b := 0, 0
	for _, same := range commonElements(c.texts(old), c.texts(new)) {
		compareGap(a, same[0], b, same[1])
		c.compare(path(same[0]), old[same[0]], new[same[1]]) // folded parts may differ
		a, b = same[0]+1, same[1]+1
	}
	compareGap(a, len(old), b, len(new))
}

// texts returns the elements of a list as JSON, without what is folded.
func (c *comparison) texts(list []any) []string {
	texts := make([]string, len(list))
	for i, element := range list {
		text, _ := json.Marshal(element) // it was parsed from JSON
		texts[i] = c.fold.normal(string(text))
	}
	return texts
}
