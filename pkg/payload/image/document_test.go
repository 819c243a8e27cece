package image_test

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

func TestDocumentFaults(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "info.json")
	tests := []struct {
		name, content string
		limits        image.Limits
		want          string
	}{
		{"a malformed digest", `{"references":{},"digest":"sha256:../../x"}`, image.Limits{}, `its digest: malformed digest "sha256:../../x": want sha256 with 64 lower-case hex digits`},
		{"a malformed digest of a list", `{"references":{},"listDigest":"md5:x"}`, image.Limits{}, `its listDigest: malformed digest "md5:x": want sha256 with 64 lower-case hex digits`},
		{"a malformed configuration", `{"references":{},"config":7}`, image.Limits{}, "the image's configuration: json: cannot unmarshal number into Go value of type struct"},
		{"too big", `{"references":{}}`, image.Limits{FileSize: 10}, "it has 11 bytes, the limit is 10 (--max-file-size)"},
	}
	for _, test := range tests {
		if err := os.WriteFile(file, []byte(test.content), 0o644); err != nil {
			t.Fatal(err)
		}
		if kind, got := failure(t, "file:"+file, test.limits); !strings.HasPrefix(got, test.want) || kind != fault.Integrity {
			t.Errorf("%s: kind %d\n got %s\nwant %s", test.name, kind, got, test.want)
		}
	}
	if kind, got := failure(t, "file:"+dir, image.Limits{}); kind != fault.Usage || got != dir+" is a directory: want dir:"+dir {
		t.Errorf("a directory: kind %d: %s", kind, got)
	}
	if kind, _ := failure(t, "file:"+filepath.Join(dir, "nothing"), image.Limits{}); kind != fault.NotFound {
		t.Errorf("a missing file: kind %d", kind)
	}
	if kind, got := failure(t, "-", image.Limits{}); kind != fault.Usage || got != "there is no standard input to read" {
		t.Errorf("no standard input: kind %d: %s", kind, got)
	}
}

// The document of an info command is recognised in YAML too, by the same key.
func TestInfoInYAML(t *testing.T) {
	document := "image: quay.io/ocp/release:4.14.0\nmetadata:\n  kind: cincinnati-metadata-v0\n  version: 4.14.0\nreferences:\n  kind: ImageStream\n"
	img, err := image.Opener{Stdin: strings.NewReader(document)}.Open(t.Context(), parse(t, "-"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := img.Files(t.Context(), image.Want{})
	if err != nil || len(files.Release) != 2 || string(files.Release[0].Data) != `{"kind":"ImageStream"}` {
		t.Errorf("files %v, %v", names(files), err)
	}
	if got := img.Identity().Repository; got.String() != "quay.io/ocp/release" {
		t.Errorf("repository %q", got)
	}
}

// Nobody writes to the pipe: only the context can end it.
func TestStandardInputEndsWithItsContext(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(t.Context())
	ref := parse(t, "-")
	done := make(chan error)
	go func() {
		_, err := image.Opener{Stdin: r}.Open(ctx, ref)
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
