package image

import (
	"bytes"
	"context"
	"io"
	"path"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// FuzzLayer feeds layers of any bytes, whose digest is right: what comes out is either refused as broken or within the limits.
func FuzzLayer(f *testing.F) {
	seed := func(entries ...testrelease.Entry) {
		data, err := testrelease.Tar(entries...)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		for _, c := range []testrelease.Compression{testrelease.Gzip, testrelease.Zstd} {
			packed, err := testrelease.Compress(c, data)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(packed)
		}
	}
	seed(testrelease.Dir("release-manifests/"), testrelease.File("release-manifests/image-references", "{}"), testrelease.File("release-manifests/a.yaml", "a: b"))
	seed(testrelease.Whiteout("release-manifests/a"), testrelease.Opaque("manifests"), testrelease.File("./manifests/x", "y"))
	seed(testrelease.File("../x", ""), testrelease.Link('2', "release-manifests/l", "/etc"))
	limits := Limits{PayloadSize: 1 << 20, LayerSize: 1 << 20, FileSize: 1 << 16, Files: 100, Ratio: 200}
	f.Fuzz(func(t *testing.T, data []byte) {
		b := blob{
			name: "layer", size: int64(len(data)), digest: digest.FromBytes(data),
			open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
		}
		reading := &layer{want: Want{Contents: AllContents, Operator: true}, limits: limits, total: &total{}, above: newTree(), found: func() {}}
		l, err := reading.read(t.Context(), b)
		if err != nil {
			if l != nil || fault.KindOf(err) != fault.Integrity {
				t.Fatalf("kind %d: %v", fault.KindOf(err), err)
			}
			return
		}
		for name, file := range l.files {
			folder, base := path.Split(name)
			if folder != ReleaseDirectory+"/" && folder != OperatorDirectory+"/" || base != file.Name || base == ".." || strings.ContainsAny(base, `\/`) || base == "" {
				t.Errorf("file %q as %q", name, file.Name)
			}
			if file.Size != int64(len(file.Data)) || file.Size > limits.FileSize {
				t.Errorf("%q: size %d of %d bytes", name, file.Size, len(file.Data))
			}
		}
	})
}
