package diff

import (
	"bytes"
	"encoding/json"
	"fmt"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Object is an object that differs.
type Object struct {
	Pair
	Change Kind
	// Changes are the values that differ, of an object with Change Changed. They are empty if one of the documents cannot be read, and
	// without Options.Full they may be empty if OnlyFolded is true.
	Changes []Change

	folded bool // the lines of the documents show that only image digests and versions differ
}

// OnlyFolded reports whether the object differs only in image digests and version strings.
func (o Object) OnlyFolded() bool {
	switch {
	case o.Change != Changed || o.MovedLevel():
		return false
	case o.folded:
		return true
	case len(o.Changes) == 0:
		return false
	}
	for _, c := range o.Changes {
		if !c.Folded {
			return false
		}
	}
	return true
}

// MovedLevel reports whether the object is in another directory or run level than before, so that it is applied at another time.
func (p Pair) MovedLevel() bool {
	return p.Old != nil && p.New != nil && (p.Old.Level != p.New.Level || p.Old.Directory != p.New.Directory)
}

// SameText reports whether both releases have the object with the same text.
func (p Pair) SameText() bool {
	return p.Old != nil && p.New != nil && bytes.Equal(p.Old.Raw(), p.New.Raw())
}

// Values parses an object: numbers become json.Number. The error is fault.Integrity.
func Values(e *manifest.Entry) (any, error) {
	text, err := e.JSON()
	if err != nil {
		return nil, fault.Errorf(fault.Integrity, "%s/%w", e.Directory, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fault.Errorf(fault.Integrity, "%s/%s: %w", e.Directory, e.ID(), err)
	}
	return value, nil
}

// compareObjects returns the pairs that differ, in their order, and the number of documents that it parsed.
func compareObjects(pairs []Pair, f *fold, o Options) ([]Object, int, error) {
	found := make([]*Object, len(pairs))
	var parsed atomic.Int64
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, p := range pairs {
		switch {
		case p.Kind() != Changed:
			found[i] = &Object{Pair: p, Change: p.Kind()}
		case p.SameText():
			if p.MovedLevel() {
				found[i] = &Object{Pair: p, Change: Moved}
			}
		case !o.Full && !p.MovedLevel() && readable(p.Old) && readable(p.New) && f.foldsByLine(p.Old.Raw(), p.New.Raw()):
			found[i] = &Object{Pair: p, Change: Changed, folded: true}
		default:
			group.Go(func() error {
				var err error
				found[i], err = compareObject(p, f, &parsed)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		return nil, 0, err
	}
	var objects []Object
	for _, o := range found {
		if o != nil {
			objects = append(objects, *o)
		}
	}
	return objects, int(parsed.Load()), nil
}

// compareObject compares two documents with different texts, nil if their values are equal.
func compareObject(p Pair, f *fold, parsed *atomic.Int64) (*Object, error) {
	if !readable(p.Old) || !readable(p.New) {
		return &Object{Pair: p, Change: Changed}, nil
	}
	parsed.Add(2)
	old, err := Values(p.Old)
	if err != nil {
		return nil, fmt.Errorf("the old release: %w", err)
	}
	new, err := Values(p.New)
	if err != nil {
		return nil, fmt.Errorf("the new release: %w", err)
	}
	changes := compareAll(old, new, f)
	switch {
	case len(changes) > 0:
		return &Object{Pair: p, Change: Changed, Changes: changes}, nil
	case p.MovedLevel():
		return &Object{Pair: p, Change: Moved}, nil
	}
	return nil, nil
}

// readable reports whether a document has values, even if the operator refuses it.
func readable(e *manifest.Entry) bool { return e.Problem == "" }
