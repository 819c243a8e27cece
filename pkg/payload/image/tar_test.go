package image_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// The sample's top layer has five entries: the folder, image-references, release-metadata and two manifests.
const nextEntry = 6

func TestHostileNamesAreRefused(t *testing.T) {
	long := strings.Repeat("long/", 1000) + "name"
	tests := []struct{ name, why string }{
		{"../x", "leads out of the archive"},
		{"..", "leads out of the archive"},
		{"release-manifests/../../x", "leads out of the archive"},
		{"release-manifests/..", "leads out of the archive"},
		{"usr/../release-manifests/image-references", "leads out of the archive"},
		{`a\..\b`, "leads out of the archive"},
		{`release-manifests\..\x`, "leads out of the archive"},
		{"/etc/passwd", "is absolute"},
		{"//etc/passwd", "is absolute"},
		{`\windows\x`, "is absolute"},
		{"C:/x", "begins with a drive letter"},
		{`c:x`, "begins with a drive letter"},
		{".", "is a directory's"},
		{"", "is empty"},
		{long, "is longer than any path"},
	}
	for _, test := range tests {
		t.Run(test.name[:min(len(test.name), 40)], func(t *testing.T) {
			release := build(t, sample().WithEntries(testrelease.File(test.name, "x")))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			shown := test.name
			if len(shown) > 160 {
				shown = shown[:160] + "…"
			}
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry %d: the name %q %s", payloadLayer(release).Digest, nextEntry, shown, test.why))
		})
	}
}

// A name with a NUL ends at it for some programs and does not for others: a tar reader sees the header as broken.
func TestNameWithNULIsRefused(t *testing.T) {
	record := "33 path=release-manifests/x\x00.yaml\n"
	release := build(t, sample().WithEntries(testrelease.Entry{Blocks: paxEntry(t, record, "y")}))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry %d: no tar header: it is not a tar archive, or a broken one", payloadLayer(release).Digest, nextEntry))
}

// paxEntry is a file with extended header records as they stand.
func paxEntry(t *testing.T, records, name string) []byte {
	t.Helper()
	var all bytes.Buffer
	for _, e := range []testrelease.Entry{
		{Header: tar.Header{Typeflag: tar.TypeReg, Name: "PaxHeaders.0/x"}, Content: []byte(records)},
		testrelease.File(name, "x"),
	} {
		data, err := testrelease.Tar(e)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data[:len(data)-1024])
	}
	blocks := all.Bytes()
	blocks[156] = tar.TypeXHeader
	seal(blocks[:512])
	return blocks
}

// seal writes the checksum of a header.
func seal(header []byte) {
	copy(header[148:156], "        ")
	sum := 0
	for _, b := range header {
		sum += int(b)
	}
	copy(header[148:156], fmt.Sprintf("%06o\x00 ", sum))
}

// sparseEntries are files of 60 MiB that take one block or none in an archive, in every form that readers know.
func sparseEntries(t *testing.T, name string) map[string]testrelease.Entry {
	t.Helper()
	const size = "62914560"
	pax := func(records ...string) testrelease.Entry {
		var text strings.Builder
		for _, record := range records {
			length := len(record) + 4 // of the number, the blank and the newline
			fmt.Fprintf(&text, "%d %s\n", length, record)
		}
		content := append([]byte("1\n"+size+"\n0\n"), make([]byte, 512)...)[:512]
		blocks := paxEntry(t, text.String(), name)[:1024]
		file, err := testrelease.Tar(testrelease.File(name, string(content)))
		if err != nil {
			t.Fatal(err)
		}
		return testrelease.Entry{Blocks: append(blocks, file[:1024]...)}
	}
	file, err := testrelease.Tar(testrelease.File(name, ""))
	if err != nil {
		t.Fatal(err)
	}
	old := file[:512]
	old[156] = tar.TypeGNUSparse
	copy(old[257:265], "ustar  \x00")
	copy(old[345:], make([]byte, 167))
	copy(old[483:495], fmt.Sprintf("%011o\x00", 60<<20))
	seal(old)
	return map[string]testrelease.Entry{
		"PAX 1.0": pax("GNU.sparse.major=1", "GNU.sparse.minor=0", "GNU.sparse.name="+name, "GNU.sparse.realsize="+size),
		"PAX 0.1": pax("GNU.sparse.map=0,1", "GNU.sparse.size="+size, "GNU.sparse.numblocks=1"),
		"GNU":     {Blocks: old},
	}
}

