//go:build unix

package wholefile

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// leftover makes what a killed process left beside a directory.
func leftover(t *testing.T, parent, name string) string {
	t.Helper()
	dir := filepath.Join(parent, name)
	if err := errors.Join(os.MkdirAll(filepath.Join(dir, "manifests"), 0o755), os.WriteFile(filepath.Join(dir, "manifests", "f"), nil, 0o400), os.Chmod(dir, 0o555)); err != nil {
		t.Fatal(err)
	}
	return name
}

// list are the names in a directory.
func list(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

func TestLeftoversOfAKilledProcessAreRemoved(t *testing.T) {
	for name, base := range map[string]string{"short": "d", "long": strings.Repeat("d", 250)} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			leftover(t, parent, temporaryName(base))
			leftover(t, parent, temporaryName(base)+oldSuffix)
			held := leftover(t, parent, temporaryName(base))
			stay := []string{
				base, held, leftover(t, parent, temporaryName("other")), leftover(t, parent, temporaryPrefix(base)+"mine"),
				leftover(t, parent, temporaryName(base)+".mine"),
			}
			file := temporaryName(base)
			if err := os.WriteFile(filepath.Join(parent, file), nil, 0o600); err != nil {
				t.Fatal(err)
			}
			lock := lockOf(filepath.Join(parent, held))
			if ok, err := lock.TryLock(); !ok || err != nil {
				t.Skipf("directories cannot be locked here: %v", err)
			}
			defer lock.Close()
			if err := WriteDirectory(t.Context(), filepath.Join(parent, base), []File{{Path: "f"}}, Options{}); err != nil {
				t.Fatal(err)
			}
			stay = append(stay, file)
			slices.Sort(stay)
			if diff := cmp.Diff(stay, list(t, parent)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Two processes may write one directory at the same time: neither takes what the other writes for a leftover.
func TestDirectoryThatIsWrittenIsNoLeftover(t *testing.T) {
	parent := t.TempDir()
	dir, s := filepath.Join(parent, "d"), realSystem()
	s.write = func(root *os.Root, f File) error {
		removeLeftovers(dir, false)
		return writeFile(root, f)
	}
	if err := s.writeDirectory(t.Context(), dir, []File{{Path: "a/b"}, {Path: "c"}}, Options{}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"a", "c"}, list(t, dir)); diff != "" {
		t.Error(diff)
	}
}

func TestUnchanged(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	written := []File{{Path: "manifests/a", Data: []byte("a")}, {Path: "b", Data: []byte("b")}, {Path: "manifests.x"}}
	if err := WriteDirectory(t.Context(), dir, written, Options{}); err != nil {
		t.Fatal(err)
	}
	if readMark(dir) == "" {
		t.Skip("this file system has no extended attributes to mark a directory with")
	}
	for name, change := range map[string]func(dir string) error{
		"":                func(string) error { return nil },
		"a changed byte":  func(dir string) error { return os.WriteFile(filepath.Join(dir, "b"), []byte("c"), 0o600) },
		"a new file":      func(dir string) error { return os.WriteFile(filepath.Join(dir, "c"), nil, 0o600) },
		"a new directory": func(dir string) error { return os.Mkdir(filepath.Join(dir, "c"), 0o700) },
		"a file less":     func(dir string) error { return os.Remove(filepath.Join(dir, "b")) },
		"another name":    func(dir string) error { return os.Rename(filepath.Join(dir, "b"), filepath.Join(dir, "c")) },
		"a link": func(dir string) error {
			file := filepath.Join(dir, "b")
			return errors.Join(os.Rename(file, dir+"-b"), os.Symlink(dir+"-b", file))
		},
		"no mark": func(dir string) error {
			return errors.Join(os.Mkdir(dir+"-2", 0o700), os.CopyFS(dir+"-2", os.DirFS(dir)), os.RemoveAll(dir), os.Rename(dir+"-2", dir))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			if err := errors.Join(WriteDirectory(t.Context(), dir, written, Options{}), change(dir)); err != nil {
				t.Fatal(err)
			}
			if got := Unchanged(dir); got != (name == "") {
				t.Errorf("unchanged: %v", got)
			}
		})
	}
}
