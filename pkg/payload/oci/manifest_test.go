package oci

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

const digestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func TestParseManifest(t *testing.T) {
	image := `{"schemaVersion":2,"config":{"digest":"` + digestA + `","size":2},"layers":[{"mediaType":"x","digest":"` + digestA + `","size":3,"urls":["https://h/"]}]}`
	list := `{"schemaVersion":2,"mediaType":"` + TypeIndex + `","manifests":[{"digest":"` + digestA + `","size":4,"platform":{"os":"linux","architecture":"arm","variant":"v7"}}]}`
	got, err := ParseManifest([]byte(image), TypeDockerManifest+"; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	want := &Manifest{
		MediaType: TypeDockerManifest, Config: Descriptor{Digest: digestA, Size: 2},
		Layers: []Descriptor{{MediaType: "x", Digest: digestA, Size: 3, URLs: []string{"https://h/"}}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !got.Layers[0].Foreign() || got.Config.Foreign() {
		t.Error("the layer is foreign, the configuration is not")
	}
	got, err = ParseManifest([]byte(list), "application/json")
	if err != nil || !got.List || len(got.Entries) != 1 || got.Entries[0].Platform.String() != "linux/arm/v7" {
		t.Errorf("%+v, %v", got, err)
	}
	for name, test := range map[string]struct {
		body, declared, want string
		kind                 fault.Kind
		notImage             bool
	}{
		"both":         {`{"schemaVersion":2,"manifests":[],"layers":[]}`, "", "the manifest is both an image and a list", fault.Integrity, false},
		"neither":      {`{"schemaVersion":2}`, "", "the manifest is neither of an image nor a list of images", fault.NotFound, true},
		"an artifact":  {`{"blobs":[]}`, typeArtifact, `a manifest of type "` + typeArtifact + `" is not supported`, fault.NotFound, true},
		"schema 1":     {`{"schemaVersion":1}`, "", "the image has a manifest of schema 1, which is unsupported: push it again with a newer client", fault.NotFound, false},
		"two types":    {list, TypeDockerList, `the manifest says that it is "` + TypeIndex + `", but it came as "` + TypeDockerList + `"`, fault.Integrity, false},
		"another type": {image, TypeIndex, "the manifest is not what its media type " + TypeIndex + " says", fault.Integrity, false},
		"key twice":    {`{"schemaVersion":2,"layers":[],"layers":[]}`, "", "", fault.Integrity, false},
		"digest":       {strings.Replace(image, digestA, "sha256:../x", 1), "", `the manifest's config: malformed digest "sha256:../x": want sha256 with 64 lower-case hex digits`, fault.Integrity, false},
		"size":         {strings.Replace(list, "4", "-4", 1), "", "the manifest's manifests: its size is -4", fault.Integrity, false},
		"version":      {`{"schemaVersion":3,"layers":[]}`, "", "the manifest has schemaVersion 3, want 2", fault.Integrity, false},
		"too long":     {strings.Repeat(" ", MaxManifest+1), "", "the manifest has more than 8388608 bytes", fault.Integrity, false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ParseManifest([]byte(test.body), test.declared)
			if err == nil || test.want != "" && err.Error() != test.want || fault.KindOf(err) != test.kind {
				t.Errorf("got %v (%v), want %s (%v)", err, fault.KindOf(err), test.want, test.kind)
			}
			if _, is := errors.AsType[*NotImageError](err); is != test.notImage {
				t.Errorf("NotImageError: %v, want %v", is, test.notImage)
			}
		})
	}
}

// FuzzManifest feeds manifests of any bytes and media type.
func FuzzManifest(f *testing.F) {
	release, err := testrelease.New("4.14.0").WithList("amd64", "arm64").Build()
	if err != nil {
		f.Fatal(err)
	}
	for _, d := range []testrelease.Descriptor{release.Root(), release.Images[0].Manifest} {
		body, _ := release.Blob(d.Digest)
		f.Add(body, d.MediaType)
		f.Add(body, "")
	}
	f.Add([]byte(`{"schemaVersion":2,"manifests":[],"layers":null}`), TypeIndex)
	f.Add([]byte(`{"schemaVersion":1,"fsLayers":[]}`), typeSchema1)
	f.Fuzz(func(t *testing.T, body []byte, mediaType string) {
		m, err := ParseManifest(body, mediaType)
		if err != nil {
			if kind := fault.KindOf(err); kind != fault.Integrity && kind != fault.NotFound {
				t.Fatalf("kind %d: %v", kind, err)
			}
			return
		}
		if m.List && len(m.Layers) > 0 || !m.List && len(m.Entries) > 0 {
			t.Errorf("an image and a list at once: %+v", m)
		}
		named := append(append([]Descriptor{}, m.Entries...), m.Layers...)
		if !m.List {
			named = append(named, m.Config)
		}
		for _, d := range named {
			if d.Digest.Validate() != nil || d.Size < 0 {
				t.Errorf("descriptor %+v", d)
			}
		}
	})
}
