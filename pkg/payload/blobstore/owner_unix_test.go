//go:build unix

package blobstore

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Index files decide what a command prints, so they are read only from directories that only this user and root can write
// to. Blobs are hashed against a digest, so anybody may have written them.
func TestFilesOfOtherUsersAreNotRead(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const (
		all        = "blob true, note true, tag true"
		blobs      = "blob true, note false, tag false"
		worldWrite = "FILE is writable by all users (mode 0777): run chmod o-w on it"
		another    = "FILE belongs to user 4711, and this is user 0"
	)
	chown := func(uid, gid int) func(string) error {
		return func(file string) error { return os.Lchown(file, uid, gid) }
	}
	chmod := func(mode os.FileMode) func(string) error {
		return func(file string) error { return os.Chmod(file, mode) }
	}
	for name, test := range map[string]struct {
		file   string
		change func(file string) error
		want   string // what is found
		told   string
	}{
		"as it was made":              {".", chmod(0o700), all, ""},
		"readable by all":             {".", chmod(0o755), all, ""},
		"writable by its group":       {".", chmod(0o775), all, ""},
		"writable by all":             {".", chmod(0o777), blobs, worldWrite},
		"shared, as /tmp is":          {".", chmod(0o777 | os.ModeSticky), blobs, worldWrite},
		"of another user":             {".", chown(4711, 4711), blobs, another},
		"of another user of group 0":  {".", chown(4711, 0), all, ""},
		"of this user, another group": {".", chown(0, 4711), all, ""},
		"notes of another user":       {"notes", chown(4711, 4711), blobs, another},
		"tags writable by all":        {"repositories", chmod(0o777), blobs, worldWrite},
		"blobs writable by all":       {"blobs/sha256", chmod(0o777), blobs, worldWrite},
		"one kind of notes":           {"notes/k", chmod(0o777), "blob true, note false, tag true", "is not read: " + worldWrite},
		"one repository":              {"repositories/x", chown(4711, 4711), "blob true, note true, tag false", "is not read: " + another},
		"one tag":                     {"repositories/x/tags/x", chmod(0o777), "blob true, note true, tag false", "is not read: " + worldWrite},
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := fresh(t)
			b := newBlob(1000)
			session(t, c, b)
			file := filepath.Join(c.options.Dir, filepath.FromSlash(test.file))
			if err := test.change(file); err != nil {
				t.Fatal(err)
			}
			before, asked := files(t, c.options.Dir), len(b.asked)
			again, told := at(c.options.Dir)
			b.good(t, again)
			_, hasNote := again.ReadFile("notes/k/x", 100)
			_, hasTag := again.ReadFile("repositories/x/tags/x", 100)
			if got := fmt.Sprintf("blob %v, note %v, tag %v", len(b.asked) == asked, hasNote, hasTag); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			text, lines := strings.ReplaceAll(test.told, "FILE", file), strings.Join(told.all(), "\n")
			if text == "" && lines != "" || !strings.Contains(lines, text) {
				t.Errorf("told %q, want %q", lines, text)
			}
			if test.want != blobs {
				return
			}
			again.WriteFile("notes/k/y", []byte("note"))
			newBlob(3000).good(t, again)
			if after := files(t, c.options.Dir); len(after) != len(before) {
				t.Errorf("files are written: %v", after)
			}
		})
	}
}

func TestCleanDeletesNothingOfOtherUsers(t *testing.T) {
	s, _ := fresh(t)
	session(t, s, newBlob(1000))
	dir := s.options.Dir
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	before := files(t, dir)
	want := "nothing is deleted: " + dir + " is writable by all users (mode 0777): run chmod o-w on it"
	if _, _, err := clean(testOptions(dir), Cleaning{All: true}); err == nil || err.Error() != want {
		t.Errorf("cleaned: %v", err)
	}
	if after := files(t, dir); len(after) != len(before) {
		t.Errorf("left %v", after)
	}
}

func TestCleanDeletesWhatItCan(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root can delete everything")
	}
	c := old(t)
	blobs := filepath.Join(c.options.Dir, "blobs", "sha256")
	if err := os.Chmod(blobs, 0o500); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(blobs, 0o700)
	files, _, err := clean(c.options, Cleaning{All: true})
	if files != 4 || err == nil || err.Error() != "5 files cannot be deleted, the first is "+filepath.Join(blobs, "begun.partial")+": permission denied" {
		t.Errorf("%d files, %v", files, err)
	}
}
