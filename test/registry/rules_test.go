package registry

import (
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// TestMirrorRulesNeverTouchAPush has rules that allow everything of the target but its mirror.
func TestMirrorRulesNeverTouchAPush(t *testing.T) {
	for name, text := range map[string]string{
		"IDMS":  "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nspec:\n  imageDigestMirrors:\n  - source: HOST/org\n    mirrors: [MIRROR/org]\n    mirrorSourcePolicy: NeverContactSource\n",
		"ITMS":  "apiVersion: config.openshift.io/v1\nkind: ImageTagMirrorSet\nspec:\n  imageTagMirrors:\n  - source: HOST\n    mirrors: [MIRROR]\n    mirrorSourcePolicy: NeverContactSource\n",
		"conf":  "[[registry]]\nprefix = \"HOST\"\nlocation = \"HOST\"\nblocked = true\n[[registry.mirror]]\nlocation = \"MIRROR\"\n",
		"moved": "[[registry]]\nprefix = \"HOST/org\"\nlocation = \"MIRROR/elsewhere\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			s, mirror := start(t, a, nil, nil), start(t, a, nil, nil)
			var asked atomic.Int64
			mirror.fault = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					asked.Add(1)
					next.ServeHTTP(w, r)
				})
			}
			text = strings.NewReplacer("HOST", s.host(), "MIRROR", mirror.host()).Replace(text)
			file := write(t, filepath.Join(t.TempDir(), "mirrors"), text)
			c := s.client(t, func(o *registry.Options) {
				switch name {
				case "IDMS":
					o.Mirrors = mirrors.Files{IDMS: []string{file}}
				case "ITMS":
					o.Mirrors = mirrors.Files{ITMS: []string{file}}
				default:
					o.Mirrors = mirrors.Files{Conf: file}
				}
			})
			to, data := c.Target(s.repository("org/to")), []byte("data")
			d := digest.FromBytes(data)
			if err := pushBlob(t, c, s.repository("org/from"), data); err != nil {
				t.Fatal(err)
			}
			if there, err := to.Exists(t.Context(), d); there || err != nil {
				t.Errorf("before: %v, %v", there, err)
			}
			if mounted, err := to.Mount(t.Context(), d, s.repository("org/from")); !mounted || err != nil {
				t.Errorf("mount: %v, %v", mounted, err)
			}
			if there, err := to.Exists(t.Context(), d); !there || err != nil {
				t.Errorf("after: %v, %v", there, err)
			}
			const index = "application/vnd.oci.image.index.v1+json"
			body := []byte(`{"schemaVersion":2,"mediaType":"` + index + `","manifests":[]}`)
			for _, name := range []string{"v1", digest.FromBytes(body).String()} {
				if err := to.PushManifest(t.Context(), name, index, body); err != nil {
					t.Fatal(err)
				}
				if _, err := to.Resolve(t.Context(), name); err != nil {
					t.Error(err)
				}
				if _, _, _, err := to.Manifest(t.Context(), name); err != nil {
					t.Error(err)
				}
			}
			if n := asked.Load(); n > 0 {
				t.Errorf("the mirror was asked %d times", n)
			}
			// The rules do hold for reading.
			read := digest.FromBytes(body).String()
			if name == "ITMS" {
				read = "v1"
			}
			if _, err := c.Source(s.repository("org/to")).Resolve(t.Context(), read); err == nil || asked.Load() == 0 {
				t.Errorf("reading: %v, with %d requests to the mirror", err, asked.Load())
			}
		})
	}
}
