package registry_test

import (
	"bytes"
	"io"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/internal/testprogress"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// TestRequestsTellOfThemselves: a blob that breaks off and is resumed is one task, and what was there before counts.
func TestRequestsTellOfThemselves(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(60 << 10)}))
	blob := bigBlob(mebibyte)
	d := s.pushBlob(t, "org/r", blob)
	manifest, _ := s.pushImage(t, "org/r", "t")
	recorder := &testprogress.Recorder{}
	ctx := progress.WithReporter(t.Context(), recorder)
	c, repository := anyClient(s), orgR(s.host)

	if _, _, _, err := c.Manifest(ctx, repository, "t"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Head(ctx, repository, "t"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.HeadBlob(ctx, repository, d); err != nil {
		t.Fatal(err)
	}
	r, err := c.Blob(progress.WithName(ctx, "layer "+d.String()), repository, d, mebibyte, 1000)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, blob[1000:]) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	if _, err := c.Blob(ctx, repository, d[:len(d)-4]+"0000", 5, 0); err == nil {
		t.Error("there is a blob that was not pushed")
	}
	mirrors := " the files that name mirrors from : 0 of 0"
	want := []string{
		mirrors, " the manifest t from " + repository.String() + ": " + strconv.Itoa(len(manifest)) + " of 0",
		mirrors, "asking for the manifest t from " + repository.String() + ": 0 of 0",
		mirrors, "asking for blob " + d.String() + " from " + repository.String() + ": 0 of 0",
		mirrors, " layer " + d.String() + " from " + repository.String() + ": " + strconv.Itoa(mebibyte) + " of " + strconv.Itoa(mebibyte),
		mirrors, " blob " + d.String()[:len(d)-4] + "0000 from " + repository.String() + ": 0 of 5",
	}
	if diff := cmp.Diff(want, recorder.Tasks()); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}
