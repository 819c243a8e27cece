//go:build unix

package wholefile_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// names are what a folder holds.
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

func TestRow11LinksAndDevicesAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	victim, link := filepath.Join(dir, "victim"), filepath.Join(dir, "link")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(victim, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{link, "/dev/null", dir} {
		err := wholefile.Write(path, []byte("x"))
		if want := "writing " + path + ": it exists and is not a regular file"; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
			t.Errorf("%s: got %v", path, err)
		}
	}
	if got := read(t, victim); got != "precious" {
		t.Errorf("the link was followed: %q", got)
	}
}

// The limit is that of a process of its own: go test writes files of this one meanwhile.
func TestRow40NoSpaceLeavesNothing(t *testing.T) {
	const folder = "WHOLEFILE_TEST_FOLDER"
	if dir := os.Getenv(folder); dir != "" {
		limit := syscall.Rlimit{Cur: 10, Max: 10}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		fmt.Println(wholefile.Write(filepath.Join(dir, "f"), []byte(strings.Repeat("x", 100))))
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestRow40NoSpaceLeavesNothing$")
	child.Env = append(os.Environ(), folder+"="+dir)
	out, err := child.Output()
	if want := "writing " + filepath.Join(dir, "f") + ": file too large\n"; err != nil || !strings.HasPrefix(string(out), want) || names(t, dir) != "" {
		t.Errorf("got %s (%v), want %sleft behind: %q", out, err, want, names(t, dir))
	}
}

func TestRow53Modes(t *testing.T) {
	dir := t.TempDir()
	for mask, want := range map[int]os.FileMode{0: 0o644, 0o022: 0o644, 0o077: 0o600, 0o027: 0o640} {
		dir := filepath.Join(dir, fmt.Sprint(mask))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		old := syscall.Umask(mask)
		file := filepath.Join(dir, "f")
		err := wholefile.Write(file, []byte("x"))
		folder := wholefile.WriteFolder(t.Context(), filepath.Join(dir, "d", "sub"), []wholefile.File{{Path: "a/b", Data: []byte("x")}}, func(string) error { return nil })
		syscall.Umask(old)
		if err != nil || folder != nil {
			t.Fatal(err, folder)
		}
		for _, f := range []string{file, filepath.Join(dir, "d", "sub", "a", "b")} {
			info, err := os.Stat(f)
			if err != nil || info.Mode() != want {
				t.Errorf("umask %03o: %s has mode %v, want %v (%v)", mask, f, info.Mode(), want, err)
			}
		}
		info, err := os.Stat(filepath.Join(dir, "d", "sub"))
		if err != nil || info.Mode().Perm() != 0o755&^os.FileMode(mask) {
			t.Errorf("umask %03o: the folder has mode %v", mask, info.Mode())
		}
	}
}
