package testrelease_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

var update = flag.Bool("update", false, "write examples/release again")

// examples/release, which the README uses, is the release of Demo.
func TestExampleIsTheDemo(t *testing.T) {
	demo, err := testrelease.Demo()
	if err != nil {
		t.Fatal(err)
	}
	release, err := demo.Build()
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join("..", "..", "examples", "release")
	if *update {
		if err := os.RemoveAll(example); err != nil {
			t.Fatal(err)
		}
		if err := release.WriteLayout(example, "4.14.0-x86_64"); err != nil {
			t.Fatal(err)
		}
	}
	want := t.TempDir()
	if err := release.WriteLayout(want, "4.14.0-x86_64"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readAll(t, want), readAll(t, example)); diff != "" {
		t.Errorf("examples/release differs from the demo release; go test ./internal/testrelease -update writes it again (-demo +example):\n%s", diff)
	}
}

func readAll(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, name)
		files[filepath.ToSlash(relative)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
