package image_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

const repository = "registry.test/ocp/release"

func TestManifestWithAnotherDigest(t *testing.T) {
	release := build(t, sample())
	asked := release.Digest()
	other := []byte(`{"schemaVersion":2}`)
	_, err := image.Opener{Registry: &shelf{release: release, manifest: other}}.Open(t.Context(), parse(t, repository+"@"+asked.String()))
	want := fmt.Sprintf("%s@%s: manifest: its bytes have the digest %s, want %s", repository, asked, digest.FromBytes(other), asked)
	if err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity {
		t.Errorf("got %v, kind %d\nwant %s", err, fault.KindOf(err), want)
	}
}

func TestDigestHeaderContradictsRequestedDigest(t *testing.T) {
	release := build(t, sample())
	lie := digest.FromString("something else")
	s := &shelf{release: release, declared: lie.String()}
	_, err := image.Opener{Registry: s}.Open(t.Context(), parse(t, repository+"@"+release.Digest().String()))
	want := fmt.Sprintf("%s@%s: manifest: its bytes have the digest %s, the header Docker-Content-Digest says %s", repository, release.Digest(), release.Digest(), lie)
	if err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity {
		t.Errorf("got %v, kind %d\nwant %s", err, fault.KindOf(err), want)
	}
}

func TestDigestHeaderContradictsBodyOfTag(t *testing.T) {
	release := build(t, sample())
	lie := digest.FromString("something else")
	files, err := (&shelf{release: release, declared: lie.String()}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, fmt.Sprintf("manifest: its bytes have the digest %s, the header Docker-Content-Digest says %s", release.Digest(), lie))

	img, err := image.Opener{Registry: &shelf{release: release, declared: release.Digest().String()}}.Open(t.Context(), parse(t, where))
	if err != nil || img.Identity().Digest != release.Digest() {
		t.Errorf("with the right header: %v", err)
	}
}

func TestBigManifestsAreRefused(t *testing.T) {
	big := append([]byte(`{"schemaVersion":2,"mediaType":"`), bytes.Repeat([]byte("x"), 8<<20)...)
	files, err := (&shelf{release: build(t, sample()), manifest: big}).read(t, image.Limits{})
	refused(t, files, err, fault.Integrity, "manifest: it has more than 8388608 bytes")

	// A configuration that says it is big is not even fetched.
	s := &shelf{release: build(t, sample().WithDescriptor(testrelease.ConfigPart, func(d *testrelease.Descriptor) { d.Size = 9 << 20 }))}
	img, err := image.Opener{Registry: s}.Open(t.Context(), parse(t, where))
	if err != nil {
		t.Fatal(err)
	}
	_, err = img.Config(t.Context())
	refused(t, payload.Files{}, err, fault.Integrity,
		fmt.Sprintf("the configuration %s: it has 9437184 bytes, more than the 8388608 that are read", s.release.Images[0].Config.Digest))
	if s.blobs() != 0 {
		t.Errorf("fetched %v", s.asked)
	}
}

func entry(platform *testrelease.Platform, annotations map[string]string, seed string) testrelease.Descriptor {
	return testrelease.Descriptor{
		MediaType: testrelease.MediaTypeOCIManifest, Digest: digest.FromString(seed), Size: 7,
		Platform: platform, Annotations: annotations,
	}
}

