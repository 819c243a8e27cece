package image_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	packed, err := testrelease.Compress(testrelease.Gzip, data)
	if err != nil {
		t.Fatal(err)
	}
	return packed
}

// The files of a sample.
func sampleNames() []string {
	return []string{
		"o/0000_00_cluster-version-operator_00_namespace.yaml",
		"r/0000_05_a_a.yaml", "r/0000_10_b_b.yaml", "r/image-references", "r/release-metadata",
	}
}

func TestLayerWithOtherBytes(t *testing.T) {
	tests := []struct {
		name        string
		compression testrelease.Compression
		change      func([]byte) []byte
	}{
		{"gzip with another time in its header", testrelease.Gzip, func(b []byte) []byte {
			b = bytes.Clone(b)
			b[4] ^= 1
			return b
		}},
		{"tar with another name in image-references", testrelease.None, func(b []byte) []byte {
			return bytes.Replace(b, []byte(`"name": "etcd"`), []byte(`"name": "evil"`), 1)
		}},
		{"no tar any more", testrelease.None, func(b []byte) []byte { return bytes.Repeat([]byte("x"), len(b)) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			release := build(t, sample().WithCompression(test.compression).WithStored(testrelease.PayloadPart, test.change))
			layer := payloadLayer(release)
			stored, _ := release.Blob(layer.Digest)
			if int64(len(stored)) != layer.Size {
				t.Fatal("the test changed the size")
			}
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: its bytes have the digest %s", layer.Digest, digest.FromBytes(stored)))
		})
	}
}

