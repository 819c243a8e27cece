package ocilayout

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// openTar opens the layout in a tar file until the test ends.
func openTar(t *testing.T, file string) *Layout {
	t.Helper()
	l, err := OpenArchive(file, Options{Name: "oci-archive:FILE"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// tarNames lists the entries of a tar file, and fails the test if a blob has other bytes than its name says.
func tarNames(t *testing.T, file string) (names []string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := r.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if blob, ok := strings.CutPrefix(header.Name, "blobs/sha256/"); ok && digest.FromBytes(content).Encoded() != blob {
			t.Errorf("blob %s has the bytes %q", blob, content)
		}
		names = append(names, header.Name)
	}
}

// sample are the blobs of images whose sizes are at and around the end of a block.
func sample() (contents []string) {
	for _, size := range []int{1, tarBlock - 1, tarBlock, tarBlock + 1} {
		contents = append(contents, strings.Repeat("x", size))
	}
	return contents
}

// saved writes an archive of the sample. Its first image has the tag 0.
func saved(t *testing.T, file string) (names []string) {
	t.Helper()
	l := openTar(t, file)
	names = []string{layoutName}
	for i, content := range sample() {
		blob, manifest := pushImage(t, l, fmt.Sprint(i), content)
		names = append(names, blobName(blob), blobName(manifest))
	}
	commit(t, l)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return append(names, indexName)
}

func TestArchiveAppearsWhole(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.tar")
	l := openTar(t, file)
	blob, manifest := pushImage(t, l, "a", "content")
	if err := l.PutSignatures(manifest, [][]byte{[]byte("one"), []byte("two")}); err != nil {
		t.Fatal(err)
	}
	if files := filesOf(t, dir); !slices.Equal(files, []string{"a.tar.partial"}) {
		t.Errorf("files %q", files)
	}
	commit(t, l)
	signatures := "signatures/sha256=" + manifest.Encoded() + "/signature-"
	want := []string{layoutName, blobName(blob), blobName(manifest), signatures + "1", signatures + "2", indexName}
	if diff := cmp.Diff(want, tarNames(t, file)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	if files := filesOf(t, dir); !slices.Equal(files, []string{"a.tar"}) {
		t.Errorf("files %q", files)
	}
	// What comes after a commit begins a copy of the file.
	pushImage(t, l, "b", "other content")
	commit(t, l)
	if names := tarNames(t, file); len(names) != len(want)+2 || !slices.Equal(names[5:], want[3:]) {
		t.Errorf("entries %q", names)
	}
}

func TestArchiveHasTheSameBytesEveryTime(t *testing.T) {
	dir := t.TempDir()
	var first []byte
	for i := range 2 {
		file := filepath.Join(dir, fmt.Sprint(i))
		saved(t, file)
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = data
		} else if !bytes.Equal(first, data) {
			t.Error("the bytes differ")
		}
	}
}

// A copy that wrote nothing leaves no file.
func TestArchiveOfNothing(t *testing.T) {
	dir := t.TempDir()
	l := openTar(t, filepath.Join(dir, "a.tar"))
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if files := filesOf(t, dir); len(files) > 0 {
		t.Errorf("left %q", files)
	}
}

func TestArchiveThatHasEverythingIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.tar")
	saved(t, file)
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	l := openTar(t, file)
	for i, content := range sample() {
		pushed := content
		d, err := l.Describe(t.Context(), fmt.Sprint(i))
		if err != nil || d.Size <= 0 {
			t.Errorf("%v, %v", d, err)
		}
		if err := l.PushBlob(t.Context(), digest.FromString(pushed), int64(len(pushed)), nil); err != nil {
			t.Error(err)
		}
	}
	commit(t, l)
	_ = l.Close()
	after, err := os.Stat(file)
	if err != nil || !os.SameFile(before, after) || !before.ModTime().Equal(after.ModTime()) {
		t.Errorf("the file was written again; %v", err)
	}
	if files := filesOf(t, dir); !slices.Equal(files, []string{"a.tar"}) {
		t.Errorf("files %q", files)
	}
}

func TestArchiveGetsMore(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.tar")
	names := saved(t, file)
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		l := openTar(t, file)
		tag := fmt.Sprint("more", i)
		blob, manifest := pushImage(t, l, tag, tag)
		commit(t, l)
		_ = l.Close()
		names = slices.Insert(names, len(names)-1, blobName(blob), blobName(manifest))
		if diff := cmp.Diff(names, tarNames(t, file)); diff != "" {
			t.Errorf("entries (-want +got):\n%s", diff)
		}
		for _, tag := range []string{"0", tag} {
			if _, err := openTar(t, file).Describe(t.Context(), tag); err != nil {
				t.Error(err)
			}
		}
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

// A process can die after any byte. The next one uses each blob that was complete, and fetches no other twice.
func TestInterruptedArchiveIsContinued(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "whole.tar")
	saved(t, file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	has, err := scanFile(t, file)
	if err != nil {
		t.Fatal(err)
	}
	for n := 0; n <= len(whole); n += 73 {
		file := filepath.Join(dir, fmt.Sprint(n))
		if err := os.WriteFile(file+partialSuffix, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		l := openTar(t, file)
		end := int64(len(firstEntry()))
		for _, e := range has.blobs {
			if e.end() <= int64(n) {
				end = e.end()
			}
		}
		if info, err := os.Stat(file + partialSuffix); err != nil || info.Size() != end {
			t.Errorf("%d bytes: the last complete blob ends at %d, and the file at %d; %v", n, end, info.Size(), err)
		}
		for i, content := range sample() {
			d, fetched := digest.FromString(content), false
			err := l.PushBlob(t.Context(), d, int64(len(content)), func(int64) (io.ReadCloser, error) {
				fetched = true
				return io.NopCloser(strings.NewReader(content)), nil
			})
			if complete := has.blobs[2*i].end() <= int64(n); err != nil || fetched == complete {
				t.Errorf("%d bytes: blob %d is complete: %v; it was fetched: %v; %v", n, i, complete, fetched, err)
			}
			pushImage(t, l, fmt.Sprint(i), content)
		}
		commit(t, l)
		_ = l.Close()
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, whole) {
			t.Errorf("after %d bytes the archive has %d bytes, want the %d of one copy; %v", n, len(now), len(whole), err)
		}
	}
}

func scanFile(t *testing.T, name string) (contents, error) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return scan(file, false)
}

// interrupted leaves a partial file beside an archive, as a killed process does.
func interrupted(t *testing.T, file, content string) {
	t.Helper()
	l := openTar(t, file)
	pushImage(t, l, "interrupted", content)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// anotherPartial is an interrupted archive with more blobs than the sample.
func anotherPartial(t *testing.T) (partial string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "other.tar")
	l := openTar(t, file)
	for i := range len(sample()) + 1 {
		pushImage(t, l, "other", fmt.Sprint("other", i))
	}
	_ = l.Close()
	return file + partialSuffix
}

func TestPartialCopyOfAnArchiveIsContinued(t *testing.T) {
	for name, test := range map[string]struct {
		damage  func(partial string) error
		fetched bool
	}{
		"as it was":             {func(string) error { return nil }, false},
		"killed in the copying": {func(partial string) error { return os.Truncate(partial, 2000) }, true},
		"of another archive":    {func(partial string) error { return os.Rename(anotherPartial(t), partial) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "a.tar")
			saved(t, file)
			interrupted(t, file, "content")
			if err := test.damage(file + partialSuffix); err != nil {
				t.Fatal(err)
			}
			l := openTar(t, file)
			fetched := false
			err := l.PushBlob(t.Context(), digest.FromString("content"), 7, func(int64) (io.ReadCloser, error) {
				fetched = true
				return io.NopCloser(strings.NewReader("content")), nil
			})
			if err != nil || fetched != test.fetched {
				t.Errorf("fetched: %v; %v", fetched, err)
			}
			pushImage(t, l, "interrupted", "content")
			commit(t, l)
			for _, tag := range []string{"0", "1", "2", "3", "interrupted"} {
				if _, err := openTar(t, file).Describe(t.Context(), tag); err != nil {
					t.Error(err)
				}
			}
			if names := tarNames(t, file); len(names) != 2*len(sample())+4 {
				t.Errorf("entries %q", names)
			}
		})
	}
}