// Sparse files read as more bytes than an archive has: no limit would see them.
func TestSparseFilesAreRefused(t *testing.T) {
	const name = "release-manifests/0000_50_a_a.yaml"
	for form, entry := range sparseEntries(t, name) {
		t.Run(form, func(t *testing.T) {
			release := build(t, sample().WithEntries(entry))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, fmt.Sprintf(`layer %s: entry 6: "%s" is a sparse file`, payloadLayer(release).Digest, name))

			archive := filepath.Join(t.TempDir(), "archive.tar")
			writeTar(t, archive, testrelease.File("index.json", "{}"), entry)
			if kind, got := failure(t, "oci-archive:"+archive, image.Limits{}); kind != fault.Integrity || got != fmt.Sprintf(`entry 2: "%s" is a sparse file`, name) {
				t.Errorf("in an archive: kind %d: %s", kind, got)
			}
		})
	}
}

func TestHarmlessNamesAreAccepted(t *testing.T) {
	b := sample().WithEntries(
		testrelease.File(`usr/lib/systemd/system/system-systemd\x2dfsck.slice`, "x"),
		testrelease.File("a..b", ""), testrelease.File("..c", ""), testrelease.File("de:f/g..", ""),
		testrelease.Dir("./"), testrelease.Dir("./release-manifests/"),
		testrelease.File("./release-manifests/0000_20_c_c.yaml", "kind: C\n"),
		testrelease.File("release-manifests//0000_20_d_d.yaml", "kind: D\n"),
		testrelease.Dir("release-manifests/sub/"), testrelease.File("release-manifests/sub/0000_99_x_x.yaml", "kind: X\n"),
		testrelease.File("release-manifestsx", "no payload"), testrelease.File("usr/release-manifests/x", "no payload"),
	)
	files, err := (&shelf{release: build(t, b)}).read(t, image.Limits{})
	want := append(sampleNames()[:3:3], "r/0000_20_c_c.yaml", "r/0000_20_d_d.yaml", "r/image-references", "r/release-metadata")
	if diff := cmp.Diff(want, names(files)); err != nil || diff != "" {
		t.Errorf("error %v, files (-want +got)\n%s", err, diff)
	}
}

func TestBackslashInPayloadFileIsRefused(t *testing.T) {
	release := build(t, sample().WithEntries(testrelease.File(`release-manifests/a\b.yaml`, "x")))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf(`layer %s: entry 6: the name "release-manifests/a\\b.yaml" contains a backslash`, payloadLayer(release).Digest))
}

func TestLinksAndDevicesAreRefused(t *testing.T) {
	const name = "release-manifests/x.yaml"
	tests := []struct {
		entry testrelease.Entry
		want  string
	}{
		{testrelease.Link(tar.TypeSymlink, name, "/etc/passwd"), name + " is a symbolic link, want a file"},
		{testrelease.Link(tar.TypeLink, name, "release-manifests/image-references"), name + " is a hard link, want a file"},
		{testrelease.Special(tar.TypeChar, name), name + " is a device, want a file"},
		{testrelease.Special(tar.TypeBlock, name), name + " is a device, want a file"},
		{testrelease.Special(tar.TypeFifo, name), name + " is a pipe, want a file"},
		{testrelease.Special('Q', name), name + " is of an unknown type, want a file"},
		{testrelease.Link(tar.TypeSymlink, "release-manifests/sub/x", "/etc"), "release-manifests/sub/x is a symbolic link, want a file"},
		{testrelease.Link(tar.TypeSymlink, "manifests", "release-manifests"), "manifests is a symbolic link, want a directory"},
		{testrelease.File("manifests", "x"), "manifests is a file, want a directory"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			release := build(t, sample().WithEntries(test.entry))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry %d: %s", payloadLayer(release).Digest, nextEntry, test.want))
		})
	}
}

// The folder itself as a link, in a layer above the real one.
func TestLinkInPlaceOfDirectoryIsRefused(t *testing.T) {
	release := build(t, sample().WithLayerOnTop(testrelease.Link(tar.TypeSymlink, "release-manifests", "etc")))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry 1: release-manifests is a symbolic link, want a directory", payloadLayer(release).Digest))
}

