package document

import (
	"cmp"
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Limits limit all documents of one payload together. A zero field means the default.
type Limits struct {
	Documents int64 // documents with content; default 20,000; --max-documents
	Parsed    int64 // bytes that are parsed, short values count as more; default 64 MiB; --max-parsed-size
	Expanded  int64 // bytes that aliases add; default 16 MiB; --max-expanded-size
}

// DefaultLimits returns limits far above the size of releases: 4.14 has 900 documents and 9 MB of text, 4.22 counts as 18 MB.
func DefaultLimits() Limits {
	return Limits{Documents: 20_000, Parsed: 64 << 20, Expanded: 16 << 20}
}

// Budget counts the documents of one payload against its limits. Its errors are fault.Integrity. A nil Budget has no limits.
// Several goroutines may use it.
type Budget struct {
	limits                      Limits
	documents, parsed, expanded atomic.Int64
	inMemory                    *semaphore.Weighted
}

// maxInMemory limits the bytes of text that are in memory as values at the same time. Values take many times more memory than
// their text.
const maxInMemory = MaxSize

// NewBudget returns an unused budget.
func NewBudget(limits Limits) *Budget {
	d := DefaultLimits()
	limits.Documents = cmp.Or(limits.Documents, d.Documents)
	limits.Parsed = cmp.Or(limits.Parsed, d.Parsed)
	limits.Expanded = cmp.Or(limits.Expanded, d.Expanded)
	return &Budget{limits: limits, inMemory: semaphore.NewWeighted(maxInMemory)}
}

// Count counts documents.
func (b *Budget) Count(documents int) error {
	if b == nil || b.documents.Add(int64(documents)) <= b.limits.Documents {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the payload has more than %d documents (--max-documents)", b.limits.Documents)
}

// Parse counts the text of a document that is about to be parsed.
func (b *Budget) Parse(document []byte) error {
	if b == nil || b.parsed.Add(cost(document)) <= b.limits.Parsed {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the payload has more than %d bytes of text to parse (--max-parsed-size)", b.limits.Parsed)
}

// expand counts the bytes that aliases add to a document.
func (b *Budget) expand(added int64) error {
	if b == nil || b.expanded.Add(added) <= b.limits.Expanded {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the payload's aliases expand to more than %d bytes (--max-expanded-size)", b.limits.Expanded)
}

// Err returns an error if a limit is exceeded.
func (b *Budget) Err() error {
	if b == nil {
		return nil
	}
	if err := b.Count(0); err != nil {
		return err
	}
	if err := b.Parse(nil); err != nil {
		return err
	}
	return b.expand(0)
}

// Hold waits until there is room in memory for the values of a document. Call release when they are no longer used.
func (b *Budget) Hold(document []byte) (release func()) {
	if b == nil {
		return func() {}
	}
	weight := min(cost(document), maxInMemory)
	_ = b.inMemory.Acquire(context.Background(), weight) // only fails with its context
	return func() { b.inMemory.Release(weight) }
}

// shortestValue is the number of bytes that a value counts at least, because many short values cost more than a long text.
const shortestValue = 32

// cost is the length of a document, or that of its values if it is larger.
func cost(document []byte) int64 {
	return int64(max(len(document), shortestValue*values(document)))
}

// What Go needs to hold a parsed document, beside its text: a map of up to eight keys, and a value with its place in a map or
// slice. memoryPerByte is how much of it counts as one parsed byte.
const (
	mapMemory     = 336
	valueMemory   = 48
	memoryPerByte = 3
)

// CheckJSON refuses a JSON object that is nested deeper than MaxDepth. It takes from the budget what the values of the object
// need in memory, if that is more than was taken for the text that the object was parsed from.
func (b *Budget) CheckJSON(object, text []byte) error {
	objects, values, depth := measure(object)
	if depth > MaxDepth {
		return LimitErrorf("the document is nested deeper than the %d levels that this program reads", MaxDepth)
	}
	if b == nil {
		return nil
	}
	memory := int64(len(object) + mapMemory*objects + valueMemory*values)
	b.parsed.Add(max(0, memory/memoryPerByte-cost(text)))
	return b.Parse(nil)
}

// measure counts the objects and the values of a JSON document, and how deep they are nested.
func measure(document []byte) (objects, values, depth int) {
	open, inString := 0, false
	for i := 0; i < len(document); i++ {
		c := document[i]
		switch {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{', c == '[':
			if c == '{' {
				objects++
			}
			values++
			open++
			depth = max(depth, open)
		case c == '}', c == ']':
			open--
		case c == ',':
			values++
		}
	}
	return objects, values, depth
}