// flip changes a byte of a blob's content.
func flip(t *testing.T, file string, blob int) {
	t.Helper()
	has, err := scanFile(t, file)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[has.blobs[blob].data] ^= 1
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// A damaged blob is overwritten where it is, in an archive and in an interrupted one.
func TestDamagedBlobOfAnArchiveIsReplaced(t *testing.T) {
	for _, at := range []int{0, 1, 2*len(sample()) - 1} {
		file := filepath.Join(t.TempDir(), "a.tar")
		saved(t, file)
		whole, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		flip(t, file, at)
		for _, commits := range []bool{false, true} { // the first process is killed after it has replaced the blob
			l := openTar(t, file)
			for i, content := range sample() {
				if _, err := l.Describe(t.Context(), fmt.Sprint(i)); fault.KindOf(err) == fault.NotFound {
					pushImage(t, l, fmt.Sprint(i), content)
				} else if err != nil {
					t.Fatal(err)
				}
			}
			if commits {
				commit(t, l)
			}
			_ = l.Close()
		}
		if now, err := os.ReadFile(file); err != nil || !bytes.Equal(now, whole) {
			t.Errorf("blob %d: the archive differs from the one that was damaged; %v", at, err)
		}
	}
}

func TestContentThatIsNotTheBlobOfAnArchive(t *testing.T) {
	broken := fault.Errorf(fault.Network, "the source is gone")
	for name, text := range map[string]string{"other bytes": "contenT", "longer": "content" + strings.Repeat(" and more", 1000), "shorter": "conten", "broken": "cont"} {
		for _, damaged := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, damaged: %v", name, damaged), func(t *testing.T) {
				file := filepath.Join(t.TempDir(), "a.tar")
				if damaged {
					l := openTar(t, file)
					pushImage(t, l, "a", "content")
					pushImage(t, l, "b", "other content")
					commit(t, l)
					_ = l.Close()
					flip(t, file, 0)
				}
				var content io.Reader = strings.NewReader(text)
				if name == "broken" {
					content = io.MultiReader(content, failing{broken})
				}
				l := openTar(t, file)
				err := l.PushBlob(t.Context(), digest.FromString("content"), 7, func(int64) (io.ReadCloser, error) { return io.NopCloser(content), nil })
				if name == "broken" && !errors.Is(err, broken) || name != "broken" && fault.KindOf(err) != fault.Integrity {
					t.Errorf("got %v", err)
				}
				pushImage(t, l, "a", "content")
				pushImage(t, l, "b", "other content")
				commit(t, l)
				_ = l.Close()
				if names := tarNames(t, file); len(names) != 6 {
					t.Errorf("entries %q", names)
				}
			})
		}
	}
}

