package document

import (
	"context"
	"sync/atomic"

	"golang.org/x/sync/semaphore"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Limits are what the documents of one payload may cost together. A zero field means the default.
type Limits struct {
	Documents int64 // documents that hold something; default 20,000; --max-documents
	Parsed    int64 // bytes that a parser reads; default 64 MiB; --max-parsed-size
	Expanded  int64 // bytes that aliases add; default 16 MiB; --max-expanded-size
}

// DefaultLimits are far above what releases have: 4.14 has 900 documents and 9 MB of text.
func DefaultLimits() Limits {
	return Limits{Documents: 20_000, Parsed: 64 << 20, Expanded: 16 << 20}
}

// Budget counts what the documents of one payload cost against its limits. Its errors are fault.Integrity. A nil Budget
// has no limits beyond those of each document. It can be used by several goroutines.
type Budget struct {
	limits                      Limits
	documents, parsed, expanded atomic.Int64
	atOnce                      *semaphore.Weighted
}

// parsedAtOnce bounds how much text is held as values at the same time, which takes many times its length.
const parsedAtOnce = MaxSize

// NewBudget is a budget of which nothing is spent.
func NewBudget(limits Limits) *Budget {
	d := DefaultLimits()
	for _, field := range []struct {
		value    *int64
		fallback int64
	}{{&limits.Documents, d.Documents}, {&limits.Parsed, d.Parsed}, {&limits.Expanded, d.Expanded}} {
		if *field.value == 0 {
			*field.value = field.fallback
		}
	}
	return &Budget{limits: limits, atOnce: semaphore.NewWeighted(parsedAtOnce)}
}

// Count takes documents from the budget.
func (b *Budget) Count(documents int) error {
	if b == nil || b.documents.Add(int64(documents)) <= b.limits.Documents {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the payload has more than %d documents (--max-documents)", b.limits.Documents)
}

// Parse takes the text of a document that a parser is going to read.
func (b *Budget) Parse(document []byte) error {
	if b == nil || b.parsed.Add(cost(document)) <= b.limits.Parsed {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the payload has more than %d bytes of text to parse (--max-parsed-size)", b.limits.Parsed)
}

// expand takes what aliases add to a document.
func (b *Budget) expand(added int64) error {
	if b == nil || b.expanded.Add(added) <= b.limits.Expanded {
		return nil
	}
	return fault.Errorf(fault.Integrity, "the payload's aliases expand to more than %d bytes (--max-expanded-size)", b.limits.Expanded)
}

// Err is the error of a limit that was passed, nil when none was.
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

// Hold waits until a document may be held as values beside others. The function that it gives ends that.
func (b *Budget) Hold(document []byte) (release func()) {
	if b == nil {
		return func() {}
	}
	weight := min(cost(document), parsedAtOnce)
	_ = b.atOnce.Acquire(context.Background(), weight) // fails with its context alone
	return func() { b.atOnce.Release(weight) }
}

// shortestValue is how many bytes a value counts as at least: text of many short values costs more than long texts do.
const shortestValue = 64

// cost is the length of a document, or what its values count as when that is more.
func cost(document []byte) int64 {
	return int64(max(len(document), shortestValue*values(document)))
}
