package plugin_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// mirrorFile writes a file with a mirror of the repository quay.invalid/ocp/release.
func mirrorFile(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "mirrors")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMirrors(t *testing.T) {
	server := testrelease.TLSRegistry(t)
	b := testrelease.New("4.14.0").WithComponent("etcd")
	push(t, server, b)
	digest := build(t, b).Digest().String()
	mirror := host(server) + "/ocp/release"
	set := func(kind, group, field string) string {
		return mirrorFile(t, "apiVersion: "+group+"\nkind: "+kind+"\nmetadata: {name: a}\nspec:\n  "+field+":\n  - source: quay.invalid/ocp\n    mirrors: ["+host(server)+"/ocp]\n")
	}
	for name, test := range map[string]struct{ flag, file, reference string }{
		"digest mirror set":     {"--idms-file", set("ImageDigestMirrorSet", "config.openshift.io/v1", "imageDigestMirrors"), "@" + digest},
		"tag mirror set":        {"--itms-file", set("ImageTagMirrorSet", "config.openshift.io/v1", "imageTagMirrors"), ":4.14.0"},
		"content source policy": {"--icsp-file", set("ImageContentSourcePolicy", "operator.openshift.io/v1alpha1", "repositoryDigestMirrors"), "@" + digest},
		"registries.conf":       {"--registries-conf", mirrorFile(t, "[[registry]]\nlocation = \"quay.invalid/ocp/release\"\n[[registry.mirror]]\nlocation = \""+mirror+"\"\n"), "@" + digest},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, "images", "quay.invalid/ocp/release"+test.reference, test.flag, test.file,
				"--certificate-authority", caFile(t, server.Certificate()), "--jq", ".release.image,.items[].metadata.name")
			want(t, got, 0, "quay.invalid/ocp/release@"+digest+"\netcd\n", "")
		})
	}
}