func TestFilesThatAreNoArchives(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "a.tar")
	saved(t, whole)
	data, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	incomplete := func(why string) string {
		return "oci-archive:FILE: it is not a complete OCI archive (" + why + "): delete it, or choose another file name"
	}
	for name, test := range map[string]struct {
		file, partial []byte
		want          string
		kind          fault.Kind
	}{
		"another file":             {[]byte("notes"), nil, incomplete("unexpected EOF"), fault.Integrity},
		"an empty file":            {[]byte{}, nil, incomplete("it has no index.json"), fault.Integrity},
		"a part":                   {data[:len(data)-3000], nil, incomplete("unexpected EOF"), fault.Integrity},
		"another partial file":     {nil, []byte("notes"), "oci-archive:FILE: DIR/b.tar.partial is not an interrupted archive: delete it, or choose another file name", fault.Local},
		"a partial file of zeros":  {nil, make([]byte, 4096), "oci-archive:FILE: DIR/b.tar.partial is not an interrupted archive: delete it, or choose another file name", fault.Local},
		"partial beside the whole": {data, []byte("notes"), "oci-archive:FILE: DIR/b.tar.partial is not an interrupted archive: delete it, or choose another file name", fault.Local},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, "b.tar")
			for name, data := range map[string][]byte{file: test.file, file + partialSuffix: test.partial} {
				if data == nil {
					continue
				}
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			_, err := OpenArchive(file, Options{Name: "oci-archive:FILE"})
			if err == nil || strings.ReplaceAll(err.Error(), dir, "DIR") != test.want || fault.KindOf(err) != test.kind {
				t.Errorf("%v (%v), want %s (%v)", err, fault.KindOf(err), test.want, test.kind)
			}
			for name, data := range map[string][]byte{file: test.file, file + partialSuffix: test.partial} {
				if now, err := os.ReadFile(name); data == nil && !errors.Is(err, os.ErrNotExist) || data != nil && !bytes.Equal(now, data) {
					t.Errorf("%s was changed", name)
				}
			}
		})
	}
	if _, err := OpenArchive(t.TempDir(), Options{Name: "oci-archive:FILE"}); fault.KindOf(err) != fault.Local {
		t.Errorf("a directory: %v", err)
	}
}

