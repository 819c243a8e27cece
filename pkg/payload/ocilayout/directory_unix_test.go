//go:build unix

package ocilayout

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// A blob that is no regular file is refused: a pipe is not waited for, and a link leads nowhere outside, whatever is there.
func TestBlobsThatAreNoFiles(t *testing.T) {
	const content = "content"
	blob := digest.FromString(content)
	for name, test := range map[string]struct {
		make func(file, outside string) error
		want string
	}{
		"pipe":          {func(file, _ string) error { return syscall.Mkfifo(file, 0o600) }, "BLOB is not a regular file: delete it, and run the command again"},
		"directory":     {func(file, _ string) error { return os.Mkdir(file, 0o700) }, "BLOB is not a regular file: delete it, and run the command again"},
		"link":          {func(file, outside string) error { return os.Symlink(outside, file) }, "BLOB is not a regular file: delete it, and run the command again"},
		"relative link": {func(file, outside string) error { return os.Symlink("../../../"+filepath.Base(outside), file) }, "BLOB is not a regular file: delete it, and run the command again"},
		"link to none":  {func(file, _ string) error { return os.Symlink("/nowhere", file) }, "BLOB is not a regular file: delete it, and run the command again"},
	} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir, outside := filepath.Join(parent, "layout"), filepath.Join(parent, "outside")
			if err := os.WriteFile(outside, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			l := openLayout(t, dir)
			if err := test.make(filepath.Join(dir, blobName(blob)), outside); err != nil {
				t.Fatal(err)
			}
			err := l.PushBlob(t.Context(), blob, int64(len(content)), from([]byte(content)))
			if err == nil || strings.ReplaceAll(err.Error(), blobName(blob), "BLOB") != "oci:"+dir+": "+test.want || fault.KindOf(err) != fault.Local {
				t.Errorf("%v (%v)", err, fault.KindOf(err))
			}
			if data, err := os.ReadFile(outside); err != nil || string(data) != content {
				t.Errorf("outside: %q, %v", data, err)
			}
		})
	}
}

// Links in place of the layout's own files are not followed either.
func TestLinksThatLeadOutOfTheLayout(t *testing.T) {
	d := digest.FromString("release")
	for _, name := range []string{indexName, layoutName, "signatures", "signatures/sha256=" + d.Encoded(), "signatures/sha256=" + d.Encoded() + "/signature-1", "blobs"} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir, outside := filepath.Join(parent, "layout"), filepath.Join(parent, "outside")
			link := filepath.Join(dir, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(link), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(outside, link); err != nil {
				t.Fatal(err)
			}
			l, err := OpenDirectory(dir, Options{Name: "oci:x"})
			if err == nil {
				defer l.Close()
				pushImage(t, l, "a", "content")
				if err = l.PutSignatures(d, [][]byte{[]byte("signature")}); err == nil {
					err = l.Commit(t.Context())
				}
			}
			if fault.KindOf(err) != fault.Local || !strings.HasPrefix(err.Error(), "oci:x: ") {
				t.Errorf("%v (%v)", err, fault.KindOf(err))
			}
			if _, err := os.Lstat(outside); err == nil {
				t.Error("it was written outside")
			}
		})
	}
}

// An index.json that is a pipe is not waited for.
func TestIndexThatIsAPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, indexName), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenDirectory(dir, Options{Name: "oci:x"})
	if err == nil || err.Error() != "oci:x: index.json is not a regular file" || fault.KindOf(err) != fault.Local {
		t.Errorf("%v (%v)", err, fault.KindOf(err))
	}
}

func TestModesFollowTheUmask(t *testing.T) {
	for umask, want := range map[int][2]os.FileMode{0o000: {0o644, 0o755}, 0o022: {0o644, 0o755}, 0o077: {0o600, 0o700}} {
		old := syscall.Umask(umask)
		dir := filepath.Join(t.TempDir(), "layout")
		l := openLayout(t, dir)
		_, manifest := pushImage(t, l, "a", "content")
		err := l.PutSignatures(manifest, [][]byte{[]byte("signature")})
		commit(t, l)
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		modes := map[os.FileMode]int{}
		err = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
			if err == nil {
				modes[info.Mode()]++
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		// The layout, blobs, blobs/sha256, signatures and the directory of a digest.
		if diff := cmp.Diff(map[os.FileMode]int{want[0]: 5, want[1] | os.ModeDir: 5}, modes); diff != "" {
			t.Errorf("umask %03o (-want +got):\n%s", umask, diff)
		}
	}
}
