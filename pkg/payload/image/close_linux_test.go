package image_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
)

// open lists the files below a directory that this process has open.
func open(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if file, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil && strings.HasPrefix(file, dir) {
			list = append(list, file)
		}
	}
	return list
}

func TestCloseLeavesNoFileOpen(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	builder := sample()
	release := build(t, builder)
	for _, err := range []error{
		release.WriteLayout(in("layout"), "4.14.0"), release.WriteOCIArchive(in("oci.tar"), "4.14.0"), release.WriteOCIArchive(in("oci.tar.gz"), ""),
		release.WriteDockerArchive(in("docker.tar"), "a/b:c"), release.WriteDockerLayoutArchive(in("docker25.tar"), "4.14.0"), builder.WriteDirectory(in("directory")),
		os.WriteFile(in("references"), []byte(`{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.14.0"}}`), 0o600),
		os.WriteFile(in("garbage.tar"), []byte("garbage"), 0o600), os.MkdirAll(in("empty"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx := t.Context()
	for _, reference := range []string{
		"oci:" + in("layout"), "oci-archive:" + in("oci.tar"), "oci-archive:" + in("oci.tar.gz"), "docker-archive:" + in("docker.tar"), "docker-archive:" + in("docker25.tar"),
		"dir:" + in("directory"), "file:" + in("references"), where,
		// These cannot be opened.
		"oci:" + in("layout") + ":none", "oci:" + in("empty"), "oci-archive:" + in("oci.tar") + ":none", "oci-archive:" + in("docker.tar"), "oci-archive:" + in("garbage.tar"),
		"docker-archive:" + in("docker.tar") + ":none", "docker-archive:" + in("garbage.tar"), "dir:" + in("empty"), "dir:" + in("layout"),
	} {
		t.Run(strings.ReplaceAll(reference, dir, "DIR"), func(t *testing.T) {
			c := cache.New(cache.Options{Dir: in("cache")})
			img, err := image.Opener{Registry: &shelf{release: release}, Cache: c}.Open(ctx, parse(t, reference))
			if err == nil {
				_, _ = img.Files(ctx, everything)
				_, _ = img.Config(ctx)
				if layered, ok := img.(image.Layered); ok {
					_, _ = layered.VerifyLayers(ctx)
				}
				if err := img.Close(); err != nil {
					t.Error(err)
				}
				if _, err := img.Files(ctx, everything); err == nil && strings.HasPrefix(reference, "dir:") {
					t.Error("files are read after Close")
				}
			}
			c.Wait()
			if err := c.Blobs().Close(); err != nil {
				t.Error(err)
			}
			if left := open(t, dir); len(left) > 0 {
				t.Errorf("open: %q", left)
			}
		})
		t.Run("read "+strings.ReplaceAll(reference, dir, "DIR"), func(t *testing.T) {
			r, err := image.Opener{Registry: &shelf{release: release}}.Read(ctx, parse(t, reference), image.ReadOptions{Config: true, Want: everything})
			if err == nil {
				err = r.Close()
			}
			if left := open(t, dir); len(left) > 0 {
				t.Errorf("open after %v: %q", err, left)
			}
		})
	}
	if _, err := image.LayoutTags(ctx, in("layout")); err != nil {
		t.Error(err)
	}
	if left := open(t, dir); len(left) > 0 {
		t.Errorf("open: %q", left)
	}
}