func TestLayerWithOtherSize(t *testing.T) {
	longer := build(t, sample().WithStored(testrelease.PayloadPart, func(b []byte) []byte { return append(bytes.Clone(b), make([]byte, 1<<20)...) }))
	shorter := build(t, sample().WithStored(testrelease.PayloadPart, func(b []byte) []byte { return b[:len(b)-3] }))
	empty := build(t, sample().WithStored(testrelease.PayloadPart, func([]byte) []byte { return nil }))
	layer := payloadLayer(longer)

	read := 0
	s := &shelf{release: longer, open: func(d digest.Digest, data []byte) io.ReadCloser {
		if d != layer.Digest {
			return io.NopCloser(bytes.NewReader(data))
		}
		return io.NopCloser(&counting{r: bytes.NewReader(data), n: &read})
	}}
	files, err := s.read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: it is longer than the %d bytes that its manifest says", layer.Digest, layer.Size))
	if read != int(layer.Size)+1 {
		t.Errorf("%d bytes read of a blob of %d, want one more", read, layer.Size)
	}

	files, err = (&shelf{release: shorter}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: it has %d bytes, its manifest says %d", layer.Digest, layer.Size-3, layer.Size))
	files, err = (&shelf{release: empty}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: it has 0 bytes, its manifest says %d", layer.Digest, layer.Size))
}

type counting struct {
	r io.Reader
	n *int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	*c.n += n
	return n, err
}

func TestTruncatedGzip(t *testing.T) {
	whole := build(t, sample())
	size := int(payloadLayer(whole).Size)
	for _, cut := range []int{1, 4, 8, 9, 100, size - 18, size - 10, size - 3} {
		t.Run(fmt.Sprint(cut), func(t *testing.T) {
			release := build(t, sample().WithContent(testrelease.PayloadPart, func(b []byte) []byte { return b[:len(b)-cut] }))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: gzip truncated", payloadLayer(release).Digest))
		})
	}
}

func TestTruncatedTarAndZstd(t *testing.T) {
	release := build(t, sample().WithTar(func(b []byte) []byte { return b[:len(b)-1024-507] }))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry 5: the tar archive is truncated", payloadLayer(release).Digest))

	release = build(t, sample().WithCompression(testrelease.Zstd).WithContent(testrelease.PayloadPart, func(b []byte) []byte { return b[:len(b)-9] }))
	files, err = (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: zstd truncated", payloadLayer(release).Digest))
}

func TestBytesAfterEndOfLayer(t *testing.T) {
	for name, garbage := range map[string]string{"text": "this is no gzip member", "zeros": string(make([]byte, 512)), "one byte": "x"} {
		t.Run("after gzip: "+name, func(t *testing.T) {
			release := build(t, sample().WithContent(testrelease.PayloadPart, func(b []byte) []byte { return append(bytes.Clone(b), garbage...) }))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			want := "garbage after the gzip data"
			if name == "one byte" {
				want = "garbage after the gzip data, or the beginning of more of it" // fewer bytes than a header has
			}
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: %s", payloadLayer(release).Digest, want))
		})
	}
	for name, padding := range map[string]string{"zeros": string(make([]byte, 20<<10)), "text": "padding of some tool"} {
		t.Run("after tar: "+name, func(t *testing.T) {
			release := build(t, sample().WithTar(func(b []byte) []byte { return append(bytes.Clone(b), padding...) }))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			if diff := cmp.Diff(sampleNames(), names(files)); err != nil || diff != "" {
				t.Errorf("error %v, files (-want +got)\n%s", err, diff)
			}
		})
	}
	// What follows the end of the tar is no entry, but it is hashed: a change there is found.
	release := build(t, sample().WithCompression(testrelease.None).
		WithTar(func(b []byte) []byte { return append(bytes.Clone(b), "padding"...) }).
		WithStored(testrelease.PayloadPart, func(b []byte) []byte { return bytes.Replace(b, []byte("padding"), []byte("PADDING"), 1) }))
	layer := payloadLayer(release)
	stored, _ := release.Blob(layer.Digest)
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: its bytes have the digest %s", layer.Digest, digest.FromBytes(stored)))
}

func TestWrongGzipChecksum(t *testing.T) {
	release := build(t, sample().WithContent(testrelease.PayloadPart, func(b []byte) []byte {
		b = bytes.Clone(b)
		b[len(b)-8] ^= 0xff
		return b
	}))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: gzip broken: gzip: invalid checksum", payloadLayer(release).Digest))
}

func TestConcatenatedGzipMembers(t *testing.T) {
	members := func(b []byte) []byte {
		empty := gz(t, nil)
		return bytes.Join([][]byte{gz(t, b[:700]), empty, gz(t, b[700:]), empty}, nil)
	}
	release := build(t, sample().WithCompression(testrelease.None).WithContent(testrelease.PayloadPart, members))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	if diff := cmp.Diff(sampleNames(), names(files)); err != nil || diff != "" {
		t.Errorf("error %v, files (-want +got)\n%s", err, diff)
	}

	// A second member that breaks off in the name of its header: not a whole file.
	inName := func(b []byte) []byte { return append(gz(t, b), 0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 0, 255, 'n', 'a') }
	release = build(t, sample().WithCompression(testrelease.None).WithContent(testrelease.PayloadPart, inName))
	files, err = (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: gzip truncated", payloadLayer(release).Digest))
}

func TestCompressionByFirstBytes(t *testing.T) {
	skippable := []byte{0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'}
	tests := map[string]*testrelease.Builder{
		"gzip":              sample(),
		"zstd":              sample().WithCompression(testrelease.Zstd),
		"none":              sample().WithCompression(testrelease.None),
		"gzip called tar":   sample().WithMislabelledLayers(),
		"zstd called gzip":  sample().WithCompression(testrelease.Zstd).WithMislabelledLayers(),
		"none called zstd":  sample().WithCompression(testrelease.None).WithMislabelledLayers(),
		"docker's types":    sample().WithDockerMediaTypes(),
		"docker's with tar": sample().WithDockerMediaTypes().WithCompression(testrelease.None),
		"a skippable frame first": sample().WithCompression(testrelease.Zstd).
			WithContent(testrelease.PayloadPart, func(b []byte) []byte { return append(bytes.Clone(skippable), b...) }),
	}
	for name, b := range tests {
		t.Run(name, func(t *testing.T) {
			files, err := (&shelf{release: build(t, b)}).read(t, image.Limits{})
			if diff := cmp.Diff(sampleNames(), names(files)); err != nil || diff != "" {
				t.Fatalf("error %v, files (-want +got)\n%s", err, diff)
			}
			if got := string(files.Release[0].Data); got != "kind: A\n" {
				t.Errorf("content %q", got)
			}
		})
	}
}

func TestUnknownCompression(t *testing.T) {
	release := build(t, sample().WithContent(testrelease.PayloadPart, func([]byte) []byte { return append([]byte("\xfd7zXZ\x00"), make([]byte, 2000)...) }))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: entry 1: no tar header: it is not a tar archive, or a broken one", payloadLayer(release).Digest))
}

// TestVerifyLayers finds a changed byte in a layer that reading the payload never touches.
func TestVerifyLayers(t *testing.T) {
	flip := func(data []byte) []byte {
		changed := append([]byte{}, data...)
		changed[len(changed)/2] ^= 1
		return changed
	}
	base := testrelease.New("4.14.0").WithComponent("etcd").WithManifest("0000_50_a_00.yaml", "a: b\n").WithBaseLayer(testrelease.File("usr/bin/a", "x")).WithBaseLayer(testrelease.File("usr/bin/b", "y"))
	for name, test := range map[string]struct {
		b    *testrelease.Builder
		want string
	}{
		"good":           {base, ""},
		"a changed base": {base.Clone().WithStored(testrelease.LayerPart(0), flip), "its bytes have the digest "},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := test.b.Build()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := r.WriteLayout(dir, "t"); err != nil {
				t.Fatal(err)
			}
			ref, err := image.ParseReference("oci:" + dir)
			if err != nil {
				t.Fatal(err)
			}
			img, err := image.Opener{}.Open(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := img.Files(t.Context(), image.Want{}); err != nil {
				t.Fatalf("the payload itself is good: %v", err)
			}
			n, err := img.(image.Layered).VerifyLayers(t.Context())
			if test.want == "" {
				if err != nil || n < 3 {
					t.Errorf("%d layers, %v", n, err)
				}
				return
			}
			if fault.KindOf(err) != fault.Integrity || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
