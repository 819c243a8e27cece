package testsign

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// PushTo uploads all blobs and manifests to a server and ignores the registry in their names: NAME/a/b:TAG becomes a/b:TAG.
func (r *Images) PushTo(t testing.TB, server *httptest.Server) {
	t.Helper()
	for name, m := range r.Manifests {
		_, path, _ := strings.Cut(name, "/")
		repository, tag, ok := strings.Cut(path, ":")
		if !ok {
			t.Fatalf("%s has no tag", name)
		}
		for d, data := range r.Blobs {
			if err := testrelease.PushBlob(server, repository, d, data); err != nil {
				t.Fatal(err)
			}
		}
		if err := testrelease.PushManifest(server, repository, tag, m.MediaType, m.Body); err != nil {
			t.Fatal(err)
		}
	}
}
