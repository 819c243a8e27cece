package mirror

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// recorder is a meter that records its calls.
type recorder struct {
	mu     sync.Mutex
	events []string
}

func (r *recorder) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

func (r *recorder) Begin(t Totals)           { r.add("begin %+v", t) }
func (r *recorder) Skip(size int64)          { r.add("skip %d", size) }
func (r *recorder) Copied(spec oci.PullSpec) { r.add("copied %s", spec.Path) }
func (r *recorder) Image(spec oci.PullSpec)  { r.add("image %s", spec.Path) }
func (r *recorder) Blob(_ string, size int64, ways int) Transfer {
	return &recorded{recorder: r, size: size, ways: ways}
}

type recorded struct {
	*recorder
	size, sum int64
	ways      int
}

func (r *recorded) Advance(n int64) { r.sum += n }
func (r *recorded) End(moved bool) {
	r.add("blob of %d bytes on %d ways: %d, %v", r.size, r.ways, r.sum, moved)
}

// memory is the source and the target of a copy. Its blobs consist of zeros.
type memory struct {
	mu        sync.Mutex
	blobs     []oci.Digest // present
	mountable []oci.Digest
	manifests map[string]oci.Digest
	broken    oci.Digest // the upload of this blob is interrupted once
	refused   oci.Digest // this blob cannot be uploaded
}

func (*memory) Manifest(context.Context, string) (body []byte, mediaType, declared string, err error) {
	return nil, "", "", errors.New("a copy reads no manifest")
}

func (*memory) Head(context.Context, string) (declared string, err error) {
	return "", errors.New("a copy asks the source for no manifest")
}

func (*memory) Blob(_ context.Context, _ oci.Digest, size, from int64) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(make([]byte, size-from))), nil
}

func (m *memory) Describe(_ context.Context, name string) (oci.Descriptor, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d, ok := m.manifests[name]; ok {
		return oci.Descriptor{MediaType: oci.TypeManifest, Digest: d}, nil
	}
	return oci.Descriptor{}, fault.Errorf(fault.NotFound, "%s is not there", name)
}

func (m *memory) Exists(_ context.Context, d oci.Digest) (bool, error) {
	return slices.Contains(m.blobs, d), nil
}

func (m *memory) Mount(_ context.Context, d oci.Digest, _ oci.Repository) (bool, error) {
	return slices.Contains(m.mountable, d), nil
}

func (m *memory) PushBlob(_ context.Context, d oci.Digest, size int64, open func(from int64) (io.ReadCloser, error)) error {
	offsets := []int64{0}
	if d == m.broken {
		offsets = []int64{0, size / 2} // all was sent, half arrived
	}
	for _, from := range offsets {
		body, err := open(from)
		if err != nil {
			return err
		}
		if n, err := io.Copy(io.Discard, body); err != nil || n != size-from {
			return fmt.Errorf("%d bytes: %w", n, err)
		}
	}
	if d == m.refused {
		return fault.Errorf(fault.Network, "refused")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.blobs = append(m.blobs, d)
	return nil
}

func (m *memory) PushManifest(_ context.Context, name, _ string, body []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.manifests[name] = digest.FromBytes(body)
	return nil
}

// content is a blob that can be read. Its size differs from those of all others, so that its bytes do too.
func content(size int64) oci.Descriptor {
	return oci.Descriptor{Digest: digest.FromBytes(make([]byte, size)), Size: size}
}

// meteredPlan is a release of two images, with one signature. The images share a blob of 100 bytes, and go to two
// repositories. The release comes from another repository of the target.
func meteredPlan(t *testing.T) *Plan {
	t.Helper()
	shared := content(100)
	child := manifest("amd64", content(20))
	release := newImage(KindRelease, "release", "a", "4.14.0", child, list("release", child))
	release.Source.Host = "target.example"
	p, err := NewPlan([]Image{
		newImage(KindComponent, "etcd", "a", "etcd", manifest("etcd", shared, content(50))),
		newImage(KindComponent, "cli", "b", "cli", manifest("cli", shared, content(30))),
		newImage(KindComponentSignature, "etcd", "a", "etcd.sig", manifest("signature", content(4))),
		release,
	})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func copyWith(t *testing.T, m *memory, meter *recorder) error {
	t.Helper()
	if m.manifests == nil {
		m.manifests = map[string]oci.Digest{}
	}
	c := Copier{
		Source: func(oci.Repository) Source { return m }, Target: func(oci.Repository) Target { return m },
		Store: blobstore.New(blobstore.Options{Dir: t.TempDir()}), Parallel: 1, Meter: meter,
	}
	_, err := c.Run(t.Context(), meteredPlan(t))
	return err
}

func TestMeterFollowsACopy(t *testing.T) {
	name := digest.FromString
	for _, test := range []struct {
		name   string
		target *memory
		want   []string
		fails  bool
	}{
		{
			"a new target",
			&memory{broken: content(50).Digest, mountable: []oci.Digest{content(100).Digest}},
			[]string{
				"begin {Images:3 Done:0 Blobs:5 Bytes:204}",
				"blob of 100 bytes on 3 ways: 200, true",
				"blob of 50 bytes on 2 ways: 100, true", "copied etcd",
				"blob of 30 bytes on 2 ways: 60, true", "copied cli",
				"blob of 20 bytes on 2 ways: 40, true", "copied release",
				"blob of 4 bytes on 2 ways: 8, true",
				"image etcd", "image cli", "image release",
			},
			false,
		},
		{
			"some is there",
			&memory{
				manifests: map[string]oci.Digest{"cli": name("cli"), "etcd.sig": name("signature")},
				blobs:     []oci.Digest{content(50).Digest}, mountable: []oci.Digest{content(20).Digest},
			},
			[]string{
				"begin {Images:3 Done:1 Blobs:3 Bytes:170}",
				"blob of 100 bytes on 2 ways: 200, true",
				"skip 50", "copied etcd",
				"blob of 20 bytes on 2 ways: 0, false", "skip 20", "copied release",
				"image etcd", "image release",
			},
			false,
		},
		{
			"only tags are missing",
			&memory{
				manifests: map[string]oci.Digest{"etcd.sig": name("signature")},
				blobs:     []oci.Digest{content(100).Digest, content(50).Digest, content(30).Digest, content(20).Digest},
			},
			[]string{
				"begin {Images:3 Done:0 Blobs:4 Bytes:200}",
				"skip 100", "skip 50", "copied etcd", "skip 30", "copied cli", "skip 20", "copied release",
				"image etcd", "image cli", "image release",
			},
			false,
		},
		{
			"an upload fails",
			&memory{refused: content(100).Digest},
			[]string{"begin {Images:3 Done:0 Blobs:5 Bytes:204}", "blob of 100 bytes on 3 ways: 200, false"},
			true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var meter recorder
			if err := copyWith(t, test.target, &meter); (err != nil) != test.fails {
				t.Errorf("error %v", err)
			}
			if diff := cmp.Diff(test.want, meter.events); diff != "" {
				t.Errorf("the meter was told (-want +got):\n%s", diff)
			}
		})
	}
}
