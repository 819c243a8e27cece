package pair_test

import (
	"archive/tar"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/bench/internal/pair"
)

// layout writes a layout with every blob of a release by linking the files of the source, and index.json as given.
func layout(t *testing.T, source, index string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		t.Fatal(err)
	}
	stored, err := filepath.Glob(filepath.Join(source, "*", "docker", "registry", "v2", "blobs", "sha256", "*", "*", "data"))
	if err != nil || len(stored) == 0 {
		t.Fatalf("%v, %v", stored, err)
	}
	for _, file := range stored {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(blobs, filepath.Base(filepath.Dir(file))), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "index.json"), []byte(index), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// index is index.json of a release.
func index(release pair.Release) string {
	var entries []string
	for _, image := range release.Images {
		for tag, digest := range map[string]string{release.Tag(image): image.Digest.String(), "sha256-" + image.Digest.Encoded() + ".sig": image.Signature.String()} {
			entries = append(entries, `{"digest":"`+digest+`","annotations":{"org.opencontainers.image.ref.name":"`+tag+`"}}`)
		}
	}
	return `{"manifests":[` + strings.Join(entries, ",") + `]}`
}

func archive(t *testing.T, dir string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "layout.tar")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w := tar.NewWriter(out)
	if err := w.AddFS(os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestCheckLayoutFindsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	p, err := pair.Start(dir, true)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	release := generate(t, p, pair.Shape{Images: 2, Bytes: 10_000, Rebuilt: 5}, 1, true)[0]
	full := layout(t, filepath.Join(dir, "source"), index(release))
	component := release.Images[0]
	for name, test := range map[string]struct {
		damage func(dir string) error
		want   string
	}{
		"complete": {func(string) error { return nil }, ""},
		"no tag": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "index.json"), []byte(`{}`), 0o644)
		}, `the layout has "" as `},
		"no signature": {func(dir string) error {
			return os.Remove(filepath.Join(dir, "blobs", "sha256", component.Signature.Encoded()))
		}, `.sig, and not ` + component.Signature.String()},
		"short blobs": {func(dir string) error {
			names, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
			for _, name := range names {
				if err == nil {
					err = os.Truncate(name, 1)
				}
			}
			return err
		}, "the layout has 1 bytes of the blob "},
		"no index": {func(dir string) error { return os.Remove(filepath.Join(dir, "index.json")) }, "index.json"},
	} {
		t.Run(name, func(t *testing.T) {
			copied := filepath.Join(t.TempDir(), "layout")
			if err := os.CopyFS(copied, os.DirFS(full)); err != nil {
				t.Fatal(err)
			}
			if err := test.damage(copied); err != nil {
				t.Fatal(err)
			}
			for _, form := range []string{copied, archive(t, copied)} {
				err := pair.CheckLayout(form, release)
				if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
					t.Errorf("%s: %v, want %q", form, err, test.want)
				}
			}
		})
	}
}

// Download reads everything once, and says what it cannot read.
func TestDownloadReadsEverythingOnce(t *testing.T) {
	p := start(t)
	release := generate(t, p, pair.Shape{Images: 10, Bytes: 100_000, Rebuilt: 5}, 1, true)[0]
	p.Source.Take()
	if _, err := p.Download(t.Context(), p.Source.Address(), release); err != nil {
		t.Fatal(err)
	}
	count := p.Source.Take()
	// A manifest and a signature for each image, and two blobs for each signature.
	if want := pair.Sum(release).Blobs + 4*10; count.Total() != want || count.Repeated() != 0 {
		t.Errorf("%s, of which %d were read again; want %d", count, count.Repeated(), want)
	}
	if _, err := p.Download(t.Context(), p.Target.Address(), release); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("an empty registry: %v", err)
	}
}
