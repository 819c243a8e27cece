//go:build unix

package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"
)

// Records decide what a command prints, so they are read only where nobody but this user and root can have written them.
// Blobs are hashed against a digest and may lie anywhere.
func TestWhatIsReadDependsOnWhoMayHaveWritten(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	const (
		all        = "blob true, manifest true, tag true, note true"
		blobs      = "blob true, manifest false, tag false, note false"
		worldWrite = "FILE is writable by all users (mode 0777): run chmod o-w on it"
		another    = "FILE belongs to user 4711, and this is user 0"
	)
	chown := func(uid, gid int) func(string) error {
		return func(file string) error { return os.Lchown(file, uid, gid) }
	}
	chmod := func(mode os.FileMode) func(string) error {
		return func(file string) error { return os.Chmod(file, mode) }
	}
	manifest := digest.FromString(`{"manifest":true}`)
	repository := "repositories/" + hashed("a.b/c")
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
		"one kind of notes":           {"notes/k", chmod(0o777), "blob true, manifest true, tag true, note false", "is not read: " + worldWrite},
		"one repository":              {repository, chown(4711, 4711), "blob true, manifest false, tag false, note true", "is not read: " + another},
		"one tag":                     {repository + "/tags/" + hashed("t"), chmod(0o777), "blob true, manifest true, tag false, note true", "is not read: " + worldWrite},
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
			_, _, hasManifest := again.Manifest("a.b/c", manifest)
			_, hasTag := again.Tag("a.b/c", "t")
			_, hasNote := again.Note("k", manifest)
			if got := fmt.Sprintf("blob %v, manifest %v, tag %v, note %v", len(b.asked) == asked, hasManifest, hasTag, hasNote); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
			text, lines := strings.ReplaceAll(test.told, "FILE", file), strings.Join(told.all(), "\n")
			if text == "" && lines != "" || !strings.Contains(lines, text) {
				t.Errorf("told %q, want %q", lines, text)
			}
			if test.want != blobs {
				return
			}
			again.KeepTag("a.b/c", "u", manifest)
			newBlob(3000).good(t, again)
			if after := files(t, c.options.Dir); len(after) != len(before) {
				t.Errorf("files are written: %v", after)
			}
		})
	}
}
