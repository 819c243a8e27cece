//go:build unix

package wholefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// tree is what a folder holds, as PATH MODE CONTENT, hidden things too.
func tree(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		line := name + " " + info.Mode().String()
		if !entry.IsDir() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += " " + string(data)
		}
		all = append(all, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// occupied makes a folder d of a mode with a file in it.
func occupied(t *testing.T, mode fs.FileMode) (parent, dir string) {
	t.Helper()
	parent = t.TempDir()
	dir = filepath.Join(parent, "d")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(filepath.Join(dir, "old"), []byte("o"), 0o600), os.Chmod(dir, mode)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(dir, 0o700) })
	return parent, dir
}

func anything(string) error { return nil }

func TestRow40NothingIsLeftOfWhatFails(t *testing.T) {
	fails := func(...string) error { return syscall.EIO }
	works := func(...string) error { return nil }
	sync := func(f func(...string) error) func(string) error { return func(dir string) error { return f(dir) } }
	swap := func(f func(...string) error) func(string, string) error {
		return func(a, b string) error { return f(a, b) }
	}
	for name, test := range map[string]struct {
		system system
		files  []File
		want   string
	}{
		"sync":     {system{sync(fails), exchange}, []File{{Path: "a/b"}}, "input/output error"},
		"exchange": {system{sync(works), swap(fails)}, []File{{Path: "a/b"}}, "input/output error"},
		"a file":   {system{sync(works), exchange}, []File{{Path: "a"}, {Path: "a/b"}}, "mkdirat a: file exists"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []fs.FileMode{0o755, 0o700 | fs.ModeSetgid} {
				parent, dir := occupied(t, mode)
				before := tree(t, parent)
				err := test.system.writeFolder(t.Context(), dir, test.files, anything)
				if want := "writing the folder " + dir + ": " + test.want; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				if diff := cmp.Diff(before, tree(t, parent)); diff != "" {
					t.Errorf("mode %v: %s", mode, diff)
				}
			}
		})
	}
}

// What appears lies on the disk already, and the old folder keeps its place until then.
func TestRow45OldOrNew(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	for name, exchange := range map[string]func(a, b string) error{
		"in one step":  exchange,
		"in two steps": func(string, string) error { return errors.ErrUnsupported },
	} {
		t.Run(name, func(t *testing.T) {
			parent, dir := occupied(t, 0o750|fs.ModeSetgid)
			var synced []string
			s := system{func(fresh string) error {
				synced = append(tree(t, fresh), tree(t, dir)...)
				return syncAll(fresh)
			}, exchange}
			if err := s.writeFolder(t.Context(), dir, []File{{Path: "a/b", Data: []byte("n")}}, anything); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"a drwxr-xr-x", "a/b -rw-r--r-- n", "old -rw------- o"}, synced); diff != "" {
				t.Error("when it was synced: " + diff)
			}
			if diff := cmp.Diff([]string{"d dgrwxr-x---", "d/a drwxr-xr-x", "d/a/b -rw-r--r-- n"}, tree(t, parent)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestExchange(t *testing.T) {
	parent := t.TempDir()
	a, b := filepath.Join(parent, "a"), filepath.Join(parent, "b")
	if err := errors.Join(os.Mkdir(a, 0o700), os.Mkdir(b, 0o700), os.WriteFile(filepath.Join(a, "of a"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	err := exchange(a, b)
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("names cannot be exchanged here")
	}
	if diff := cmp.Diff([]string{"a drwx------", "b drwx------", "b/of a -rw------- "}, tree(t, parent)); diff != "" || err != nil {
		t.Error(diff, err)
	}
	if err := exchange(a, filepath.Join(parent, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestSyncEach(t *testing.T) {
	_, dir := occupied(t, 0o700)
	if err := syncEach(dir); err != nil {
		t.Error(err)
	}
	if err := syncEach(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// A folder that its owner protected is left alone, before anything is written.
func TestWriteProtectedFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("nothing is protected from root")
	}
	parent, dir := occupied(t, 0o555)
	before := tree(t, parent)
	err := WriteFolder(t.Context(), dir, nil, anything)
	if want := "writing the folder " + dir + ": " + dir + " is write-protected: name another folder, or chmod u+w it"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, tree(t, parent)); diff != "" {
		t.Error(diff)
	}
}