// An archive of another program counts for what it has, and nothing is added to it.
func TestArchiveOfAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.tar")
	names := saved(t, file)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var other bytes.Buffer
	w := tar.NewWriter(&other)
	r := tar.NewReader(bytes.NewReader(data))
	for range names {
		header, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		header.Mode = 0o600
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, other.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	l := openTar(t, file)
	if _, err := l.Describe(t.Context(), "0"); err != nil {
		t.Error(err)
	}
	err = l.PushBlob(t.Context(), digest.FromString("more"), 4, from([]byte("more")))
	want := file + ` was not written by this program (it does not begin with oci-layout), so nothing can be added to it: choose another file name`
	if err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("%v, want %s", err, want)
	}
	_ = l.Close()
	if files := filesOf(t, dir); !slices.Equal(files, []string{"a.tar"}) {
		t.Errorf("files %q", files)
	}
}

// What this program does not write ends what is read of an interrupted archive, and nothing is added to a file that has it.
func TestEntriesOfOthersInAnArchive(t *testing.T) {
	blob := func(n int) string { return blobName(digest.FromString(fmt.Sprint(n))) }
	header := func(name string) *tar.Header {
		return &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644}
	}
	signature := header("signatures/x/signature-1")
	directory := header("blobs/")
	directory.Typeflag = tar.TypeDir
	link := header(blob(1))
	link.Typeflag, link.Linkname = tar.TypeSymlink, blob(0)
	owned := header(blob(1))
	owned.Uid = 1000
	for name, test := range map[string]struct {
		entries []*tar.Header // after the first blob
		foreign string
	}{
		"nothing":                  {nil, ""},
		"a blob":                   {[]*tar.Header{header(blob(1))}, ""},
		"signatures and the index": {[]*tar.Header{signature, header(indexName)}, ""},
		"a blob twice":             {[]*tar.Header{header(blob(0))}, blob(0)},
		"a blob after a signature": {[]*tar.Header{signature, header(blob(1))}, blob(1)},
		"a blob after the index":   {[]*tar.Header{header(indexName), header(blob(1))}, blob(1)},
		"a signature after it":     {[]*tar.Header{header(indexName), signature}, signature.Name},
		"oci-layout again":         {[]*tar.Header{header(layoutName)}, layoutName},
		"another file":             {[]*tar.Header{header("notes.txt")}, "notes.txt"},
		"a directory":              {[]*tar.Header{directory}, "blobs/"},
		"a link":                   {[]*tar.Header{link}, blob(1)},
		"another owner":            {[]*tar.Header{owned}, blob(1)},
		"another form of a name":   {[]*tar.Header{header("./" + blob(1))}, "./" + blob(1)},
	} {
		t.Run(name, func(t *testing.T) {
			data := bytes.NewBuffer(firstEntry())
			w := tar.NewWriter(data)
			for _, h := range append([]*tar.Header{header(blob(0))}, test.entries...) {
				if err := w.WriteHeader(h); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "a.tar")
			if err := os.WriteFile(file, data.Bytes(), 0o600); err != nil {
				t.Fatal(err)
			}
			want := ""
			if test.foreign != "" {
				want = fmt.Sprintf("its entry %q", test.foreign)
			}
			opened, err := os.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			defer opened.Close()
			for _, own := range []bool{false, true} {
				has, err := scan(opened, own)
				if err != nil || has.foreign != want || has.stopped != nil {
					t.Errorf("own: %v: foreign %q, want %q; %v, %v", own, has.foreign, want, has.stopped, err)
				}
				if own && test.foreign != "" && (has.end != int64(len(firstEntry()))+tarBlock || len(has.blobs) != 1) {
					t.Errorf("%d blobs end at %d", len(has.blobs), has.end)
				}
			}
		})
	}
}

