//go:build unix

package cache

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Records decide what a command prints, so they are read only from folders that only this user and root can write to.
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
			_, _, hasManifest := again.Manifest(oci.SplitRepository("a.b/c"), manifest)
			_, hasTag := again.Tag(oci.SplitRepository("a.b/c"), "t")
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
			again.KeepTag(oci.SplitRepository("a.b/c"), "u", manifest)
			newBlob(3000).good(t, again)
			if after := files(t, c.options.Dir); len(after) != len(before) {
				t.Errorf("files are written: %v", after)
			}
		})
	}
}

// Of a cache that others may have written the blobs are listed, whose names are digests, and nothing is deleted.
func TestListAndCleanOfASharedFolder(t *testing.T) {
	c, _ := fresh(t)
	session(t, c, newBlob(1000))
	if entries, err := Entries(c.options); err != nil || len(entries) != 2 {
		t.Errorf("listed %v, %v", entries, err)
	}
	dir := c.options.Dir
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	again, told := at(dir)
	entries, err := Entries(again.options)
	if err != nil || len(entries) != 1 || entries[0].Kind != Blob || entries[0].Size != 1000 || entries[0].References != nil {
		t.Errorf("listed %+v, %v", entries, err)
	}
	why := dir + " is writable by all users (mode 0777): run chmod o-w on it"
	if want := "only the blobs of the cache are listed: " + why + "; --cache-dir names another directory"; strings.Join(told.all(), "\n") != want {
		t.Errorf("told %q, want %q", told.all(), want)
	}
	if _, _, err := Clean(again.options, Cleaning{All: true}); err == nil || err.Error() != "the cache: nothing is deleted: "+why {
		t.Errorf("cleaned: %v", err)
	}
}

// What cannot be deleted does not keep the rest.
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
	files, _, err := Clean(c.options, Cleaning{All: true})
	if files != 4 || err == nil || err.Error() != "the cache: 5 files cannot be deleted, the first is "+filepath.Join(blobs, "begun.partial")+": permission denied" {
		t.Errorf("%d files, %v", files, err)
	}
}
