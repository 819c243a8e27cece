package registry

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

const manifest = `apiVersion: v1
kind: Namespace
metadata:
  name: a
  annotations:
    include.release.openshift.io/self-managed-high-availability: "true"
`

// push pushes a release to ocp/release:4.14.0, and the image of its component etcd to ocp/art. The release refers to the
// registry by a name.
func (s *server) push(t *testing.T, name string) *testrelease.Release {
	t.Helper()
	component := build(t, testrelease.New("1.0.0").WithComponent("x"))
	if err := component.PushTo(s.Server, "ocp/art", "etcd"); err != nil {
		t.Fatal(err)
	}
	release := build(t, testrelease.New("4.14.0").
		WithPrevious("4.13.9", "4.13.10").
		WithComponent("etcd", testrelease.Image(name+"/ocp/art@"+component.Digest().String())).
		WithOperatorManifest("0000_00_cluster-version-operator_00_namespace.yaml", strings.Replace(manifest, "name: a", "name: cvo", 1)).
		WithManifest("0000_50_a_00_namespace.yaml", manifest))
	if err := release.PushTo(s.Server, "ocp/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	s.call(release, component)
	return release
}

func build(t *testing.T, b *testrelease.Builder) *testrelease.Release {
	t.Helper()
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
