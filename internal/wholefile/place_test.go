//go:build unix

package wholefile

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// real is the system as it is.
func real() system { return system{(*os.File).Sync, syncFolder, exchange} }

func TestRow40NothingIsLeftOfWhatFails(t *testing.T) {
	one := []File{{Path: "a/b"}}
	for name, test := range map[string]struct {
		change func(*system)
		files  []File
		want   string
	}{
		"sync":     {func(s *system) { s.sync = func(*os.File) error { return syscall.EIO } }, one, "a/b: input/output error"},
		"folder":   {func(s *system) { s.syncFolder = func(string) error { return syscall.EIO } }, one, "input/output error"},
		"exchange": {func(s *system) { s.exchange = func(string, string) error { return syscall.EIO } }, one, "input/output error"},
		"a file":   {func(*system) {}, []File{{Path: "a"}, {Path: "a/b"}}, "a: file exists"},
		"a folder": {func(*system) {}, []File{{Path: "a/b"}, {Path: "a/b/c/d"}, {Path: "a/b"}}, "a/b: file exists"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []fs.FileMode{0o755, 0o700 | fs.ModeSetgid} {
				parent, dir := occupied(t, mode)
				before, s := tree(t, parent), real()
				test.change(&s)
				err := s.writeFolder(t.Context(), dir, test.files, anything)
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

// recording is the system as it is, and what is asked of it: names in parent, where a folder with a new name is NEW.
func recording(t *testing.T, parent string, exchange func(a, b string) error) (system, *[]string) {
	var lock sync.Mutex
	var done []string
	record := func(what, path string) {
		lock.Lock()
		defer lock.Unlock()
		name, err := filepath.Rel(parent, path)
		if err != nil {
			t.Error(err)
		}
		if first, rest, _ := strings.Cut(name, "/"); strings.HasPrefix(first, ".d.") {
			name = filepath.Join("NEW", rest)
		}
		done = append(done, what+" "+name)
	}
	return system{
		func(f *os.File) error {
			record("file", f.Name())
			return f.Sync()
		},
		func(dir string) error {
			record("folder", dir)
			if dir == parent {
				done = append(done, tree(t, filepath.Join(parent, "d"))...)
			}
			return syncFolder(dir)
		},
		func(a, b string) error {
			record("exchange", b)
			done = append(done, tree(t, b)...)
			return exchange(a, b)
		},
	}, &done
}

// What appears lies on the disk already, the old folder keeps its place until then, and the new name is brought to the disk.
func TestRow45OldOrNew(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	for name, exchange := range map[string]func(a, b string) error{
		"in one step":  exchange,
		"in two steps": func(string, string) error { return errors.ErrUnsupported },
	} {
		t.Run(name, func(t *testing.T) {
			parent, dir := occupied(t, 0o750|fs.ModeSetgid)
			s, done := recording(t, parent, exchange)
			if err := s.writeFolder(t.Context(), dir, []File{{Path: "a/b", Data: []byte("n")}}, anything); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{
				"file NEW/a/b", "folder NEW", "folder NEW/a",
				"exchange d", "old -rw------- o",
				"folder .", "a drwxr-xr-x", "a/b -rw-r--r-- n",
			}, *done); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"d dgrwxr-x---", "d/a drwxr-xr-x", "d/a/b -rw-r--r-- n"}, tree(t, parent)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNewFolderLiesOnTheDisk(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	parent := t.TempDir()
	s, done := recording(t, parent, exchange)
	if err := s.writeFolder(t.Context(), filepath.Join(parent, "d"), []File{{Path: "a/b/c"}, {Path: "a/d/e"}}, nil); err != nil {
		t.Fatal(err)
	}
	files, rest := (*done)[:2], (*done)[2:]
	slices.Sort(files) // side by side
	if diff := cmp.Diff([]string{"file NEW/a/b/c", "file NEW/a/d/e"}, files); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{
		"folder NEW", "folder NEW/a/b", "folder NEW/a", "folder NEW/a/d",
		"folder .", "a drwxr-xr-x", "a/b drwxr-xr-x", "a/b/c -rw-r--r-- ", "a/d drwxr-xr-x", "a/d/e -rw-r--r-- ",
	}, rest); diff != "" {
		t.Error(diff)
	}
}

// An interrupt ends the writing between two files, and what waits for the disk keeps no more than those that are at it.
func TestRow45InterruptedInTheMiddle(t *testing.T) {
	many := make([]File, 300)
	for i := range many {
		many[i] = File{Path: fmt.Sprintf("sub/%d", i), Data: []byte("n")}
	}
	interrupted := errors.New("interrupted")
	for name, change := range map[string]func(s *system, interrupt func()){
		"between files": func(s *system, interrupt func()) {
			var count atomic.Int64
			s.sync = func(f *os.File) error {
				switch n := count.Add(1); {
				case n == 100:
					interrupt()
				case n >= 100+writers:
					t.Errorf("file %d is written", n)
				}
				return f.Sync()
			}
		},
		"before its name is given": func(s *system, interrupt func()) {
			s.syncFolder = func(dir string) error {
				if filepath.Base(dir) == "sub" {
					interrupt()
				}
				return syncFolder(dir)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, fresh := range []bool{true, false} {
				parent, dir := occupied(t, 0o755)
				if fresh {
					dir = filepath.Join(parent, "fresh")
				}
				before, s := tree(t, parent), real()
				ctx, cancel := context.WithCancelCause(t.Context())
				change(&s, func() { cancel(interrupted) })
				if err := s.writeFolder(ctx, dir, many, anything); !errors.Is(err, interrupted) {
					t.Errorf("got %v", err)
				}
				if diff := cmp.Diff(before, tree(t, parent)); diff != "" {
					t.Error(diff)
				}
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

func TestSyncFolder(t *testing.T) {
	dir := t.TempDir()
	if err := syncFolder(dir); err != nil {
		t.Error(err)
	}
	if err := syncFolder(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Nobody knows the temporary name: where it cannot be made, the error names the folder that it would be in.
func TestErrorNamesTheParent(t *testing.T) {
	for _, parent := range []string{"/sys", "/proc"} {
		if _, err := os.Stat(parent); err != nil {
			t.Skip("there is no ", parent)
		}
		err := WriteFolder(t.Context(), parent+"/out", nil, nil)
		cannot := "writing the folder " + parent + "/out: a folder cannot be made in " + parent + ": "
		if err == nil || !strings.HasPrefix(err.Error(), cannot) || strings.Contains(err.Error(), ".out.") || fault.KindOf(err) != fault.Local {
			t.Errorf("got %v", err)
		}
	}
}

// A folder that its owner protected is left alone, before anything is written.
func TestWriteProtectedFolder(t *testing.T) {
	if os.Geteuid() == 0 { // from whom nothing is protected
		asNobody(t)
		return
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

// asNobody runs the test that calls it once more, as a user without rights, who has to be able to reach the program.
func asNobody(t *testing.T) {
	t.Helper()
	const nobody = 65534
	public, err := os.MkdirTemp("", "nobody")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(public)
	data, err := os.ReadFile(os.Args[0])
	program := filepath.Join(public, "test")
	if err := errors.Join(err, os.Chmod(public, 0o755), os.WriteFile(program, data, 0o755), os.Chmod(program, 0o755)); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "-test.v", "-test.run=^"+t.Name()+"$")
	command.Dir, command.SysProcAttr = public, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	out, err := command.CombinedOutput()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this root may not become another user: ", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("as nobody: %v\n%s", err, out)
	}
}
