package manifest

import (
	"math/rand"
	"strings"
	"testing"
)

// TestRow25HeaderReaderAndParserAgree holds the header reader to the full parser on documents put together at
// random, the same ones on every run: FuzzScan and FuzzScanLines look for more.
func TestRow25HeaderReaderAndParserAgree(t *testing.T) {
	random := rand.New(rand.NewSource(25))
	accepted := 0
	for range 20_000 {
		var text strings.Builder
		text.WriteString(head())
		for range 1 + random.Intn(4) {
			text.WriteString(strings.Repeat(" ", random.Intn(5)) + fragments[random.Intn(len(fragments))] + "\n")
		}
		agree(t, []byte(text.String()))
		if _, ok := scanHeader([]byte(text.String())); ok {
			accepted++
		}
	}
	if accepted < 100 {
		t.Errorf("the header reader took %d documents of 20,000 only: nothing was compared", accepted)
	}
}
