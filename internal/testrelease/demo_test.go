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

var update = flag.Bool("update", false, "write examples/release and examples/update again")

// The releases that the README uses are those of Demo and DemoUpdate.
func TestExamplesAreTheDemo(t *testing.T) {
	for _, test := range []struct {
		name, tag string
		demo      func() (*testrelease.Builder, error)
	}{{"release", "4.14.0-x86_64", testrelease.Demo}, {"update", "4.14.1-x86_64", testrelease.DemoUpdate}} {
		t.Run(test.name, func(t *testing.T) {
			demo, err := test.demo()
			if err != nil {
				t.Fatal(err)
			}
			checkExample(t, demo, test.name, test.tag)
		})
	}
}

// checkExample compares a release with an example, or writes the example.
func checkExample(t *testing.T, demo *testrelease.Builder, name, tag string) {
	t.Helper()
	release, err := demo.Build()
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join("..", "..", "examples", name)
	if *update {
		if err := os.RemoveAll(example); err != nil {
			t.Fatal(err)
		}
		if err := release.WriteLayout(example, tag); err != nil {
			t.Fatal(err)
		}
	}
	want := t.TempDir()
	if err := release.WriteLayout(want, tag); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readAll(t, want), readAll(t, example)); diff != "" {
		t.Errorf("examples/%s differs from the demo release; go test ./internal/testrelease -update writes it again (-demo +example):\n%s", name, diff)
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
