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

// recorder records the calls for one task at a time.
type recorder struct{ lines []string }

func (r *recorder) Begin(t progress.Task) progress.Meter {
	r.lines = append(r.lines, fmt.Sprintf("begin %s %v", t.What, t.Resumable))
	return r
}
func (r *recorder) Advance(n int64) { r.lines = append(r.lines, fmt.Sprint(n)) }
func (r *recorder) End()            { r.lines = append(r.lines, "end") }

func TestReadCloserReportsBytes(t *testing.T) {
	calls := &recorder{}
	ctx := progress.WithResumable(progress.WithReporter(progress.WithName(t.Context(), "layer a"), calls))
	r := progress.ReadCloser(ctx, progress.Task{What: progress.Name(ctx, "blob a")}, io.NopCloser(iotest.OneByteReader(strings.NewReader("ab"))))
	if data, err := io.ReadAll(r); string(data) != "ab" || err != nil {
		t.Errorf("read %q, %v", data, err)
	}
	if want := []string{"begin layer a true", "1", "1", "0", "end"}; !slices.Equal(calls.lines, want) {
		t.Errorf("got %q, want %q", calls.lines, want)
	}
	if err := r.Close(); err != nil || len(calls.lines) != 6 {
		t.Errorf("closed with %v, got %q", err, calls.lines)
	}
}

func TestWithoutReporter(t *testing.T) {
	ctx := context.Background()
	meter := progress.Begin(ctx, progress.Task{})
	meter.Advance(1)
	meter.End()
	in := io.NopCloser(strings.NewReader(""))
	if progress.ReadCloser(ctx, progress.Task{}, in) != in {
		t.Error("the reader is wrapped without a reporter")
	}
	if name := progress.Name(ctx, "blob a"); name != "blob a" {
		t.Errorf("got %q", name)
	}
}
