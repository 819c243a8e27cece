package wholefile_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/wholefile"
)

// tree returns the files below a directory by path.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestDraftAppearsWhole(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	draft, err := wholefile.NewDraft(dir, wholefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []wholefile.File{
		{Path: "a", Data: []byte("damaged")}, {Path: "b/c", Data: []byte("c")}, {Path: "gone"}, {Path: "a", Data: []byte("a")},
	} {
		if err := draft.Add(f); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Lstat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory is there before it is finished: %v", err)
	}
	if err := draft.Remove("gone"); err != nil {
		t.Fatal(err)
	}
	paths := draft.Paths()
	if slices.Sort(paths); !slices.Equal(paths, []string{"a", "b/c"}) || !draft.Has("b/c") || draft.Has("gone") {
		t.Errorf("the draft has %q", paths)
	}
	if err := draft.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "a", "b/c": "c"}, tree(t, dir)); diff != "" {
		t.Error(diff)
	}
	if !wholefile.Unchanged(dir) {
		t.Error("the directory counts as changed")
	}
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if wholefile.Unchanged(dir) {
		t.Error("the directory counts as unchanged")
	}
}

func TestDraftLeavesNothing(t *testing.T) {
	stop := errors.New("stop")
	canceled, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	for name, end := range map[string]func(*wholefile.Draft) error{
		"discarded": (*wholefile.Draft).Discard,
		"interrupted": func(d *wholefile.Draft) error {
			if err := d.Finish(canceled); !errors.Is(err, stop) {
				return err
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			draft, err := wholefile.NewDraft(filepath.Join(parent, "d"), wholefile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := draft.Add(wholefile.File{Path: "a/b", Data: []byte("b")}); err != nil {
				t.Fatal(err)
			}
			if err := end(draft); err != nil {
				t.Error(err)
			}
			if left := tree(t, parent); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
			if entries, err := os.ReadDir(parent); err != nil || len(entries) > 0 {
				t.Errorf("left: %v, %v", entries, err)
			}
		})
	}
}

func TestDraftStaysInItsDirectory(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "d")
	draft, err := wholefile.NewDraft(dir, wholefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	got := text(draft.Add(wholefile.File{Path: "../x"}))
	if want := "writing the directory " + dir + ": ..: path escapes from parent"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if err := draft.Discard(); err != nil {
		t.Error(err)
	}
}

// The target directory may get a file while the draft is written. Finish fails then and keeps that file.
func TestDraftReplacesOnlyAnEmptyDirectory(t *testing.T) {
	for name, begin := range map[string]func(dir string) error{
		"empty at first": func(dir string) error { return os.Mkdir(dir, 0o755) },
		"made later":     func(string) error { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			if err := begin(dir); err != nil {
				t.Fatal(err)
			}
			draft, err := wholefile.NewDraft(dir, wholefile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := draft.Add(wholefile.File{Path: "a", Data: []byte("a")}); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "mine"), []byte("mine"), 0o600); err != nil {
				t.Fatal(err)
			}
			if got, want := text(draft.Finish(t.Context())), "writing the directory "+dir+": it is not empty: name another directory"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if diff := cmp.Diff(map[string]string{"d/mine": "mine"}, tree(t, filepath.Dir(dir))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestIsFree(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"empty", "full/x"} {
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("gone", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{
		"new": true, "new/": true, "empty": true, "full": false, "file": false, "file/x": false, "new/x": false, "link": false,
	} {
		if got := wholefile.IsFree(dir + "/" + name); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}

// text is the message of an error, empty for nil.
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
