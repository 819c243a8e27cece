package cluster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func TestVersionRelease(t *testing.T) {
	v := &cluster.Version{
		Desired:          cluster.Release{Version: "4.14.1", Image: "single"},
		AvailableUpdates: []cluster.Release{{Version: "4.14.2", Image: "several", Architecture: "Multi"}},
		History:          []cluster.Release{{Version: "4.14.0-s390x", Image: "named"}},
	}
	const running, update, history = "the release of the cluster", "an available update of the cluster", "in the history of the cluster"
	for _, test := range []struct{ version, arch, wanted, image, where string }{
		{"4.14.1", "", "", "single", running},
		{"4.14.1", "", "s390x", "", ""}, // the cluster does not say for which architecture it is
		{"4.14.1", "x86_64", "", "", ""},
		{"4.14.1", "multi", "", "", ""},
		{"4.14.2", "", "", "several", update},
		{"4.14.2", "", "s390x", "several", update},
		{"4.14.2", "multi", "", "several", update},
		{"4.14.2", "s390x", "", "", ""},
		{"4.14.0", "s390x", "", "named", history},
		{"4.14.0", "", "", "", ""},
		{"4.14.9", "", "", "", ""},
	} {
		got, where, ok := v.Release(test.version, test.arch, test.wanted)
		if got.Image != test.image || where != test.where || ok != (test.image != "") {
			t.Errorf("%+v: got %q, %q, %v", test, got.Image, where, ok)
		}
	}
	for version, want := range map[string]bool{"4.14.1": true, "4.14.2": true, "4.14.0": false, "4.14.0-s390x": true} {
		if got := v.HasVersion(version); got != want {
			t.Errorf("%s is known: %v, want %v", version, got, want)
		}
	}
}

func TestInclusion(t *testing.T) {
	version := `{"status":{"desired":{"version":"4.14.1"}}}`
	gates := `{"spec":{"featureSet":"TechPreviewNoUpgrade"}}`
	whole := func() *testcluster.Server {
		return testcluster.New(t).With(testcluster.ClusterVersion, version).With(testcluster.FeatureGate, gates).WithOperator("CLUSTER_PROFILE=p", "EXCLUDE_MANIFESTS=x")
	}
	s := whole()
	i, _, err := connected(s).Inclusion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if i.Version.Desired.Version != "4.14.1" || i.Gates.FeatureSet != "TechPreviewNoUpgrade" || i.Operator.Profile != "p" || i.Operator.ExcludeIdentifier != "x" {
		t.Errorf("got %+v, %+v, %+v", i.Version, i.Gates, i.Operator)
	}

	s = whole()
	i, _, err = connected(s).Inclusion(t.Context(), cluster.PartGates, cluster.PartOperator)
	if got := s.Requests(); err != nil || len(got) != 1 || !strings.Contains(got[0], testcluster.ClusterVersion) {
		t.Errorf("got %v and the requests %q, want the ClusterVersion alone", err, got)
	}
	if settings := i.Settings(nil, "4.14.1"); settings.Profile != manifest.DefaultProfile || settings.FeatureSet != "" {
		t.Errorf("got %+v", settings)
	}

	for _, test := range []struct {
		server *testcluster.Server
		failed cluster.Part
		kind   fault.Kind
	}{
		{testcluster.New(t), cluster.PartVersion, fault.NotFound},
		{testcluster.New(t).With(testcluster.ClusterVersion, version).With(testcluster.FeatureGate, "["), cluster.PartGates, fault.Integrity},
		{testcluster.New(t).With(testcluster.ClusterVersion, version).With(testcluster.FeatureGate, gates).With(testcluster.Operator, "["), cluster.PartOperator, fault.Integrity},
	} {
		if _, failed, err := connected(test.server).Inclusion(t.Context()); failed != test.failed || fault.KindOf(err) != test.kind {
			t.Errorf("failed at %q with %v (%v), want %q and %v", failed, err, fault.KindOf(err), test.failed, test.kind)
		}
	}
}