// What the tar reader itself refuses is a broken layer too, and no fault of this program.
func TestTarReaderErrorsAreIntegrityFaults(t *testing.T) {
	entry := testrelease.Entry{Blocks: paxEntry(t, "21 GNU.sparse.map=0,x\n", "usr/x")}
	release := build(t, sample().WithEntries(entry))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry 6: no tar header: it is not a tar archive, or a broken one", payloadLayer(release).Digest))

	long := "1100000 comment="
	long += strings.Repeat("a", 1_100_000-len(long)-1) + "\n"
	release = build(t, sample().WithEntries(testrelease.Entry{Blocks: paxEntry(t, long, "usr/x")}))
	files, err = (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry 6: the tar archive is broken: archive/tar: header field too long", payloadLayer(release).Digest))
}

func TestDuplicateNamesAreRefused(t *testing.T) {
	tests := []struct {
		entry testrelease.Entry
		want  string
	}{
		{testrelease.File("release-manifests/image-references", "{}"), "release-manifests/image-references appears twice, as entry 2 and entry 6"},
		{testrelease.File("./release-manifests/release-metadata", "{}"), "release-manifests/release-metadata appears twice, as entry 3 and entry 6"},
		{testrelease.File("release-manifests//0000_05_a_a.yaml", "x"), "release-manifests/0000_05_a_a.yaml appears twice, as entry 5 and entry 6"},
		{testrelease.Dir("release-manifests/0000_05_a_a.yaml/"), "release-manifests/0000_05_a_a.yaml appears twice, as entry 5 and entry 6"},
		{testrelease.Dir("release-manifests/image-references/"), "entry 6: release-manifests/image-references is a directory, want a file"},
	}
	for _, test := range tests {
		t.Run(test.want, func(t *testing.T) {
			release := build(t, sample().WithEntries(test.entry))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: %s", payloadLayer(release).Digest, test.want))
		})
	}
}

func TestLayerLimits(t *testing.T) {
	blanks := func(n int) testrelease.Entry { return testrelease.File("usr/blanks", string(make([]byte, n))) }
	header := func(size int64) testrelease.Entry {
		data, err := testrelease.Tar(testrelease.File("release-manifests/0000_50_big_big.yaml", "x"))
		if err != nil {
			t.Fatal(err)
		}
		block := data[:512]
		copy(block[124:136], fmt.Sprintf("%011o\x00", size))
		seal(block)
		return testrelease.Entry{Blocks: block}
	}
	var many []testrelease.Entry
	for i := range 40 {
		many = append(many, testrelease.File(fmt.Sprintf("usr/%d", i), ""))
	}
	flood := testrelease.Entry{Blocks: bytes.Repeat(paxEntry(t, "20 comment=aaaaaaaa\n", "usr/x")[:1024], 2000)}

	tests := []struct {
		name    string
		entries []testrelease.Entry
		limits  image.Limits
		want    string
	}{
		{"a bomb of zeros, by the default", []testrelease.Entry{blanks(70 << 20)}, image.Limits{}, "it unpacks to more than 200 bytes for each byte (--max-compression-ratio)"},
		{"a layer over the total", []testrelease.Entry{blanks(3 << 20)}, image.Limits{LayerSize: 1 << 20}, "it unpacks to more than 1048576 bytes (--max-layer-size)"},
		{"a flood of headers without an entry", []testrelease.Entry{flood}, image.Limits{LayerSize: 1 << 20}, "it unpacks to more than 1048576 bytes (--max-layer-size)"},
		{"one file of 4 GiB, by the default", []testrelease.Entry{header(4 << 30)}, image.Limits{}, "release-manifests/0000_50_big_big.yaml has 4294967296 bytes, the limit is 67108864 (--max-file-size)"},
		{"one file a byte too big", []testrelease.Entry{header(5001)}, image.Limits{FileSize: 5000}, "release-manifests/0000_50_big_big.yaml has 5001 bytes, the limit is 5000 (--max-file-size)"},
		{"entries", many, image.Limits{Files: 40}, "it has more than 40 entries (--max-files)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			release := build(t, sample().WithEntries(test.entries...))
			files, err := (&shelf{release: release}).read(t, test.limits)
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: %s", payloadLayer(release).Digest, test.want))
		})
	}

	// A limit ends the reading: what is left of the blob is not even fetched to verify it.
	uncompressed := build(t, sample().WithCompression(testrelease.None).WithEntries(blanks(3<<20)))
	read := 0
	s := &shelf{release: uncompressed, open: func(d digest.Digest, data []byte) io.ReadCloser {
		if d != payloadLayer(uncompressed).Digest {
			return io.NopCloser(bytes.NewReader(data))
		}
		return io.NopCloser(&counting{r: bytes.NewReader(data), n: &read})
	}}
	if _, err := s.read(t, image.Limits{LayerSize: 1 << 20}); err == nil || read > 2<<20 {
		t.Errorf("%d bytes read for a limit of 1 MiB: %v", read, err)
	}

	// Layers that are each within the limit are too much together.
	layers := sample()
	for range 5 {
		layers = layers.WithLayerOnTop(blanks(1 << 20 * 9 / 10))
	}
	dir := t.TempDir()
	if err := build(t, layers).WriteLayout(dir, "t"); err != nil {
		t.Fatal(err)
	}
	kind, got := failure(t, "oci:"+dir, image.Limits{LayerSize: 1 << 20})
	if want := "the layers together unpack to more than 4194304 bytes (4 times --max-layer-size)"; kind != fault.Integrity || !strings.HasSuffix(got, ": "+want) {
		t.Errorf("got %s, want %s", got, want)
	}

	// What the defaults allow: a ratio of a thousand below 64 MiB, and files that are no payload of any size.
	release := build(t, sample().WithEntries(blanks(60<<20)))
	if files, err := (&shelf{release: release}).read(t, image.Limits{FileSize: 5000}); err != nil || len(files.Release) != 4 {
		t.Errorf("60 MiB of zeros beside the payload: %v", err)
	}
}
