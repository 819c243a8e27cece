package plugin_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// mirrorLine pushes a release of two components, and returns the command that mirrors it to another registry.
func mirrorLine(t *testing.T) []string {
	t.Helper()
	source, target := testrelease.Registry(t), testrelease.Registry(t)
	built, err := testrelease.New("4.14.0").WithComponent("etcd").WithComponent("cli").Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := built.PushTo(source, "org/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	return []string{"mirror", host(source) + "/org/release:4.14.0", "--to", host(target) + "/ocp/release", "--insecure", "--skip-signatures", "--only-release"}
}

func TestMirrorReportsProgressAsJSON(t *testing.T) {
	r := run(t, append(mirrorLine(t), "--progress", "json")...)
	if r.code != 0 || r.out == "" {
		t.Errorf("exit code %d, stdout %q", r.code, r.out)
	}
	type event struct {
		Event                                                                string
		Complete                                                             bool
		Images, ImagesCopied, ImagesDone, Blobs, BlobsDone, Bytes, BytesDone int
	}
	var events []event
	for line := range strings.Lines(r.err) {
		var e event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		events = append(events, e)
	}
	events = slices.DeleteFunc(events, func(e event) bool { return e.Event == "progress" })
	if len(events) != 3 || events[0].Event != "begin" || events[1].Event != "image" || events[2].Event != "end" {
		t.Fatalf("got %+v", events)
	}
	if begin := events[0]; begin.Images != 1 || begin.ImagesCopied != 0 || begin.ImagesDone != 0 || begin.Blobs == 0 || begin.Bytes == 0 {
		t.Errorf("began with %+v", begin)
	}
	if pushed := events[1]; pushed.ImagesCopied != 1 || pushed.ImagesDone != 1 || pushed.BlobsDone != pushed.Blobs {
		t.Errorf("pushed the image with %+v", pushed)
	}
	if end := events[2]; !end.Complete || end.ImagesDone != 1 || end.BlobsDone != end.Blobs || end.BytesDone != end.Bytes || end.Bytes == 0 {
		t.Errorf("ended with %+v", end)
	}
}

func TestShortMirrorPrintsNoProgress(t *testing.T) {
	line := mirrorLine(t)
	for _, progress := range []string{"auto", "plain", "none"} {
		good(t, run(t, append(slices.Clone(line), "--progress", progress)...)) // standard error is empty
	}
}

func TestMirrorRefusesUnknownProgress(t *testing.T) {
	r := run(t, append(mirrorLine(t), "--progress", "bars")...)
	if want := "error: --progress \"bars\": want auto, plain, json or none\n"; r.code != 2 || r.err != want {
		t.Errorf("exit code %d, stderr %q, want %q", r.code, r.err, want)
	}
}
