package archivepart

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.tar.1000", "a.tar.002", "a.tar.001", "a.tar.003.partial", "a.tar.01", "a.tar.0x1", "a.tar", "b.tar.001", "a.tar.004.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		file, suffix string
		want         []string
	}{
		{"a.tar", "", []string{Name("a.tar", 1), Name("a.tar", 2), Name("a.tar", 1000)}},
		{"a.tar", ".partial", []string{Name("a.tar", 3)}},
		{"c.tar", "", nil},
		{"no/directory", "", nil},
	} {
		got, err := Find(filepath.Join(dir, test.file), test.suffix)
		var want []string
		for _, name := range test.want {
			want = append(want, filepath.Join(dir, name))
		}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s%s: %v\n%s", test.file, test.suffix, err, diff)
		}
	}
}
