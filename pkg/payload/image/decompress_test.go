package image

import (
	"archive/tar"
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// zstdFrame is a zstd frame of one stored block, at most 128 KiB, that asks for a window of 2^log bytes (RFC 8878, 3.1.1).
func zstdFrame(content []byte, log int) []byte {
	block := len(content)<<3 | 1
	frame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0, byte((log - 10) << 3), byte(block), byte(block >> 8), byte(block >> 16)}
	return append(frame, content...)
}

// A frame says itself how much memory it is read with: one that asks for more than the limit is refused before it gets any.
func TestZstdWindowLimit(t *testing.T) {
	content, err := testrelease.Tar(testrelease.File("release-manifests/image-references", "{}"))
	if err != nil {
		t.Fatal(err)
	}
	scan := func(log int) error {
		data := zstdFrame(content, log)
		b := blob{
			name: "layer", size: int64(len(data)), digest: digest.FromBytes(data),
			open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
		}
		return b.scan(t.Context(), DefaultLimits(), &total{}, func(int64, *tar.Header, io.Reader) error { return nil })
	}
	if err := scan(27); err != nil {
		t.Errorf("a window of 128 MiB: %v", err)
	}
	for log := 28; log < 42; log++ {
		err := scan(log)
		if err == nil || err.Error() != "layer: zstd broken: window size exceeded" || fault.KindOf(err) != fault.Integrity {
			t.Errorf("a window of 2^%d bytes: %v", log, err)
		}
	}
}
