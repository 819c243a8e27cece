//go:build unix

package wholefile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func files(paths ...string) []wholefile.File {
	var list []wholefile.File
	for _, path := range paths {
		list = append(list, wholefile.File{Path: path, Data: []byte("content of " + path)})
	}
	return list
}

func TestWriteFolder(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "not", "there", "yet")
	if err := wholefile.WriteFolder(t.Context(), dir, files("a", "sub/b"), nil); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(dir, "sub", "b")); got != "content of sub/b" {
		t.Errorf("got %q", got)
	}
	if got := names(t, filepath.Dir(dir)); got != "yet" {
		t.Errorf("left behind: %s", got)
	}
}

func TestFolderThatIsThere(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.WriteFolder(t.Context(), dir, files("old"), nil); err != nil {
		t.Fatalf("an empty folder is taken: %v", err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its mode is now %v (%v)", info.Mode(), err)
	}
	for want, replaceable := range map[string]func(string) error{
		"it is not empty: name another folder, or replace it with --force": nil,
		"not this one": func(string) error { return errors.New("not this one") },
	} {
		err := wholefile.WriteFolder(t.Context(), dir, files("new"), replaceable)
		if want = "writing the folder " + dir + ": " + want; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if got := names(t, dir); got != "old" {
			t.Errorf("the folder now holds %s", got)
		}
	}
	if err := wholefile.WriteFolder(t.Context(), dir, files("new"), func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got, beside := names(t, dir), names(t, parent); got != "new" || beside != "d" {
		t.Errorf("the folder holds %s, beside it is %s", got, beside)
	}
}

// What somebody planted in the target is never written through: the folder is replaced as a whole.
func TestRow11PlantedLinks(t *testing.T) {
	parent := t.TempDir()
	dir, outside := filepath.Join(parent, "d"), filepath.Join(parent, "outside")
	for _, folder := range []string{dir, outside} {
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.WriteFolder(t.Context(), dir, files("sub/b"), func(string) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if got := names(t, outside); got != "" {
		t.Errorf("written outside: %s", got)
	}
	link := filepath.Join(parent, "link")
	if err := os.Symlink(outside, link); err != nil {
		t.Fatal(err)
	}
	err := wholefile.WriteFolder(t.Context(), link, files("b"), func(string) error { return nil })
	if want := "writing the folder " + link + ": it exists and is not a folder"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestRow09PathsOutside(t *testing.T) {
	parent := t.TempDir()
	for _, path := range []string{"../x", "/x", "a/../../x"} {
		err := wholefile.WriteFolder(t.Context(), filepath.Join(parent, "d"), files("good", path), nil)
		if fault.KindOf(err) != fault.Local || names(t, parent) != "" {
			t.Errorf("%s: got %v, left behind: %s", path, err, names(t, parent))
		}
	}
}

func TestRow45InterruptedFolderIsNotThere(t *testing.T) {
	parent := t.TempDir()
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	err := wholefile.WriteFolder(ctx, filepath.Join(parent, "d"), files("a"), nil)
	if !errors.Is(err, cause) || names(t, parent) != "" {
		t.Errorf("got %v, left behind: %s", err, names(t, parent))
	}
}

func TestWorkingFolderIsRefused(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, to := range []string{".", dir, ".."} {
		if err := wholefile.WriteFolder(t.Context(), to, files("a"), nil); fault.KindOf(err) != fault.Local {
			t.Errorf("%s: got %v", to, err)
		}
	}
	if got := names(t, dir); got != "" {
		t.Errorf("left behind: %s", got)
	}
}
