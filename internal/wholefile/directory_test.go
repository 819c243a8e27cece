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

// replace replaces any directory.
var replace = wholefile.Options{Force: true, Replaceable: func(string) error { return nil }}

func TestWriteDirectory(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "not", "there", "yet")
	if err := wholefile.WriteDirectory(t.Context(), dir, files("a", "sub/b"), wholefile.Options{}); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(dir, "sub", "b")); got != "content of sub/b" {
		t.Errorf("got %q", got)
	}
	if got := names(t, filepath.Dir(dir)); got != "yet" {
		t.Errorf("left behind: %s", got)
	}
}

func TestDirectoryThatIsThere(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.WriteDirectory(t.Context(), dir, files("old"), wholefile.Options{}); err != nil {
		t.Fatalf("an empty directory is taken: %v", err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("its mode is now %v (%v)", info.Mode(), err)
	}
	mine := func(string) error { return errors.New("it is mine") }
	for want, options := range map[string]wholefile.Options{
		"it is not empty: name another directory, or replace it with --force": {Replaceable: func(string) error { return nil }},
		"it is not empty: name another directory":                             {Replaceable: mine},
		"it is not empty": {Force: true},
		"it is mine":      {Force: true, Replaceable: mine},
	} {
		err := wholefile.WriteDirectory(t.Context(), dir, files("new"), options)
		if want = "writing the directory " + dir + ": " + want; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if got := names(t, dir); got != "old" {
			t.Errorf("the directory now holds %s", got)
		}
	}
	if err := wholefile.WriteDirectory(t.Context(), dir, files("new"), replace); err != nil {
		t.Fatal(err)
	}
	if got, beside := names(t, dir), names(t, parent); got != "new" || beside != "d" {
		t.Errorf("the directory holds %s, beside it is %s", got, beside)
	}
}

// A link that another program put into the target is not followed, because the directory is replaced as a whole.
func TestWriteDirectoryRefusesPlantedLinks(t *testing.T) {
	parent := t.TempDir()
	dir, outside := filepath.Join(parent, "d"), filepath.Join(parent, "outside")
	for _, directory := range []string{dir, outside} {
		if err := os.Mkdir(directory, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "sub")); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.WriteDirectory(t.Context(), dir, files("sub/b"), replace); err != nil {
		t.Fatal(err)
	}
	if got := names(t, outside); got != "" {
		t.Errorf("written outside: %s", got)
	}
}

// A link to a directory is followed, and stays; what lies where it leads is what counts.
func TestDirectoryBehindALink(t *testing.T) {
	parent := t.TempDir()
	dir, link := filepath.Join(parent, "d"), filepath.Join(parent, "link")
	if err := errors.Join(os.Mkdir(dir, 0o755), os.Symlink("d", link), os.Symlink(link, filepath.Join(parent, "second"))); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{link, filepath.Join(parent, "second")} {
		if err := wholefile.WriteDirectory(t.Context(), to, files("a"), replace); err != nil {
			t.Fatal(err)
		}
		if got, beside := names(t, dir), names(t, parent); got != "a" || beside != "d link second" {
			t.Errorf("%s: the directory holds %q, beside it is %q", to, got, beside)
		}
	}
	file, dangling, loop := filepath.Join(parent, "f"), filepath.Join(parent, "dangling"), filepath.Join(parent, "loop")
	if err := errors.Join(os.WriteFile(filepath.Join(parent, "x"), nil, 0o600), os.Symlink("x", file), os.Symlink("none", dangling), os.Symlink("loop", loop)); err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]string{
		file:     "it exists and is not a directory",
		dangling: "it is a link to " + filepath.Join(parent, "none") + ", which does not exist",
		loop:     "too many symbolic links follow one another",
		link:     "it is not empty: name another directory, or replace it with --force",
	} {
		err := wholefile.WriteDirectory(t.Context(), to, files("a"), wholefile.Options{Replaceable: replace.Replaceable})
		if want = "writing the directory " + to + ": " + want; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
}

func TestWriteDirectoryRefusesPathsOutside(t *testing.T) {
	parent := t.TempDir()
	for _, path := range []string{"../x", "/x", "a/../../x"} {
		err := wholefile.WriteDirectory(t.Context(), filepath.Join(parent, "d"), files("good", path), wholefile.Options{})
		if fault.KindOf(err) != fault.Local || names(t, parent) != "" {
			t.Errorf("%s: got %v, left behind: %s", path, err, names(t, parent))
		}
	}
}

func TestInterruptedDirectoryDoesNotAppear(t *testing.T) {
	parent := t.TempDir()
	cause := errors.New("interrupted")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	err := wholefile.WriteDirectory(ctx, filepath.Join(parent, "d"), files("a"), wholefile.Options{})
	if !errors.Is(err, cause) || names(t, parent) != "" {
		t.Errorf("got %v, left behind: %s", err, names(t, parent))
	}
}

func TestWorkingDirectoryIsRefused(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, to := range []string{".", dir, ".."} {
		if err := wholefile.WriteDirectory(t.Context(), to, files("a"), wholefile.Options{}); fault.KindOf(err) != fault.Local {
			t.Errorf("%s: got %v", to, err)
		}
	}
	if got := names(t, dir); got != "" {
		t.Errorf("left behind: %s", got)
	}
}
