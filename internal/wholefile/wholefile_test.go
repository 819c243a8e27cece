//go:build unix

package wholefile_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// names are what a directory holds.
func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return strings.Join(all, " ")
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	for _, text := range []string{"first", "second, longer"} {
		if err := wholefile.Write(file, []byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := read(t, file); got != text {
			t.Errorf("got %q, want %q", got, text)
		}
	}
	if got := names(t, dir); got != "f" {
		t.Errorf("left behind: %s", got)
	}
}

func TestDevicesAreLeftAlone(t *testing.T) {
	for _, path := range []string{"/dev/null", t.TempDir()} {
		err := wholefile.Write(path, []byte("x"))
		if want := "writing " + path + ": it exists and is not a regular file"; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
			t.Errorf("%s: got %v", path, err)
		}
	}
}

// A link to a regular file is written through: it stays, and so does the mode of the file.
func TestWriteThroughALink(t *testing.T) {
	dir, away := t.TempDir(), t.TempDir()
	file, link := filepath.Join(away, "f"), filepath.Join(dir, "link")
	if err := errors.Join(os.WriteFile(file, []byte("old"), 0o600), os.Chmod(file, 0o664), os.Symlink(file, link)); err != nil {
		t.Fatal(err)
	}
	if err := wholefile.Write(link, []byte("new")); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(file)
	if got := read(t, file); err != nil || got != "new" || info.Mode() != 0o664 {
		t.Errorf("the file holds %q, mode %v (%v)", got, info.Mode(), err)
	}
	if names(t, dir) != "link" || names(t, away) != "f" {
		t.Errorf("left behind: %s, %s", names(t, dir), names(t, away))
	}
	if to, err := os.Readlink(link); err != nil || to != file {
		t.Errorf("the link now leads to %s (%v)", to, err)
	}
	none := filepath.Join(dir, "none")
	if err := os.Symlink("nowhere", none); err != nil {
		t.Fatal(err)
	}
	err = wholefile.Write(none, nil)
	if want := "writing " + none + ": it is a link to " + filepath.Join(dir, "nowhere") + ", which does not exist"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

// In a directory such as /tmp anybody can put a link where a user will write.
func TestLinkOfAnotherUserInASharedDirectory(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make a link of another user")
	}
	shared, victim := t.TempDir(), filepath.Join(t.TempDir(), "victim")
	link := filepath.Join(shared, "link")
	if err := errors.Join(os.Chmod(shared, 0o777|os.ModeSticky), os.WriteFile(victim, []byte("precious"), 0o600), os.Symlink(victim, link), os.Lchown(link, 4711, 4711)); err != nil {
		t.Fatal(err)
	}
	why := link + " is a link that another user put into a shared directory: name the target itself"
	err := wholefile.Write(link, nil)
	if want := "writing " + link + ": " + why; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("got %v", err)
	}
	err = wholefile.WriteDirectory(t.Context(), link, nil, replace)
	if want := "writing the directory " + link + ": " + why; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("got %v", err)
	}
	if got := read(t, victim); got != "precious" {
		t.Errorf("the link was followed: %q", got)
	}
}

// Nothing watches a file that did not change: make and others go by its time.
func TestUnchangedFileIsNotTouched(t *testing.T) {
	file := filepath.Join(t.TempDir(), "f")
	long := time.Now().Add(-time.Hour)
	if err := errors.Join(os.WriteFile(file, []byte("same"), 0o400), os.Chtimes(file, long, long)); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(file)
	if err := wholefile.Write(file, []byte("same")); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(file)
	if err != nil || !os.SameFile(before, after) || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("it is another file now, of %v (%v)", after.ModTime(), err)
	}
	if err := wholefile.Write(file, []byte("more")); err != nil || read(t, file) != "more" {
		t.Errorf("other content of the same length is not written: %v", err)
	}
}

// File systems allow names of 255 bytes.
func TestLongNames(t *testing.T) {
	for _, name := range []string{strings.Repeat("a", 244), strings.Repeat("b", 255), strings.Repeat("\u00e4", 127)} {
		dir := t.TempDir()
		if err := wholefile.Write(filepath.Join(dir, name), []byte("x")); err != nil {
			t.Error(err)
		}
		directory := filepath.Join(dir, "sub", name)
		for range 2 {
			if err := wholefile.WriteDirectory(t.Context(), directory, files("a"), replace); err != nil {
				t.Error(err)
			}
		}
		if names(t, dir) != name+" sub" && names(t, dir) != "sub "+name {
			t.Errorf("left behind: %s", names(t, dir))
		}
	}
	if err := wholefile.Write(filepath.Join(t.TempDir(), strings.Repeat("a", 256)), nil); err == nil || !strings.HasSuffix(err.Error(), ": file name too long") {
		t.Errorf("got %v", err)
	}
}

// The limit is that of a process of its own: go test writes files of this one meanwhile.
func TestNoSpaceLeavesNothing(t *testing.T) {
	const directory = "WHOLEFILE_TEST_FOLDER"
	if dir := os.Getenv(directory); dir != "" {
		limit := syscall.Rlimit{Cur: 10, Max: 10}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		fmt.Println(wholefile.Write(filepath.Join(dir, "f"), []byte(strings.Repeat("x", 100))))
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestNoSpaceLeavesNothing$")
	child.Env = append(os.Environ(), directory+"="+dir)
	out, err := child.Output()
	if want := "writing " + filepath.Join(dir, "f") + ": file too large\n"; err != nil || !strings.HasPrefix(string(out), want) || names(t, dir) != "" {
		t.Errorf("got %s (%v), want %sleft behind: %q", out, err, want, names(t, dir))
	}
}

func TestModesFollowUmask(t *testing.T) {
	dir := t.TempDir()
	for mask, want := range map[int]os.FileMode{0: 0o644, 0o022: 0o644, 0o077: 0o600, 0o027: 0o640} {
		dir := filepath.Join(dir, fmt.Sprint(mask))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		old := syscall.Umask(mask)
		file := filepath.Join(dir, "f")
		err := wholefile.Write(file, []byte("x"))
		directory := wholefile.WriteDirectory(t.Context(), filepath.Join(dir, "d", "sub"), []wholefile.File{{Path: "a/b", Data: []byte("x")}}, replace)
		syscall.Umask(old)
		if err != nil || directory != nil {
			t.Fatal(err, directory)
		}
		for _, f := range []string{file, filepath.Join(dir, "d", "sub", "a", "b")} {
			info, err := os.Stat(f)
			if err != nil || info.Mode() != want {
				t.Errorf("umask %03o: %s has mode %v, want %v (%v)", mask, f, info.Mode(), want, err)
			}
		}
		info, err := os.Stat(filepath.Join(dir, "d", "sub"))
		if err != nil || info.Mode().Perm() != 0o755&^os.FileMode(mask) {
			t.Errorf("umask %03o: the directory has mode %v", mask, info.Mode())
		}
	}
}