func TestManifestLists(t *testing.T) {
	unknown := &testrelease.Platform{OS: "unknown", Architecture: "unknown"}
	attestation := entry(unknown, nil, "a")
	annotated := entry(&testrelease.Platform{OS: "linux", Architecture: "s390x"}, map[string]string{"vnd.docker.reference.type": "attestation-manifest"}, "b")
	windows := entry(&testrelease.Platform{OS: "windows", Architecture: "s390x"}, nil, "w")
	again := entry(&testrelease.Platform{OS: "linux", Architecture: "arm64"}, nil, "c")

	tests := []struct {
		name       string
		builder    *testrelease.Builder
		arch, host string
		want       string // the architecture
		err        string
		warning    string
	}{
		{"the host's", sample().WithList("amd64", "arm64"), "", "arm64", "arm64", "", ""},
		{"the one asked for", sample().WithList("amd64", "arm64"), "aarch64", "amd64", "arm64", "", ""},
		{"without a host amd64", sample().WithList("arm64", "amd64"), "", "", "amd64", "", ""},
		{"docker's list", sample().WithDockerMediaTypes().WithList("amd64", "ppc64le"), "ppc64le", "", "ppc64le", "", ""},
		{"the only platform", sample().WithList("s390x"), "", "amd64", "s390x", "", ""},
		{"the only platform with a warning", sample().WithList("s390x"), "amd64", "", "s390x", "", where + " is for linux/s390x, not for linux/amd64"},
		{"the only platform beside attestations", sample().WithList("arm64").WithListEntry(attestation).WithListEntry(annotated), "", "amd64", "arm64", "", ""},
		{"the first of duplicates", sample().WithList("arm64").WithListEntry(again).WithListEntry(again), "arm64", "", "arm64", "", ""},
		{"never windows", sample().WithList("amd64", "arm64").WithListEntry(windows), "s390x", "", "", "no image for linux/s390x in the manifest list %s, which has linux/amd64, linux/arm64, windows/s390x: choose one with --arch", ""},
		{"none", sample().WithList("amd64", "arm64"), "", "s390x", "", "no image for linux/s390x in the manifest list %s, which has linux/amd64, linux/arm64: choose one with --arch", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			release := build(t, test.builder)
			var warnings []string
			o := image.Opener{
				Registry: &shelf{release: release}, Arch: test.arch, HostArch: test.host,
				Warnf: func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) },
			}
			img, err := o.Open(t.Context(), parse(t, where))
			if got := strings.Join(warnings, "\n"); got != test.warning {
				t.Errorf("warnings %q, want %q", got, test.warning)
			}
			if test.err != "" {
				refused(t, payload.Files{}, err, fault.NotFound, fmt.Sprintf(test.err, release.ListDigest()))
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			chosen, err := release.Architecture(test.want)
			if err != nil {
				t.Fatal(err)
			}
			want := image.Identity{
				Reference: where, Repository: oci.SplitRepository(repository), Tag: "4.14.0", Digest: chosen.Manifest.Digest, ListDigest: release.ListDigest(),
				Architecture: test.want, OS: "linux", ManifestsKnown: true,
			}
			if diff := cmp.Diff(want, img.Identity()); diff != "" {
				t.Errorf("identity (-want +got)\n%s", diff)
			}
		})
	}
}

// index makes a list of entries as a manifest.
func index(t *testing.T, entries ...testrelease.Descriptor) (testrelease.Descriptor, []byte) {
	t.Helper()
	data, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": testrelease.MediaTypeOCIIndex, "manifests": entries})
	if err != nil {
		t.Fatal(err)
	}
	return testrelease.Descriptor{MediaType: testrelease.MediaTypeOCIIndex, Digest: digest.FromBytes(data), Size: int64(len(data))}, data
}

// nested is a registry with lists in lists above a release.
type nested struct {
	shelf
	lists map[digest.Digest][]byte
	root  []byte
}

func (n *nested) Manifest(ctx context.Context, repository oci.Repository, name string) ([]byte, string, string, error) {
	if !strings.Contains(name, ":") {
		return n.root, testrelease.MediaTypeOCIIndex, "", nil
	}
	if body, ok := n.lists[digest.Digest(name)]; ok {
		return body, testrelease.MediaTypeOCIIndex, "", nil
	}
	return n.shelf.Manifest(ctx, repository, name)
}

