package registry

import (
	"cmp"
	"fmt"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// TestPushManifests pushes images and lists of both kinds, which are no canonical JSON, by digest and by tag.
func TestPushManifests(t *testing.T) {
	config := []byte("{}")
	layer, _ := blob(7, 1000)
	for kind, s := range targets(t) {
		for name, types := range map[string]struct{ list, image, config, layer string }{
			"docker": {
				"application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.docker.distribution.manifest.v2+json",
				"application/vnd.docker.container.image.v1+json", "application/vnd.docker.image.rootfs.diff.tar.gzip",
			},
			"OCI": {
				"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json",
				"application/vnd.oci.image.config.v1+json", "application/vnd.oci.image.layer.v1.tar+gzip",
			},
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				c, repository := s.client(t), s.repository("org/to")
				to := c.Target(repository)
				for _, part := range [][]byte{config, layer} {
					if err := pushBlob(t, c, repository, part); err != nil {
						t.Fatal(err)
					}
				}
				image := func(arch string) []byte {
					return fmt.Appendf(nil, "{ \"schemaVersion\": 2,\n\t\"mediaType\": %q, \"config\": {\"mediaType\": %q, \"size\": 2, \"digest\": %q},\r\n \"layers\": [{\"mediaType\": %q, \"size\": %d, \"digest\": %q}], \"annotations\": {\"arch\": %q} }\n\n",
						types.image, types.config, digest.FromBytes(config), types.layer, len(layer), digest.FromBytes(layer), arch)
				}
				amd64, arm64 := image("amd64"), image("arm64")
				list := fmt.Appendf(nil, "{\"schemaVersion\":2,\"mediaType\":%q,\"manifests\":[\n{\"mediaType\":%q,\"size\":%d,\"digest\":%q,\"platform\":{\"os\":\"linux\",\"architecture\":\"amd64\"}},\n{\"mediaType\":%[2]q,\"size\":%d,\"digest\":%q,\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\"}}]}\n",
					types.list, types.image, len(amd64), digest.FromBytes(amd64), len(arm64), digest.FromBytes(arm64))
				for _, push := range []struct {
					tag, mediaType string
					body           []byte
				}{{"", types.image, amd64}, {"", types.image, arm64}, {"", types.list, list}, {"v1", types.list, list}, {"v1", types.image, amd64}} {
					d := digest.FromBytes(push.body)
					name := cmp.Or(push.tag, d.String())
					if err := to.PushManifest(t.Context(), name, push.mediaType, push.body); err != nil {
						t.Fatalf("%s: %v", name, err)
					}
					for _, name := range []string{name, d.String()} {
						body, mediaType, _, err := s.client(t).Source(repository).Manifest(t.Context(), name)
						if err != nil || mediaType != push.mediaType || string(body) != string(push.body) {
							t.Errorf("%s: %v, %s\n got: %q\nwant: %q", name, err, mediaType, body, push.body)
						}
						if got, err := to.Resolve(t.Context(), name); err != nil || got != d {
							t.Errorf("resolve %s: %s, %v", name, got, err)
						}
					}
				}
				if _, err := to.Resolve(t.Context(), "absent"); fault.KindOf(err) != fault.NotFound {
					t.Errorf("resolve a tag that is not there: %v", err)
				}
			})
		}
	}
}
