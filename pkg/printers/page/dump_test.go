package page_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/release-x/oc-release-x/internal/recorded"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

func TestDump(t *testing.T) {
	files := recorded.Files(t, recorded.Version)
	loaded := manifest.Load(files, manifest.Render{})
	entries, _ := manifest.Evaluate(loaded.Objects, manifest.Settings{MajorVersion: new(uint64(4))})
	for _, s := range []graph.Strategy{"update", "install", "reconcile"} {
		g, err := graph.New(entries, s, 0)
		if err != nil {
			t.Fatal(err)
		}
		doc := v1alpha1.NewReleaseGraph(v1alpha1.Release{Reference: "4.22.0", Image: "quay.io/openshift-release-dev/ocp-release@sha256:0f1c8b8a7d9f3b3e2f44d8a3dfe3c0a56b4c1f8e2c7d9a6b5e4f3d2c1b0a9f8e", Digest: "sha256:0f1c8b8a7d9f3b3e2f44d8a3dfe3c0a56b4c1f8e2c7d9a6b5e4f3d2c1b0a9f8e", Version: "4.22.0", Architecture: "amd64"}, s, 0, g)
		b, _ := json.Marshal(doc)
		os.WriteFile("/tmp/page-"+string(s)+".json", b, 0o644)
	}
}