func TestNestedManifestLists(t *testing.T) {
	release := build(t, sample().WithList("amd64", "arm64"))
	other := entry(&testrelease.Platform{OS: "linux", Architecture: "s390x"}, nil, "s")
	open := func(depth int) (image.Image, *nested, error) {
		n := &nested{shelf: shelf{release: release}, lists: map[digest.Digest][]byte{}}
		inner := release.Root()
		inner.Platform = nil
		for range depth - 1 {
			d, body := index(t, other, inner)
			n.lists[d.Digest], n.root, inner = body, body, d
		}
		img, err := image.Opener{Registry: n, Arch: "arm64"}.Open(t.Context(), parse(t, where))
		return img, n, err
	}
	for _, depth := range []int{2, 3} {
		img, n, err := open(depth)
		if err != nil {
			t.Fatalf("%d lists: %v", depth, err)
		}
		arm, err := release.Architecture("arm64")
		if err != nil {
			t.Fatal(err)
		}
		if id := img.Identity(); id.Digest != arm.Manifest.Digest || id.ListDigest != digest.FromBytes(n.root) || id.Architecture != "arm64" {
			t.Errorf("%d lists: got %+v", depth, id)
		}
	}
	_, _, err := open(4)
	refused(t, payload.Files{}, err, fault.Integrity, "manifest lists in manifest lists: more than 3 deep or 16 together")
}

func TestManifestListWithWrongSize(t *testing.T) {
	release := build(t, sample().WithList("amd64").WithDescriptor(testrelease.ManifestPart, func(d *testrelease.Descriptor) { d.Size++ }))
	files, err := (&shelf{release: release}).read(t, image.Limits{})
	body, _ := release.Blob(release.Digest())
	refused(t, files, err, fault.Integrity, fmt.Sprintf("manifest %s: it has %d bytes, its list says %d", release.Digest(), len(body), len(body)+1))
}

func TestSchema1IsUnsupported(t *testing.T) {
	const text = "manifest: the image has a manifest of schema 1, which is unsupported: push it again with a newer client"
	for name, s := range map[string]*shelf{
		"by its version":  {manifest: []byte(`{"schemaVersion":1,"name":"a","fsLayers":[]}`)},
		"by its type":     {manifest: []byte(`{"schemaVersion":2}`), mediaType: "application/vnd.docker.distribution.manifest.v1+prettyjws"},
		"by its own type": {manifest: []byte(`{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v1+json"}`), mediaType: "application/vnd.docker.distribution.manifest.v1+json"},
		"by its fields":   {manifest: []byte(`{"schemaVersion":2,"fsLayers":[]}`)},
	} {
		t.Run(name, func(t *testing.T) {
			s.release = build(t, sample())
			files, err := s.read(t, image.Limits{})
			refused(t, files, err, fault.NotFound, text)
		})
	}
}

