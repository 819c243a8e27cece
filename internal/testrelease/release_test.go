package testrelease_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

func build(t *testing.T, b *testrelease.Builder) *testrelease.Release {
	t.Helper()
	release, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return release
}

func TestBuildGivesTheSameBytesAgain(t *testing.T) {
	b := testrelease.New("4.14.0").WithComponent("etcd").WithComponent("cli").WithManifest("0000_10_a_b.yaml", "kind: A\n")
	first := build(t, b)
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(25 * time.Hour) // on a clock that began in another year
		if later := build(t, b.Clone()); later.Digest() != first.Digest() {
			t.Errorf("built later, the digest is %s and not %s", later.Digest(), first.Digest())
		}
	})
	if other := build(t, b.Clone().WithComponent("pod")); other.Digest() == first.Digest() {
		t.Error("a further component did not change the digest")
	}
}

func TestHooks(t *testing.T) {
	base := testrelease.New("4.14.0")
	cut := func(data []byte) []byte { return data[:len(data)-1] }

	release := build(t, base.Clone().WithContent(testrelease.PayloadPart, cut))
	layer := release.Images[0].Layers[0]
	data, _ := release.Blob(layer.Digest)
	if layer.Digest != digest.FromBytes(data) {
		t.Error("WithContent: the digest is not that of the changed bytes")
	}

	release = build(t, base.Clone().WithStored(testrelease.PayloadPart, cut))
	layer = release.Images[0].Layers[0]
	data, _ = release.Blob(layer.Digest)
	if int64(len(data)) != layer.Size-1 {
		t.Errorf("WithStored: %d bytes stored, want %d", len(data), layer.Size-1)
	}

	release = build(t, base.Clone().WithDescriptor(testrelease.PayloadPart, func(d *testrelease.Descriptor) { d.Size = 7 }))
	if size := release.Images[0].Layers[0].Size; size != 7 {
		t.Errorf("WithDescriptor: size %d, want 7", size)
	}
}

func TestPushToRegistries(t *testing.T) {
	release := build(t, testrelease.New("4.14.0").WithComponent("etcd").WithList("amd64", "arm64"))
	for name, start := range map[string]func(testing.TB) *httptest.Server{"http": testrelease.Registry, "https": testrelease.TLSRegistry} {
		t.Run(name, func(t *testing.T) {
			registry := start(t)
			if err := release.PushTo(registry, "ocp/release", "4.14.0-multi"); err != nil {
				t.Fatal(err)
			}
			response, err := registry.Client().Get(registry.URL + "/v2/ocp/release/manifests/4.14.0-multi")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK {
				t.Fatalf("%s, %v", response.Status, err)
			}
			if digest.FromBytes(body) != release.ListDigest() {
				t.Errorf("the tag gives %s, want %s", digest.FromBytes(body), release.ListDigest())
			}
			var list struct{ Manifests []testrelease.Descriptor }
			if err := json.Unmarshal(body, &list); err != nil {
				t.Fatal(err)
			}
			if len(list.Manifests) != 2 || list.Manifests[0].Digest != release.Digest() {
				t.Errorf("entries %v, want the two images, %s first", list.Manifests, release.Digest())
			}
		})
	}
}
