package progress_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// diary is a reporter that records the calls for one task at a time.
type diary struct{ lines []string }

func (d *diary) Begin(t progress.Task) progress.Meter {
	d.lines = append(d.lines, fmt.Sprintf("begin %s %v", t.What, t.Kept))
	return d
}
func (d *diary) Advance(n int64) { d.lines = append(d.lines, fmt.Sprint(n)) }
func (d *diary) End()            { d.lines = append(d.lines, "end") }

func TestReadCloserTellsWhatIsRead(t *testing.T) {
	d := &diary{}
	ctx := progress.Kept(progress.With(progress.Named(t.Context(), "layer a"), d))
	r := progress.ReadCloser(ctx, progress.Task{What: progress.Name(ctx, "blob a")}, io.NopCloser(iotest.OneByteReader(strings.NewReader("ab"))))
	if data, err := io.ReadAll(r); string(data) != "ab" || err != nil {
		t.Errorf("read %q, %v", data, err)
	}
	if want := []string{"begin layer a true", "1", "1", "0", "end"}; !slices.Equal(d.lines, want) {
		t.Errorf("told %q, want %q", d.lines, want)
	}
	if err := r.Close(); err != nil || len(d.lines) != 6 {
		t.Errorf("closed with %v, told %q", err, d.lines)
	}
}

func TestNobodyListens(t *testing.T) {
	ctx := context.Background()
	meter := progress.Begin(ctx, progress.Task{})
	meter.Advance(1)
	meter.End()
	in := io.NopCloser(strings.NewReader(""))
	if progress.ReadCloser(ctx, progress.Task{}, in) != in {
		t.Error("the reader is wrapped although nobody listens")
	}
	if name := progress.Name(ctx, "blob a"); name != "blob a" {
		t.Errorf("got %q", name)
	}
}