func TestAmbiguousManifestsAreRefused(t *testing.T) {
	const (
		ociImage = testrelease.MediaTypeOCIManifest
		ociIndex = testrelease.MediaTypeOCIIndex
		blobs    = `"config":{"digest":"sha256:%[1]s","size":1},"layers":[]`
	)
	hex := strings.Repeat("a", 64)
	tests := []struct {
		name, body, came string
		kind             fault.Kind
		want             string
	}{
		{"image and list", `{"schemaVersion":2,"manifests":[],` + blobs + `}`, ociIndex, fault.Integrity, "the manifest is both an image and a list"},
		{"list with a config", `{"schemaVersion":2,"manifests":[],"config":{}}`, "", fault.Integrity, "the manifest is both an image and a list"},
		{"list with layers of null", `{"schemaVersion":2,"manifests":[],"layers":null}`, ociIndex, fault.Integrity, "the manifest is both an image and a list"},
		{"another type in the body", `{"schemaVersion":2,"mediaType":"` + ociIndex + `","manifests":[]}`, ociImage, fault.Integrity, `the manifest says that it is "` + ociIndex + `", but it came as "` + ociImage + `"`},
		{"another family in the body", `{"schemaVersion":2,"mediaType":"` + testrelease.MediaTypeDockerManifest + `",` + blobs + `}`, ociImage, fault.Integrity, `the manifest says that it is "` + testrelease.MediaTypeDockerManifest + `", but it came as "` + ociImage + `"`},
		{"an image called a list", `{"schemaVersion":2,` + blobs + `}`, ociIndex, fault.Integrity, "the manifest is not what its media type " + ociIndex + " says"},
		{"a list called an image", `{"schemaVersion":2,"manifests":[]}`, ociImage, fault.Integrity, "the manifest is not what its media type " + ociImage + " says"},
		{"an image without a config", `{"schemaVersion":2,"layers":[]}`, ociImage, fault.Integrity, "the manifest is not what its media type " + ociImage + " says"},
		{"no JSON", `<html>`, ociImage, fault.Integrity, "the manifest is not a JSON object: invalid character '<' looking for beginning of value"},
		{"no object", `[]`, ociImage, fault.Integrity, "the manifest is not a JSON object: json: cannot unmarshal array into Go value of type map[string]json.RawMessage"},
		{"no version", `{"manifests":[]}`, ociIndex, fault.Integrity, "the manifest has schemaVersion 0, want 2"},
		{"layers of another shape", `{"schemaVersion":2,"config":{"digest":"sha256:%[1]s"},"layers":{}}`, ociImage, fault.Integrity, "the manifest's layers: json: cannot unmarshal object into Go value of type []oci.Descriptor"},
		{"a negative size", `{"schemaVersion":2,"config":{"digest":"sha256:%[1]s","size":-1},"layers":[]}`, ociImage, fault.Integrity, "the manifest's config: its size is -1"},
		{"something else", `{"schemaVersion":2,"blobs":[]}`, "application/vnd.oci.artifact.manifest.v1+json", fault.NotFound, `not a release: a manifest of type "application/vnd.oci.artifact.manifest.v1+json" is not supported`},
		{"an artifact by its own type", `{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"application/spdx+json","blobs":[]}`, "application/vnd.oci.artifact.manifest.v1+json", fault.NotFound, `not a release: a manifest of type "application/vnd.oci.artifact.manifest.v1+json" is not supported`},
		{"an artifact that came as an octet stream", `{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","artifactType":"application/spdx+json","blobs":[]}`, "application/octet-stream", fault.NotFound, `not a release: a manifest of type "application/vnd.oci.artifact.manifest.v1+json" is not supported`},
		{"an artifact called an image", `{"mediaType":"application/vnd.oci.artifact.manifest.v1+json","blobs":[]}`, ociImage, fault.NotFound, `not a release: a manifest of type "application/vnd.oci.artifact.manifest.v1+json" is not supported`},
		{"image and list as an octet stream", `{"schemaVersion":2,"manifests":[],` + blobs + `}`, "application/octet-stream", fault.Integrity, "the manifest is both an image and a list"},
		{"nothing", `{"schemaVersion":2}`, "", fault.NotFound, "not a release: the manifest is neither of an image nor a list of images"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			body := strings.ReplaceAll(test.body, "%[1]s", hex)
			s := &untyped{shelf: shelf{release: build(t, sample()), manifest: []byte(body)}, mediaType: test.came}
			_, err := image.Opener{Registry: s}.Open(t.Context(), parse(t, where))
			refused(t, payload.Files{}, err, test.kind, "manifest: "+test.want)
		})
	}
}

// untyped gives manifests with exactly one media type, also none.
type untyped struct {
	shelf
	mediaType string
}

func (u *untyped) Manifest(ctx context.Context, repository oci.Repository, name string) ([]byte, string, string, error) {
	body, _, declared, err := u.shelf.Manifest(ctx, repository, name)
	return body, u.mediaType, declared, err
}

