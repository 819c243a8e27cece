package plugin_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// withoutCapabilities returns two releases. Objects of the later one need capabilities that they did not need before.
func withoutCapabilities() (earlier, later *testrelease.Builder) {
	needs := func(capability string) string { return "capability.openshift.io/name=" + capability }
	earlier = testrelease.New("4.13.12").WithComponent("etcd").
		WithManifest("0000_50_a_00.yaml", object("ConfigMap", "always", included)).
		WithManifest("0000_50_a_01.yaml", object("ConfigMap", "registry", included)).
		WithManifest("0000_50_a_02.yaml", object("ConfigMap", "storage", included, needs("Storage"))).
		WithManifest("0000_50_a_03.yaml", object("ConfigMap", "unmanaged", included)).
		WithManifest("0000_50_a_04.yaml", object("ConfigMap", "hosted", hosted))
	later = testrelease.New("4.14.0").WithComponent("etcd").
		WithManifest("0000_50_a_00.yaml", object("ConfigMap", "always", included)).
		WithManifest("0000_50_a_01.yaml", object("ConfigMap", "registry", included, needs("ImageRegistry"))).
		WithManifest("0000_50_a_02.yaml", object("ConfigMap", "storage", included, needs("Storage+Extra"))).
		WithManifest("0000_50_a_03.yaml", object("ConfigMap", "unmanaged", included, needs("Unmanaged"))).
		WithManifest("0000_50_a_04.yaml", object("ConfigMap", "hosted", included, needs("Hosted"))).
		WithManifest("0000_50_a_05.yaml", object("ConfigMap", "novelty", included, needs("Novelty"))).
		WithManifest("0000_50_a_06.yaml", object("ConfigMap", "another", included, needs("ImageRegistry")))
	return earlier, later
}

// running returns a cluster without optional capabilities that runs a release.
func running(t *testing.T, version, image, enabled string) *testcluster.Server {
	return testcluster.New(t).WithOperator().With(testcluster.ClusterVersion, fmt.Sprintf(`{
		"spec": {
			"overrides": [{"kind": "ConfigMap", "group": "", "namespace": "", "name": "unmanaged", "unmanaged": true}],
			"capabilities": {"baselineCapabilitySet": "None"}
		},
		"status": {
			"desired": {"version": %q, "image": %q},
			"capabilities": {"knownCapabilities": ["Console", "Storage"], "enabledCapabilities": [%s]}
		}}`, version, image, enabled))
}

const states = `.items[]|"\(.object.name) \(.state): \(.reason)"`

// The operator enables a capability by itself if the running release applies an object that needs the capability in the
// update.
func TestCapabilitiesEnabledByUpdate(t *testing.T) {
	earlier, later := withoutCapabilities()
	image, _, trust := pinned(t, earlier)
	s, release := running(t, "4.13.12", image, `"Console"`), layout(t, later)
	want(t, in(t, s, "manifests", release, trust, "--included-by-cluster", "--all", "--jq", states), 0, ""+
		"always included: null\n"+
		"registry included: implicitly enabled capability ImageRegistry\n"+
		"storage excluded: disabled capabilities Storage, Extra\n"+
		"unmanaged excluded: overridden: unmanaged\n"+
		"hosted excluded: disabled capability Hosted\n"+
		"novelty excluded: disabled capability Novelty\n"+
		"another included: implicitly enabled capability ImageRegistry\n", "")
	want(t, in(t, s, "extract", release, trust, "--included-by-cluster", "--included", "--file", "0000_50_a_01.yaml"), 0,
		object("ConfigMap", "registry", included, "capability.openshift.io/name=ImageRegistry"), "")
	got := in(t, s, "manifests", release, trust, "--included-by-cluster", "-o", "name", "-v=1")
	const note = "the operator will enable ImageRegistry, Unmanaged by itself: release 4.13.12, which the cluster runs, already applies objects that need it in the update\n"
	if got.out != "configmap/always\nconfigmap/registry\nconfigmap/another\n" || !strings.Contains(got.err, note) {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
}

// If the running release cannot be read, it is unknown what the operator enables.
func TestRunningReleaseCannotBeRead(t *testing.T) {
	_, later := withoutCapabilities()
	_, registry, trust := pinned(t, small())
	absent := registry + "/ocp/absent@" + digestOf("absent")
	release := layout(t, later)
	warning := func(capabilities string) string {
		return "Warning: these capabilities count as disabled" + capabilities + "; the operator enables some by itself, but release 4.13.12, which the cluster runs, cannot be read: " +
			absent + ": not found: the repository has no such digest\n"
	}
	s := running(t, "4.13.12", absent, `"Console"`)
	names := []string{"manifests", release, trust, "--included-by-cluster", "-o", "name"}
	unknown := warning(", unknown to the cluster: Extra, Hosted, ImageRegistry, Novelty, Unmanaged")
	want(t, in(t, s, names...), 0, "configmap/always\n", unknown)
	want(t, in(t, s, append(names, "--strict")...), 7, "configmap/always\n", unknown+"error: there was a warning, and --strict was given\n")

	s = running(t, "4.13.12", absent, `"Extra","Hosted","ImageRegistry","Novelty","Unmanaged"`)
	want(t, in(t, s, names...), 0, "configmap/always\nconfigmap/registry\nconfigmap/hosted\nconfigmap/novelty\nconfigmap/another\n", warning(": Storage"))
}

// The running release, which does not exist here, is not read if the update excludes nothing for its capabilities, or if
// a flag gives the enabled capabilities.
func TestRunningReleaseIsNotReadUnlessNeeded(t *testing.T) {
	_, later := withoutCapabilities()
	release, absent := layout(t, later), "nowhere.invalid/ocp/absent@"+digestOf("absent")
	names := []string{"manifests", release, "--included-by-cluster", "-o", "name"}
	s := running(t, "4.13.12", absent, `"Storage","Extra","Hosted","ImageRegistry","Novelty","Unmanaged"`)
	want(t, in(t, s, names...), 0, "configmap/always\nconfigmap/registry\nconfigmap/storage\nconfigmap/hosted\nconfigmap/novelty\nconfigmap/another\n", "")
	s = running(t, "4.13.12", absent, `"Console"`)
	want(t, in(t, s, append(names, "--capabilities", "Storage,Extra")...), 0, "configmap/always\nconfigmap/storage\n", "")
	want(t, in(t, running(t, "4.14.0", absent, `"Console"`), names...), 0, "configmap/always\n", "")
}