func TestInclusionSettings(t *testing.T) {
	four := uint64(4)
	inclusion := func(change func(*cluster.Inclusion)) *cluster.Inclusion {
		i := &cluster.Inclusion{
			Version: &cluster.Version{
				Desired:           cluster.Release{Version: "4.14.1"},
				Overrides:         []manifest.Override{{Name: "o"}},
				KnownCapabilities: []string{"Build", "Console"}, EnabledCapabilities: []string{"Console"},
				BaselineCapabilitySet: "None", AdditionalCapabilities: []string{"Insights"},
			},
			Gates:    &cluster.FeatureGates{},
			Operator: cluster.Operator{Profile: "p", ExcludeIdentifier: "x"},
		}
		change(i)
		return i
	}
	common := manifest.Settings{Profile: "p", ExcludeIdentifier: "x", Overrides: []manifest.Override{{Name: "o"}}, MajorVersion: &four}
	with := func(change func(*manifest.Settings)) manifest.Settings {
		s := common
		change(&s)
		return s
	}
	for _, test := range []struct {
		name, version string
		inclusion     *cluster.Inclusion
		want          manifest.Settings
	}{
		{"the running release", "4.14.1", inclusion(func(*cluster.Inclusion) {}), with(func(s *manifest.Settings) {
			s.KnownCapabilities, s.EnabledCapabilities = []string{"Build", "Console"}, []string{"Console"}
		})},
		{"an update", "4.15.0", inclusion(func(*cluster.Inclusion) {}), with(func(s *manifest.Settings) {
			s.EnabledCapabilities = []string{"Console", "Insights"}
		})},
		{"an update with a baseline", "4.15.0", inclusion(func(i *cluster.Inclusion) { i.Version.BaselineCapabilitySet = "v4.11" }), with(func(s *manifest.Settings) {
			s.EnabledCapabilities = []string{"Console", "Insights", "MachineAPI", "baremetal", "marketplace", "openshift-samples"}
		})},
		{"a cluster older than capabilities", "4.14.1", inclusion(func(i *cluster.Inclusion) { i.Version.KnownCapabilities, i.Version.EnabledCapabilities = nil, nil }), common},
		{"a custom feature set", "4.15.0", inclusion(func(i *cluster.Inclusion) {
			i.Version.KnownCapabilities = nil
			i.Gates = &cluster.FeatureGates{FeatureSet: "CustomNoUpgrade", Custom: []string{"A"}}
		}), with(func(s *manifest.Settings) {
			s.FeatureSet, s.Gates = "CustomNoUpgrade", manifest.Gates{Mode: manifest.ListedGates, Enabled: []string{"A"}}
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.inclusion.Settings(nil, test.version)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// ReleaseImage is the cluster's pull spec of its own release only.
func TestInclusionReleaseImage(t *testing.T) {
	list, child, other := digest.FromString("list"), digest.FromString("child"), digest.FromString("other")
	i := &cluster.Inclusion{Version: &cluster.Version{Desired: cluster.Release{Image: "quay.io/r/r@" + child.String()}}}
	if got := i.ReleaseImage(list, child); got != "quay.io/r/r@"+child.String() {
		t.Errorf("got %q", got)
	}
	if got := i.ReleaseImage(other); got != "" {
		t.Errorf("got %q for another release", got)
	}
}

func TestInclusionUndecided(t *testing.T) {
	i := &cluster.Inclusion{Version: &cluster.Version{Desired: cluster.Release{Version: "4.14.1"}, KnownCapabilities: []string{"Build"}}}
	const end = "; the operator enables some by itself, but release 4.14.1, which the cluster runs, cannot be read"
	for missing, want := range map[string]string{
		"Build":       "these capabilities count as disabled: Build" + end,
		"Build Novel": "these capabilities count as disabled, unknown to the cluster: Novel" + end,
	} {
		if got := i.UndecidedCapabilities(strings.Fields(missing)); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
