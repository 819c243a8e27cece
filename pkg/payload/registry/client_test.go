package registry_test

import (
	"bytes"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

func TestOpenRegistryTakesOneRequestEach(t *testing.T) {
	plain := start(t, newHTTP)
	secure := start(t, newTLS)
	for name, test := range map[string]struct {
		server  *server
		options registry.Options
	}{
		"HTTP":             {plain, registry.Options{Insecure: []string{plain.host}}},
		"TLS":              {secure, registry.Options{CAFile: secure.ca(t)}},
		"TLS not verified": {secure, registry.Options{Insecure: []string{secure.host}}},
	} {
		t.Run(name, func(t *testing.T) {
			manifest, layer := test.server.pushImage(t, "org/release", "4.14")
			c := registry.New(quick(test.options))
			repository := test.server.host + "/org/release"
			wantDigest := digest.FromBytes(manifest)
			for _, tagOrDigest := range []string{"4.14", wantDigest.String()} {
				body, mediaType, declared, err := c.Manifest(t.Context(), oci.SplitRepository(repository), tagOrDigest)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(body, manifest) || mediaType != ociManifest || declared != wantDigest.String() {
					t.Errorf("got %q of %s, declared %s", body, mediaType, declared)
				}
				wantRequests(t, test.server, "GET /v2/org/release/manifests/"+tagOrDigest)
			}
			data, err := readBlob(t, c, oci.SplitRepository(repository), layer, int64(len(layerBytes)))
			if err != nil || !bytes.Equal(data, layerBytes) {
				t.Errorf("got %q, %v", data, err)
			}
			wantRequests(t, test.server, "GET /v2/org/release/blobs/"+layer.String())
		})
	}
}

func TestReferencesAreCheckedBeforeAnyRequest(t *testing.T) {
	c := registry.New(registry.Options{})
	for _, test := range []struct {
		repository, name string
		kind             fault.Kind
		text             string
	}{
		{"quay.io/a/b", "sha256:../../x", fault.Integrity, `malformed digest "sha256:../../x": want sha256 with 64 lower-case hex digits`},
		{"quay.io/a/../b", "t", fault.Usage, `"quay.io/a/../b:t" is not a reference: want host[:port]/path and a tag or a digest`},
		{"quay.io/a", "", fault.Usage, `"quay.io/a:" is not a reference: want host[:port]/path and a tag or a digest`},
		{"org/repo", "t", fault.Usage, `"org/repo" names no registry: want host[:port]/path`},
		{"ocidir://x", "t", fault.Usage, `"ocidir://x:t" is not a reference: want host[:port]/path and a tag or a digest`},
		{"quay.io/a?b", "t", fault.Usage, `"quay.io/a?b:t" is not a reference: want host[:port]/path and a tag or a digest`},
		{"quay.io/A", "t", fault.Usage, `"quay.io/A:t" is not a reference: want host[:port]/path and a tag or a digest`},
	} {
		_, _, _, err := c.Manifest(t.Context(), oci.SplitRepository(test.repository), test.name)
		wantFault(t, err, test.kind, test.text)
	}
}