// Two images may have one manifest.
func TestManifestOfTwoTagsIsOnceInAnArchive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.tar")
	l := openTar(t, file)
	body := `{"schemaVersion":2,"config":{},"layers":[]}`
	d := digest.FromString(body)
	for range 2 {
		if err := l.storage.write(t.Context(), d, int64(len(body)), strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tag := range []string{"a", "b"} {
		if err := l.PushManifest(t.Context(), tag, "", []byte(body)); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, l)
	if names := tarNames(t, file); !slices.Equal(names, []string{layoutName, blobName(d), indexName}) {
		t.Errorf("entries %q", names)
	}
}

func TestTwoProcessesAtOneArchive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.tar")
	l := openTar(t, file)
	_, err := OpenArchive(file, Options{Name: "oci-archive:FILE"})
	if want := "oci-archive:FILE: another process is writing " + file + ".partial: wait until it ends, or choose another file name"; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("%v, want %s", err, want)
	}
	pushImage(t, l, "a", "content")
	commit(t, l)
	one, other := openTar(t, file), openTar(t, file)
	pushImage(t, one, "b", "b")
	err = other.PushBlob(t.Context(), digest.FromString("c"), 1, from([]byte("c")))
	if fault.KindOf(err) != fault.Local || !strings.Contains(err.Error(), "another process is writing") {
		t.Errorf("got %v", err)
	}
	commit(t, one)
	err = other.PushBlob(t.Context(), digest.FromString("c"), 1, from([]byte("c")))
	if want := "another process has replaced " + file + ": run the command again"; err == nil || err.Error() != want || fault.KindOf(err) != fault.Local {
		t.Errorf("%v, want %s", err, want)
	}
	_ = other.Close()
	if _, err := os.Lstat(file + partialSuffix); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a partial file is left: %v", err)
	}
}

// Whatever a partial file has, a copy into it is complete, or it is refused.
func FuzzPartialArchive(f *testing.F) {
	f.Add([]byte{})
	f.Add(firstEntry())
	if header, err := tarHeader("blobs/sha256/"+digest.FromString("content").Encoded(), 7); err == nil {
		f.Add(slices.Concat(firstEntry(), header, []byte("content"), make([]byte, 505)))
		f.Add(slices.Concat(firstEntry(), header, []byte("contenT"), make([]byte, 505), header))
		f.Add(slices.Concat(firstEntry(), header[:300]))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "a.tar")
		if err := os.WriteFile(file+partialSuffix, slices.Concat(firstEntry(), data), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := OpenArchive(file, Options{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		err = l.PushBlob(t.Context(), digest.FromString("content"), 7, from([]byte("content")))
		if fault.KindOf(err) == fault.Integrity {
			return // the file has the blob with another size
		}
		if err != nil {
			t.Fatal(err)
		}
		pushImage(t, l, "a", "content")
		commit(t, l)
		if _, err := openTar(t, file).Describe(t.Context(), "a"); err != nil {
			t.Error(err)
		}
	})
}
