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
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// tree is what a directory holds, as PATH MODE CONTENT, hidden things too.
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

// occupied makes a directory d of a mode with a file in it.
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

// anything replaces whatever stands there.
var anything = Options{Force: true, Replaceable: func(string) error { return nil }}

func TestFailedReplaceLeavesNothing(t *testing.T) {
	one := []File{{Path: "a/b"}}
	for name, test := range map[string]struct {
		change func(*system)
		files  []File
		want   string
	}{
		"write":       {func(s *system) { s.write = func(*os.Root, File) error { return syscall.ENOSPC } }, one, "a/b: no space left on device"},
		"sync":        {func(s *system) { s.sync = func(string) error { return syscall.EIO } }, one, "input/output error"},
		"exchange":    {func(s *system) { s.exchange = func(string, string) error { return syscall.EIO } }, one, "input/output error"},
		"a file":      {func(*system) {}, []File{{Path: "a"}, {Path: "a/b"}}, "a: file exists"},
		"a directory": {func(*system) {}, []File{{Path: "a/b"}, {Path: "a/b/c/d"}, {Path: "a/b"}}, "a/b/c: not a directory"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range []fs.FileMode{0o755, 0o700 | fs.ModeSetgid} {
				parent, dir := occupied(t, mode)
				before, s := tree(t, parent), realSystem()
				test.change(&s)
				options := anything
				options.Sync = true
				err := s.writeDirectory(t.Context(), dir, test.files, options)
				if want := "writing the directory " + dir + ": " + test.want; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
					t.Errorf("got  %v\nwant %s", err, want)
				}
				if diff := cmp.Diff(before, tree(t, parent)); diff != "" {
					t.Errorf("mode %v: %s", mode, diff)
				}
			}
		})
	}
}

// recording is the system as it is, and what is asked of it: names in parent, where a directory with a new name is NEW.
func recording(t *testing.T, parent string, exchange func(a, b string) error) (system, *[]string) {
	var done []string
	record := func(what, path string) {
		name, err := filepath.Rel(parent, path)
		if err != nil {
			t.Error(err)
		}
		if first, rest, _ := strings.Cut(name, "/"); strings.HasPrefix(first, temporaryPrefix("d")) {
			name = filepath.Join("NEW", rest)
		}
		done = append(done, what+" "+name)
	}
	return system{
		func(root *os.Root, f File) error {
			record("write", filepath.Join(root.Name(), f.Path))
			return writeFile(root, f)
		},
		func(dir string) error {
			record("sync", dir)
			done = append(done, tree(t, dir)...)
			return SyncSystem(dir)
		},
		func(a, b string) error {
			record("exchange", b)
			done = append(done, tree(t, b)...)
			return exchange(a, b)
		},
	}, &done
}

// The old directory keeps its place until the new one is complete, and with Sync until that lies on the disk.
func TestReplaceLeavesOldOrNew(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	for name, exchange := range map[string]func(a, b string) error{
		"in one step":  exchange,
		"in two steps": func(string, string) error { return errors.ErrUnsupported },
	} {
		for _, sync := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, sync %v", name, sync), func(t *testing.T) {
				parent, dir := occupied(t, 0o750|fs.ModeSetgid)
				s, done := recording(t, parent, exchange)
				options := anything
				options.Sync = sync
				if err := s.writeDirectory(t.Context(), dir, []File{{Path: "a/b", Data: []byte("n")}}, options); err != nil {
					t.Fatal(err)
				}
				want := []string{"write NEW/a/b"}
				if sync {
					want = append(want, "sync NEW", "a drwxr-xr-x", "a/b -rw-r--r-- n")
				}
				if diff := cmp.Diff(append(want, "exchange d", "old -rw------- o"), *done); diff != "" {
					t.Error(diff)
				}
				if diff := cmp.Diff([]string{"d dgrwxr-x---", "d/a drwxr-xr-x", "d/a/b -rw-r--r-- n"}, tree(t, parent)); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// An interrupt ends the writing between two files.
func TestReplaceAfterInterruption(t *testing.T) {
	many := make([]File, 300)
	for i := range many {
		many[i] = File{Path: fmt.Sprintf("sub/%d", i), Data: []byte("n")}
	}
	interrupted := errors.New("interrupted")
	for name, change := range map[string]func(s *system, interrupt func()){
		"between files": func(s *system, interrupt func()) {
			count := 0
			s.write = func(root *os.Root, f File) error {
				switch count++; {
				case count == 100:
					interrupt()
				case count > 100:
					t.Errorf("file %d is written", count)
				}
				return writeFile(root, f)
			}
		},
		"before its name is given": func(s *system, interrupt func()) {
			s.sync = func(dir string) error {
				interrupt()
				return SyncSystem(dir)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, fresh := range []bool{true, false} {
				parent, dir := occupied(t, 0o755)
				if fresh {
					dir = filepath.Join(parent, "fresh")
				}
				before, s := tree(t, parent), realSystem()
				ctx, cancel := context.WithCancelCause(t.Context())
				change(&s, func() { cancel(interrupted) })
				options := anything
				options.Sync = true
				if err := s.writeDirectory(ctx, dir, many, options); !errors.Is(err, interrupted) {
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

func TestSyncSystem(t *testing.T) {
	dir := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "d"), 0o700), os.WriteFile(filepath.Join(dir, "d", "f"), nil, 0o600), SyncSystem(dir)); err != nil {
		t.Error(err)
	}
	if err := SyncSystem(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// Nobody knows the temporary name: where it cannot be made, the error names the directory that it would be in.
func TestErrorNamesTheParent(t *testing.T) {
	for _, parent := range []string{"/sys", "/proc"} {
		if _, err := os.Stat(parent); err != nil {
			t.Skip("there is no ", parent)
		}
		err := WriteDirectory(t.Context(), parent+"/out", nil, Options{})
		cannot := "writing the directory " + parent + "/out: a directory cannot be made in " + parent + ": "
		if err == nil || !strings.HasPrefix(err.Error(), cannot) || strings.Contains(err.Error(), ".out.") || fault.KindOf(err) != fault.Local {
			t.Errorf("got %v", err)
		}
	}
}

// A directory that its owner protected is left alone, before anything is written.
func TestWriteProtectedDirectory(t *testing.T) {
	if os.Geteuid() == 0 { // from whom nothing is protected
		asNobody(t)
		return
	}
	parent, dir := occupied(t, 0o555)
	before := tree(t, parent)
	err := WriteDirectory(t.Context(), dir, nil, anything)
	if want := "writing the directory " + dir + ": " + dir + " is write-protected: name another directory, or run chmod u+w on it"; err == nil || err.Error() != want {
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
