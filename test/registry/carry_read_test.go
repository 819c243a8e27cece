package registry

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// manifestReader reads a manifest from a layout by a tag, or by a digest without a tag.
type manifestReader func(t *testing.T, tag string, d digest.Digest) []byte

// A layout that was pulled has the manifests of the source, byte for byte and with the media types of the source. Our own reader and
// regctl find all of them by tag and by digest, in a directory and in a tar file.
func TestPulledManifestsAreThoseOfTheSource(t *testing.T) {
	c := carry(t)
	regctl := buildRegctl(t)
	wantMediaTypes(t, c)
	for name, read := range map[string]manifestReader{
		"directory by release-x": openLayout(t, "oci:"+c.dir),
		"archive by release-x":   openLayout(t, "oci-archive:"+c.archive),
		"directory by regctl":    regctl.layout(c.dir),
		"archive by regctl":      regctl.archive(t, c),
	} {
		t.Run(name, func(t *testing.T) {
			for _, e := range c.entries(t) {
				if got := read(t, e.tag, e.digest); !bytes.Equal(got, c.bodies[e.digest.String()]) {
					t.Errorf("%s is\n%s\nand at the source\n%s", e.tag, got, c.bodies[e.digest.String()])
				}
			}
			for d, body := range c.bodies {
				if got := read(t, "", digest.Digest(d)); !bytes.Equal(got, body) {
					t.Errorf("%s is\n%s\nand at the source\n%s", d, got, body)
				}
			}
		})
	}
}

// wantMediaTypes fails the test if index.json has other media types than the manifests, or if the release has not all kinds.
func wantMediaTypes(t *testing.T, c *carried) {
	t.Helper()
	types := map[string]int{}
	for _, e := range c.entries(t) {
		m, err := oci.ParseManifest(c.bodies[e.digest.String()], e.mediaType)
		if err != nil || m.MediaType != e.mediaType {
			t.Errorf("index.json calls %s %s: %v", e.tag, e.mediaType, err)
		}
		types[e.mediaType]++
	}
	wanted := map[string]int{
		"application/vnd.docker.distribution.manifest.v2+json":      1,
		"application/vnd.docker.distribution.manifest.list.v2+json": 1,
		"application/vnd.oci.image.index.v1+json":                   2,
		"application/vnd.oci.image.manifest.v1+json":                7, // the signatures
	}
	if diff := cmp.Diff(wanted, types); diff != "" {
		t.Errorf("media types of index.json (-want +got):\n%s", diff)
	}
}

// openLayout reads with our own reader.
func openLayout(t *testing.T, name string) manifestReader {
	t.Helper()
	ref, err := image.ParseReference(name)
	if err != nil {
		t.Fatal(err)
	}
	l, err := image.OpenLayout(t.Context(), ref, image.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return func(t *testing.T, tag string, d digest.Digest) []byte {
		t.Helper()
		if tag != "" {
			entry, ok := l.Find(tag)
			if !ok {
				t.Errorf("there is no %s", tag)
				return nil
			}
			d = entry.Digest
		}
		body, err := l.Manifest(t.Context(), d)
		if err != nil {
			t.Errorf("%s %s: %v", tag, d, err)
		}
		return body
	}
}

// regctl is the path of the program.
type regctl string

// buildRegctl builds the regctl of the version in go.mod.
func buildRegctl(t *testing.T) regctl {
	t.Helper()
	file := filepath.Join(t.TempDir(), "regctl")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", file, "github.com/regclient/regclient/cmd/regctl").CombinedOutput()
	if err != nil {
		t.Fatalf("building regctl: %v\n%s", err, out)
	}
	return regctl(file)
}

// run returns what a command prints.
func (r regctl) run(t *testing.T, args ...string) []byte {
	t.Helper()
	command := exec.CommandContext(t.Context(), string(r), args...)
	command.Env = []string{"HOME=" + t.TempDir()}
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Errorf("%v: %v\n%s", command.Args, err, &stderr)
	}
	return out
}

// layout reads from the layout in a directory.
func (r regctl) layout(dir string) manifestReader {
	return func(t *testing.T, tag string, d digest.Digest) []byte {
		t.Helper()
		name := "@" + d.String()
		if tag != "" {
			name = ":" + tag
		}
		return r.run(t, "manifest", "get", "--format", "raw-body", "ocidir://"+dir+name)
	}
}

// archive imports the tar file, which regctl reads in no other way: each image into a layout.
func (r regctl) archive(t *testing.T, c *carried) manifestReader {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "imported")
	for _, e := range c.entries(t) {
		r.run(t, "image", "import", "--name", e.tag, "ocidir://"+dir+":"+e.tag, c.archive)
	}
	return r.layout(dir)
}