// A body without a media type and an answer without one are both fine: the fields say what it is.
func TestOneMediaTypeIsEnough(t *testing.T) {
	plain := build(t, sample().WithContent(testrelease.ManifestPart, func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"mediaType": "`+testrelease.MediaTypeOCIManifest+`",`), nil, 1)
	}))
	for name, s := range map[string]*untyped{
		"in the body alone":   {shelf: shelf{release: build(t, sample())}},
		"in the answer alone": {shelf: shelf{release: plain}, mediaType: testrelease.MediaTypeOCIManifest},
		"with a parameter":    {shelf: shelf{release: plain}, mediaType: testrelease.MediaTypeOCIManifest + "; charset=utf-8"},
		"nowhere":             {shelf: shelf{release: plain}},
	} {
		if _, err := (image.Opener{Registry: s}).Open(t.Context(), parse(t, where)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Static mirrors, object stores and repository managers serve manifests with a type that names none: that is no
// contradiction to what the manifest says, or to what the list above it says.
func TestContentTypeThatNamesNoManifestContradictsNothing(t *testing.T) {
	withoutType := func(b []byte) []byte {
		return bytes.Replace(b, []byte(`"mediaType": "`+testrelease.MediaTypeOCIManifest+`",`), nil, 1)
	}
	for _, came := range []string{"", "application/json", "application/octet-stream", "binary/octet-stream", "text/plain; charset=utf-8", "application/vnd.example.unknown+json"} {
		for name, release := range map[string]*testrelease.Release{
			"with a type":    build(t, sample()),
			"without a type": build(t, sample().WithContent(testrelease.ManifestPart, withoutType)),
			"a list":         build(t, sample().WithList("amd64", "arm64")),
		} {
			s := &untyped{shelf: shelf{release: release}, mediaType: came}
			if _, err := (image.Opener{Registry: s}).Open(t.Context(), parse(t, where)); err != nil {
				t.Errorf("%s, served as %q: %v", name, came, err)
			}
		}
	}
}

func malformedDigests() []string {
	hex := strings.Repeat("a", 64)
	return []string{
		"", "sha256:", "sha256:../../x", "sha256:../../../../other/manifests/latest", "sha256:" + strings.ToUpper(hex),
		"SHA256:" + hex, "sha512:" + hex + hex, "md5:d41d8cd98f00b204e9800998ecf8427e", "sha256:" + hex[1:], "sha256:" + hex + "a",
		"sha256:" + hex + "\n", " sha256:" + hex, hex,
	}
}

func TestMalformedDigestsAreRefused(t *testing.T) {
	for _, bad := range malformedDigests() {
		said := fmt.Sprintf("malformed digest %q: want sha256 with 64 lower-case hex digits", bad)
		t.Run(bad, func(t *testing.T) {
			for field, part := range map[string]testrelease.Part{
				"config": testrelease.ConfigPart, "layers[0]": testrelease.LayerPart(0), "layers[1]": testrelease.LayerPart(1),
			} {
				release := build(t, sample().WithDescriptor(part, func(d *testrelease.Descriptor) { d.Digest = digest.Digest(bad) }))
				s := &shelf{release: release}
				files, err := s.read(t, image.Limits{})
				refused(t, files, err, fault.Integrity, "manifest: the manifest's "+field+": "+said)
				if len(s.asked) != 1 {
					t.Errorf("asked for %v", s.asked)
				}
			}
			release := build(t, sample().WithList("amd64", "arm64").WithDescriptor(testrelease.ManifestPart, func(d *testrelease.Descriptor) { d.Digest = digest.Digest(bad) }))
			s := &shelf{release: release}
			files, err := s.read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, "manifest: the manifest's manifests[0]: "+said)

			_, err = image.ParseReference(repository + "@" + bad)
			if err == nil || err.Error() != said || fault.KindOf(err) != fault.Usage {
				t.Errorf("as a reference that was typed: %v", err)
			}
			if bad == "" {
				return
			}
			s = &shelf{release: build(t, sample()), declared: bad}
			files, err = s.read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, "manifest: the header Docker-Content-Digest: "+said)
		})
	}
}

// The urls of a descriptor are a way to other servers: only the repository is asked.
func TestForeignURLsAreIgnored(t *testing.T) {
	release := build(t, sample().WithDescriptor(testrelease.PayloadPart, func(d *testrelease.Descriptor) {
		d.URLs = []string{"http://127.0.0.1:1/layer"}
		d.MediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
	}))
	s := &shelf{release: release, open: func(_ digest.Digest, data []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(data)) }}
	files, err := s.read(t, image.Limits{})
	if diff := cmp.Diff(sampleNames(), names(files)); err != nil || diff != "" {
		t.Errorf("error %v, files (-want +got)\n%s", err, diff)
	}
	if s.asked[1] != "blob "+payloadLayer(release).Digest.String() {
		t.Errorf("asked for %v", s.asked)
	}
}
