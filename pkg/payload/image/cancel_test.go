package image_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// cutting cancels a context after some bytes and goes on giving more.
type cutting struct {
	r      io.Reader
	after  int
	cancel func()
}

func (c *cutting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p[:min(len(p), 512)])
	if c.after -= n; c.after <= 0 {
		c.cancel()
	}
	return n, err
}

func TestCancelDuringALayer(t *testing.T) {
	release := build(t, sample())
	for _, after := range []int{1, 600} {
		ctx, cancel := context.WithCancel(t.Context())
		s := &shelf{release: release, open: func(_ digest.Digest, data []byte) io.ReadCloser {
			return io.NopCloser(&cutting{bytes.NewReader(data), after, cancel})
		}}
		img, err := image.Opener{Registry: s}.Open(ctx, parse(t, where))
		if err != nil {
			t.Fatal(err)
		}
		files, err := img.Files(ctx, everything)
		if !errors.Is(err, context.Canceled) || len(files.Release) != 0 {
			t.Errorf("after %d bytes: %v, %v", after, names(files), err)
		}
		cancel()
	}
}

func TestCancelBeforeEverySource(t *testing.T) {
	dir := t.TempDir()
	release := build(t, sample())
	for _, err := range []error{
		release.WriteLayout(filepath.Join(dir, "layout"), "t"), release.WriteOCIArchive(filepath.Join(dir, "a.tgz"), "t"),
		release.WriteDockerArchive(filepath.Join(dir, "d.tar")), sample().WriteDirectory(filepath.Join(dir, "folder")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, reference := range []string{
		where, "oci:" + dir + "/layout", "oci-archive:" + dir + "/a.tgz", "docker-archive:" + dir + "/d.tar", "dir:" + dir + "/folder",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		opener := image.Opener{Registry: &shelf{release: release}}
		img, err := opener.Open(ctx, parse(t, reference))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		if _, err := img.Files(ctx, everything); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: reading: %v", reference, err)
		}
		if _, err := opener.Open(ctx, parse(t, reference)); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: opening: %v", reference, err)
		}
	}
}

// broken gives an error of its own after some bytes, as a connection does; that it may wrap io.EOF makes it no end.
type broken struct {
	r   io.Reader
	err error
}

func (b *broken) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err == io.EOF {
		err = b.err
	}
	return n, err
}

func TestRegistryErrorsKeepTheirKind(t *testing.T) {
	release := build(t, sample())
	layer := payloadLayer(release)
	for _, cause := range []error{
		fault.Errorf(fault.Network, "connection reset"),
		fault.Errorf(fault.Auth, "token expired"),
		fault.Errorf(fault.Network, "digest mismatch: %w", io.EOF),
	} {
		for _, cut := range []int64{0, 1, 100, layer.Size} {
			s := &shelf{release: release, open: func(_ digest.Digest, data []byte) io.ReadCloser {
				return io.NopCloser(&broken{bytes.NewReader(data[:min(cut, int64(len(data)))]), cause})
			}}
			files, err := s.read(t, image.Limits{})
			refused(t, files, err, fault.KindOf(cause), fmt.Sprintf("layer %s: %s", layer.Digest, cause))
		}
	}
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	if err != nil || len(files.Release) != 4 {
		t.Errorf("unbroken: %v", err)
	}
	_, err = image.Opener{Registry: &shelf{release: release}}.Open(t.Context(), parse(t, "registry.test/other:t"))
	if fault.KindOf(err) != fault.NotFound || err.Error() != "registry.test/other:t: registry.test/other: no such repository" {
		t.Errorf("another repository: %v", err)
	}
}
