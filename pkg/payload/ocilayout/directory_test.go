package ocilayout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// openLayout opens the layout in a directory until the test ends.
func openLayout(t *testing.T, dir string) *Layout {
	t.Helper()
	l, err := OpenDirectory(dir, Options{Name: "oci:" + dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// from opens the bytes of a blob.
func from(data []byte) func(int64) (io.ReadCloser, error) {
	return func(n int64) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data[n:])), nil }
}

// pushImage pushes an image of one blob, without committing it.
func pushImage(t *testing.T, l *Layout, tag, content string) (blob, manifest oci.Digest) {
	t.Helper()
	blob = digest.FromString(content)
	if err := l.PushBlob(t.Context(), blob, int64(len(content)), from([]byte(content))); err != nil {
		t.Fatal(err)
	}
	body := fmt.Sprintf(`{"schemaVersion":2,"config":{"mediaType":%[1]q,"digest":%[2]q,"size":%[3]d},"layers":[]}`, oci.TypeConfig, blob, len(content))
	if err := l.PushManifest(t.Context(), tag, oci.TypeManifest, []byte(body)); err != nil {
		t.Fatal(err)
	}
	return blob, digest.FromString(body)
}

func commit(t *testing.T, l *Layout) {
	t.Helper()
	if err := l.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// indexOf reads index.json, nil if there is none.
func indexOf(t *testing.T, dir string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, indexName))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return text
}

