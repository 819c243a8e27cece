package image_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// where is the reference under which a shelf has its release.
const where = "registry.test/ocp/release:4.14.0"

// shelf is a registry that gives what a release holds, or what a test wants it to give.
type shelf struct {
	release   *testrelease.Release
	manifest  []byte // when set, the answer to every request for a manifest
	mediaType string // when set, the Content-Type of every manifest
	declared  string // the Docker-Content-Digest of every manifest
	open      func(d digest.Digest, data []byte) io.ReadCloser

	mu    sync.Mutex
	asked []string // what was fetched, in order
}

func (s *shelf) ask(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, what)
}

func (s *shelf) Head(_ context.Context, _ oci.Repository, name string) (string, error) {
	s.ask("head " + name)
	return s.declared, nil
}

func (s *shelf) Manifest(ctx context.Context, repository oci.Repository, name string) ([]byte, string, string, error) {
	s.ask("manifest " + name)
	if err := ctx.Err(); err != nil {
		return nil, "", "", err
	}
	if repository.String() != "registry.test/ocp/release" {
		return nil, "", "", fault.Errorf(fault.NotFound, "%s: no such repository", repository)
	}
	d := s.release.Root()
	if strings.Contains(name, ":") {
		d.Digest = digest.Digest(name)
	}
	mediaType := d.MediaType
	for _, a := range s.release.Images {
		if a.Manifest.Digest == d.Digest {
			mediaType = a.Manifest.MediaType
		}
	}
	body, ok := s.release.Blob(d.Digest)
	if s.manifest != nil {
		body, ok = s.manifest, true
	}
	if !ok {
		return nil, "", "", fault.Errorf(fault.NotFound, "%s@%s: manifest unknown", repository, name)
	}
	if s.mediaType != "" {
		mediaType = s.mediaType
	}
	return body, mediaType, s.declared, nil
}

func (s *shelf) Blob(_ context.Context, _ oci.Repository, d digest.Digest, _, from int64) (io.ReadCloser, error) {
	data, ok := s.release.Blob(d)
	if from > 0 {
		s.ask(fmt.Sprintf("blob %s from %d", d, from))
		return io.NopCloser(bytes.NewReader(data[from:])), nil
	}
	s.ask("blob " + string(d))
	if !ok {
		return nil, fault.Errorf(fault.NotFound, "%s: blob unknown", d)
	}
	if s.open != nil {
		return s.open(d, data), nil
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// blobs counts the blobs that were fetched.
func (s *shelf) blobs() int {
	n := 0
	for _, a := range s.asked {
		if strings.HasPrefix(a, "blob ") {
			n++
		}
	}
	return n
}

// sample is a release as most tests want it: two components, an operator's manifest, two of the release.
func sample() *testrelease.Builder {
	return testrelease.New("4.14.0").
		WithComponent("etcd", testrelease.Source("https://github.com/openshift/etcd")).
		WithComponent("cli").
		WithOperatorManifest("0000_00_cluster-version-operator_00_namespace.yaml", "kind: Namespace\n").
		WithManifest("0000_10_b_b.yaml", "kind: B\n").
		WithManifest("0000_05_a_a.yaml", "kind: A\n")
}

func build(t testing.TB, b *testrelease.Builder) *testrelease.Release {
	t.Helper()
	release, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return release
}

func parse(t testing.TB, text string) image.Reference {
	t.Helper()
	ref, err := image.ParseReference(text)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// read opens what a shelf has and reads all of it.
func (s *shelf) read(t testing.TB, limits image.Limits) (payload.Files, error) {
	t.Helper()
	img, err := image.Opener{Registry: s, Limits: limits}.Open(t.Context(), parse(t, where))
	if err != nil {
		return payload.Files{}, err
	}
	return img.Files(t.Context(), image.Want{Contents: image.AllContents, Operator: true})
}

// names lists files as folder letter and name, with their content.
func names(files payload.Files) []string {
	list := []string{}
	for _, f := range files.Operator {
		list = append(list, "o/"+f.Name)
	}
	for _, f := range files.Release {
		list = append(list, "r/"+f.Name)
	}
	return list
}

// refused checks that reading fails with exactly this text behind the reference and this kind, and gives nothing.
func refused(t *testing.T, files payload.Files, err error, kind fault.Kind, want string) {
	t.Helper()
	if len(files.Release)+len(files.Operator) != 0 {
		t.Errorf("got files beside the error: %v", names(files))
	}
	if err == nil {
		t.Fatalf("no error, want %q", want)
	}
	if got := err.Error(); got != where+": "+want {
		t.Errorf("error\n got %s\nwant %s: %s", got, where, want)
	}
	if got := fault.KindOf(err); got != kind {
		t.Errorf("kind %d, want %d", got, kind)
	}
}

// payloadLayer is the descriptor of the layer that holds release-manifests: the top one of a sample.
func payloadLayer(r *testrelease.Release) testrelease.Descriptor {
	layers := r.Images[0].Layers
	return layers[len(layers)-1]
}
