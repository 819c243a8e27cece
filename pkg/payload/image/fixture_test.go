package image_test

import (
	"testing"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

func TestReleasesThatOcBuilt(t *testing.T) {
	layout := fixture.Path(t, "ocp-release")
	tests := []struct{ version, digest string }{
		{"4.22.0", "sha256:8250d3cb5f5dec61aff3f30f51f54121650a975eacf6e8ee2988cadca5b7d3ec"},
		{"4.22.1", "sha256:c280598ef0b71123646b5f78aff8fea29ae1e9bd71bf47b1f013fc8ea6e29c39"},
	}
	for _, test := range tests {
		img, err := image.Opener{}.Open(t.Context(), parse(t, "oci:"+layout+":"+test.version+"-x86_64"))
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Identity().Digest.String(); got != test.digest {
			t.Errorf("%s: digest %s, want %s", test.version, got, test.digest)
		}
		files, err := img.Files(t.Context(), everything)
		if err != nil {
			t.Fatal(err)
		}
		release, err := payload.Read(files)
		if err != nil {
			t.Fatal(err)
		}
		if release.Version != test.version || len(release.Components) != 200 || release.Manifests != 914 || len(files.Operator) != 26 {
			t.Errorf("%s: version %s, %d components, %d manifests, %d of the operator", test.version, release.Version, len(release.Components), release.Manifests, len(files.Operator))
		}
		config, err := img.Config(t.Context())
		if err != nil || config.Labels["io.openshift.release"] != test.version {
			t.Errorf("%s: configuration %+v, %v", test.version, config, err)
		}
	}
}

// What oc prints of a release is a release without its manifests.
func TestInfoThatOcPrinted(t *testing.T) {
	img, err := image.Opener{}.Open(t.Context(), parse(t, "file:"+fixture.Path(t, "oc-golden/info-json.stdout")))
	if err != nil {
		t.Fatal(err)
	}
	id := img.Identity()
	if id.Digest != "sha256:8250d3cb5f5dec61aff3f30f51f54121650a975eacf6e8ee2988cadca5b7d3ec" || id.Repository.String() != "127.0.0.1:5000/openshift-release-dev/ocp-release" {
		t.Errorf("identity %+v", id)
	}
	files, err := img.Files(t.Context(), image.Want{})
	if err != nil {
		t.Fatal(err)
	}
	release, err := payload.Read(files)
	if err != nil || release.Version != "4.22.0" || len(release.Components) != 200 {
		t.Errorf("%v", err)
	}
	config, err := img.Config(t.Context())
	if err != nil || config.LayerSize != 1932966 || config.Created.IsZero() {
		t.Errorf("configuration %+v, %v", config, err)
	}
}

func BenchmarkImages(b *testing.B) {
	ref, err := image.ParseReference("oci:" + fixture.Path(b, "ocp-release") + ":4.22.0-x86_64")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		img, err := image.Opener{}.Open(b.Context(), ref)
		if err != nil {
			b.Skip(err)
		}
		if _, err := img.Files(b.Context(), image.Want{}); err != nil {
			b.Fatal(err)
		}
	}
}