// filesOf lists all files of a directory.
func filesOf(t *testing.T, dir string) (files []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			name, err = filepath.Rel(dir, name)
			files = append(files, filepath.ToSlash(name))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestCommitNamesWhatWasWritten(t *testing.T) {
	dir := t.TempDir()
	l := openLayout(t, dir)
	l.SetSource("a", oci.PullSpec{Repository: oci.Repository{Host: "quay.io", Path: "a/b"}, Digest: digest.FromString("x")})
	blob, manifest := pushImage(t, l, "a", "content")
	if text := indexOf(t, dir); text != nil {
		t.Errorf("index.json before the commit: %s", text)
	}
	if err := l.PutSignatures(manifest, [][]byte{[]byte("one"), []byte("two")}); err != nil {
		t.Fatal(err)
	}
	commit(t, l)
	signatures := "signatures/sha256=" + manifest.Encoded() + "/signature-"
	want := []string{blobName(blob), blobName(manifest), indexName, layoutName, signatures + "1", signatures + "2"}
	if blob > manifest {
		want[0], want[1] = want[1], want[0]
	}
	if diff := cmp.Diff(want, filesOf(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	found, err := openLayout(t, dir).Describe(t.Context(), "a")
	if err != nil || found.Digest != manifest || found.MediaType != oci.TypeManifest || found.Annotations[Source] != "quay.io/a/b@"+digest.FromString("x").String() {
		t.Errorf("%+v, %v", found, err)
	}
}

// Several writers of one directory lose no entry, and none deletes what another is writing.
func TestWritersAtOnceLoseNoEntry(t *testing.T) {
	const writers, images = 4, 6
	dir := t.TempDir()
	var all sync.WaitGroup
	var want []string
	for w := range writers {
		for i := range images {
			want = append(want, fmt.Sprintf("%02d-%02d", w, i))
		}
		all.Go(func() {
			for i := range images {
				l, err := OpenDirectory(dir, Options{Name: "oci:" + dir})
				if err != nil {
					t.Error(err)
					return
				}
				body := fmt.Sprintf(`{"schemaVersion":2,"manifests":[],"annotations":{"image":"%d"}}`, (w+1)*(i+1)) // some are the same
				err = l.PushManifest(context.Background(), fmt.Sprintf("%02d-%02d", w, i), oci.TypeIndex, []byte(body))
				if err = errors.Join(err, l.Commit(context.Background()), l.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if diff := cmp.Diff(want, tagsOf(t, indexOf(t, dir))); diff != "" {
		t.Errorf("tags (-want +got):\n%s", diff)
	}
	for _, tag := range want {
		if _, err := openLayout(t, dir).Describe(t.Context(), tag); err != nil {
			t.Error(err)
		}
	}
}

// What killed writers left is deleted by the next one, unless another is there: then it may be a blob that is being written.
func TestLeftoversOfKilledWriters(t *testing.T) {
	dir := t.TempDir()
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".index.json.ABCDEFGH.partial", ".0123.ABCDEFGH.partial", ".keep"} {
		if err := os.WriteFile(filepath.Join(blobs, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	living := openLayout(t, dir)
	if diff := cmp.Diff([]string{".keep"}, filesOf(t, blobs)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
	// The blob of a writer that lives stays, though another one begins.
	content := []byte("content")
	reader, writer := io.Pipe()
	written := make(chan error)
	go func() {
		written <- living.PushBlob(context.Background(), digest.FromBytes(content), int64(len(content)), func(int64) (io.ReadCloser, error) { return reader, nil })
	}()
	if _, err := writer.Write(content[:3]); err != nil {
		t.Fatal(err)
	}
	openLayout(t, dir)
	if _, err := writer.Write(content[3:]); err != nil || writer.Close() != nil {
		t.Fatal(err)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, blobName(digest.FromBytes(content)))); err != nil || string(data) != string(content) {
		t.Errorf("%q, %v", data, err)
	}
}

// Content that is not the blob leaves nothing, and its error is that of the source.
func TestContentThatIsNotTheBlob(t *testing.T) {
	broken := fault.Errorf(fault.Network, "the source is gone")
	for name, test := range map[string]struct {
		content io.Reader
		want    string
		kind    fault.Kind
	}{
		"other bytes": {strings.NewReader("contenT"), "BLOB: its bytes have another digest or size", fault.Integrity},
		"longer":      {strings.NewReader("content and more"), "BLOB: its bytes have another digest or size", fault.Integrity},
		"shorter":     {strings.NewReader("conten"), "BLOB: its bytes have another digest or size", fault.Integrity},
		"broken":      {io.MultiReader(strings.NewReader("cont"), failing{broken}), "the source is gone", fault.Network},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := openLayout(t, dir)
			d := digest.FromString("content")
			err := l.PushBlob(t.Context(), d, 7, func(int64) (io.ReadCloser, error) { return io.NopCloser(test.content), nil })
			if err == nil || strings.ReplaceAll(err.Error(), d.String(), "BLOB") != test.want || fault.KindOf(err) != test.kind {
				t.Errorf("%v (%v)", err, fault.KindOf(err))
			}
			if files := filesOf(t, dir); len(files) > 0 {
				t.Errorf("left %q", files)
			}
			if err := l.PushBlob(t.Context(), d, 7, from([]byte("content"))); err != nil {
				t.Error(err)
			}
		})
	}
}

// failing is a reader that fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestCanceledCopiesLeaveNothing(t *testing.T) {
	dir := t.TempDir()
	l := openLayout(t, dir)
	ctx, cancel := context.WithCancel(t.Context())
	content := make([]byte, 1<<20)
	err := l.PushBlob(ctx, digest.FromBytes(content), int64(len(content)), func(int64) (io.ReadCloser, error) {
		cancel()
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	if !errors.Is(err, context.Canceled) || fault.KindOf(err) == fault.Local {
		t.Errorf("got %v (%v)", err, fault.KindOf(err))
	}
	if files := filesOf(t, dir); len(files) > 0 {
		t.Errorf("left %q", files)
	}
}

// A damaged blob is reported once, and written again. The image that has it counts as missing.
func TestDamagedBlobsAreWrittenAgain(t *testing.T) {
	for name, damage := range map[string]func(file string) error{
		"bit":     func(file string) error { return os.WriteFile(file, []byte("contenT"), 0o600) },
		"short":   func(file string) error { return os.Truncate(file, 3) },
		"missing": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := openLayout(t, dir)
			blob, manifest := pushImage(t, l, "a", "content")
			commit(t, l)
			if err := damage(filepath.Join(dir, blobName(blob))); err != nil {
				t.Fatal(err)
			}
			var notes []string
			l, err := OpenDirectory(dir, Options{Name: "oci:x", Notef: func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }})
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			for _, name := range []string{"a", manifest.String()} {
				if _, err := l.Describe(t.Context(), name); fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s: %v", name, err)
				}
			}
			pushImage(t, l, "a", "content")
			if _, err := l.Describe(t.Context(), "a"); err != nil {
				t.Error(err)
			}
			want := []string{"oci:x is damaged: the bytes of blob " + blob.String() + " have another digest, so it is written again"}
			if name == "missing" {
				want = nil
			}
			if diff := cmp.Diff(want, notes); diff != "" {
				t.Errorf("notes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDirectoriesThatAreNoLayouts(t *testing.T) {
	for name, test := range map[string]struct {
		make func(dir string) error
		want string
		kind fault.Kind
	}{
		"other files":     {func(dir string) error { return os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600) }, `DIR is not an OCI layout, and it is not empty: it has "notes"`, fault.Local},
		"an empty index":  {func(dir string) error { return os.WriteFile(filepath.Join(dir, indexName), nil, 0o600) }, "oci:DIR: index.json: the manifest is not a JSON object: unexpected end of JSON input", fault.Integrity},
		"a file":          {func(dir string) error { return errors.Join(os.Remove(dir), os.WriteFile(dir, nil, 0o600)) }, "oci:DIR: mkdir DIR: not a directory", fault.Local},
		"index directory": {func(dir string) error { return os.Mkdir(filepath.Join(dir, indexName), 0o700) }, "oci:DIR: index.json is not a regular file", fault.Local},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := test.make(dir); err != nil {
				t.Fatal(err)
			}
			_, err := OpenDirectory(dir, Options{Name: "oci:" + dir})
			if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != test.want || fault.KindOf(err) != test.kind {
				t.Errorf("%v (%v)", err, fault.KindOf(err))
			}
		})
	}
}

// The directory of a file system of its own is empty, though it has a directory for fsck.
func TestDirectoryOfAFileSystem(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "lost+found"), 0o700); err != nil {
		t.Fatal(err)
	}
	l := openLayout(t, dir)
	pushImage(t, l, "a", "content")
	commit(t, l)
}
