package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func TestCapabilitySet(t *testing.T) {
	v411 := []string{"MachineAPI", "baremetal", "marketplace", "openshift-samples"}
	current := []string{
		"Build", "CSISnapshot", "CloudControllerManager", "CloudCredential", "Console", "DeploymentConfig", "ImageRegistry", "Ingress",
		"Insights", "MachineAPI", "NodeTuning", "OperatorLifecycleManager", "OperatorLifecycleManagerV1", "Storage", "baremetal", "marketplace", "openshift-samples",
	}
	tests := map[string]struct {
		seen, want []string
		ok         bool
	}{
		"None":     {[]string{"New"}, []string{}, true},
		"none":     {nil, []string{}, true},
		"v4.11":    {[]string{"New"}, v411, true},
		"v4.12":    {nil, []string{"CSISnapshot", "Console", "Insights", "MachineAPI", "Storage", "baremetal", "marketplace", "openshift-samples"}, true},
		"vCurrent": {nil, current, true},
		"vcurrent": {[]string{"Console", "Zoo"}, append(append([]string(nil), current[:14]...), "Zoo", "baremetal", "marketplace", "openshift-samples"), true},
		"v4.18":    {[]string{"Zoo"}, current, true},
		"v4.10":    {},
		"v4.19":    {},
		"v4.1":     {},
		"":         {},
	}
	for name, test := range tests {
		got, ok := manifest.CapabilitySet(name, test.seen)
		if diff := cmp.Diff(test.want, got); diff != "" || ok != test.ok {
			t.Errorf("%q: %t (-want +got):\n%s", name, ok, diff)
		}
	}
	sizes := map[string]int{"v4.13": 9, "v4.14": 12, "v4.15": 14, "v4.16": 16, "v4.17": 16}
	for name, size := range sizes {
		if got, _ := manifest.CapabilitySet(name, nil); len(got) != size {
			t.Errorf("%s: %d capabilities, want %d", name, len(got), size)
		}
	}
	for _, name := range manifest.CapabilitySetNames() {
		if _, ok := manifest.CapabilitySet(name, nil); !ok {
			t.Errorf("%s is unknown", name)
		}
	}
}

func TestCapabilitiesOf(t *testing.T) {
	objects := read(t, file("a.yaml", texts(config("a"), config("b").with("capability.openshift.io/name=B+A"), config("c").with("capability.openshift.io/name=A"))...))
	if diff := cmp.Diff([]string{"A", "B"}, manifest.CapabilitiesOf(objects)); diff != "" {
		t.Error(diff)
	}
}

func TestMajorVersion(t *testing.T) {
	if v := manifest.MajorVersion("5.1.0-rc.2"); v == nil || *v != 5 {
		t.Error(v)
	}
	if v := manifest.MajorVersion("latest"); v != nil {
		t.Error(*v)
	}
}

// TestImplicitCapabilities compares an object of an update with the one of the running payload.
func TestImplicitCapabilities(t *testing.T) {
	const needs = "capability.openshift.io/name="
	for name, test := range map[string]struct {
		running, update, enabled, want string
	}{
		"newly optional":                  {config("a").String(), config("a").with(needs + "New").String(), "", "New"},
		"enabled already":                 {config("a").String(), config("a").with(needs + "New").String(), "New", ""},
		"one capability more":             {config("a").with(needs + "Old").String(), config("a").with(needs + "Old+New").String(), "Old", "New"},
		"several":                         {config("a").String(), config("a").with(needs + "B+A").String(), "", "A B"},
		"not applied in the running one":  {config("a").with(needs + "Old").String(), config("a").with(needs + "New").String(), "", ""},
		"not in the running one":          {config("b").String(), config("a").with(needs + "New").String(), "", ""},
		"of another kind":                 {strings.ReplaceAll(config("a").String(), "ConfigMap", "Secret"), config("a").with(needs + "New").String(), "", ""},
		"of another group":                {strings.ReplaceAll(config("a").String(), "apiVersion: v1", "apiVersion: g/v1"), config("a").with(needs + "New").String(), "", ""},
		"of another version of the group": {strings.ReplaceAll(config("a").String(), "apiVersion: v1", "apiVersion: g/v1beta1"), strings.ReplaceAll(config("a").with(needs+"New").String(), "apiVersion: v1", "apiVersion: g/v1"), "", "New"},
		"the same capability in both":     {config("a").with(needs + "Old").String(), config("a").with(needs + "Old").String(), "", ""},
		"not loaded in the update":        {config("a").String(), config("a").with(needs+"New", "release.openshift.io/feature-set=TechPreviewNoUpgrade").String(), "", ""},
		"not loaded in the running one":   {config("a").with("release.openshift.io/feature-set=TechPreviewNoUpgrade").String(), config("a").with(needs + "New").String(), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			enabled := strings.Fields(test.enabled)
			settings := manifest.Settings{EnabledCapabilities: append([]string{}, enabled...)}
			running, _ := manifest.Evaluate(read(t, file("a.yaml", test.running)), settings)
			objects := read(t, file("a.yaml", test.update))
			update, _ := manifest.Evaluate(objects, settings)
			got := manifest.ImplicitCapabilities(running, update, enabled)
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			settings.ImplicitCapabilities = got
			if after, _ := manifest.Evaluate(objects, settings); test.want != "" && (after[0].State != manifest.Included || !strings.HasPrefix(after[0].Reason, "implicitly enabled capabilit")) {
				t.Errorf("%s: %s", after[0].State, after[0].Reason)
			}
		})
	}
}
