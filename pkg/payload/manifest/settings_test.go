package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func TestChoicesOver(t *testing.T) {
	text := func(s string) *string { return &s }
	base := func() manifest.Settings {
		return manifest.Settings{
			Profile: "p", FeatureSet: "f", ExcludeIdentifier: "x",
			Gates:             manifest.Gates{Mode: manifest.ListedGates, Enabled: []string{"A"}},
			KnownCapabilities: []string{"k"}, EnabledCapabilities: []string{"e"}, Overrides: []manifest.Override{{Name: "o"}},
		}
	}
	objects := read(t, file("0000_10_a_00.yaml", config("a").with("capability.openshift.io/name=Novel").String()))
	tests := []struct {
		name    string
		choices manifest.Choices
		change  func(*manifest.Settings)
	}{
		{"nothing", manifest.Choices{}, func(*manifest.Settings) {}},
		{"profile", manifest.Choices{Profile: text("q")}, func(s *manifest.Settings) { s.Profile = "q" }},
		{"no exclude identifier", manifest.Choices{ExcludeIdentifier: text("")}, func(s *manifest.Settings) { s.ExcludeIdentifier = "" }},
		{"a feature set takes the payload's gates", manifest.Choices{FeatureSet: text("g")}, func(s *manifest.Settings) {
			s.FeatureSet, s.Gates = "g", manifest.Gates{Mode: manifest.PayloadGates}
		}},
		{"gates beside a feature set", manifest.Choices{FeatureSet: text("g"), Gates: &manifest.Gates{Mode: manifest.UncheckedGates}}, func(s *manifest.Settings) {
			s.FeatureSet, s.Gates = "g", manifest.Gates{Mode: manifest.UncheckedGates}
		}},
		{"no capabilities", manifest.Choices{KnownCapabilities: []string{"none"}, EnabledCapabilities: []string{}}, func(s *manifest.Settings) {
			s.KnownCapabilities, s.EnabledCapabilities = []string{}, []string{}
		}},
		{"a set and a capability", manifest.Choices{EnabledCapabilities: []string{"v4.11", "Console"}}, func(s *manifest.Settings) {
			s.EnabledCapabilities = []string{"MachineAPI", "baremetal", "marketplace", "openshift-samples", "Console"}
		}},
		{"no overrides", manifest.Choices{Overrides: &[]manifest.Override{}}, func(s *manifest.Settings) { s.Overrides = []manifest.Override{} }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			want := base()
			test.change(&want)
			if diff := cmp.Diff(want, test.choices.Apply(base(), objects)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	current := manifest.Choices{EnabledCapabilities: []string{"vCurrent"}}.Apply(base(), objects).EnabledCapabilities
	if want, _ := manifest.CapabilitySet("vCurrent", []string{"Novel"}); !cmp.Equal(want, current) {
		t.Errorf("vCurrent is %v, want the capability of the payload in it too: %v", current, want)
	}
}

func TestParseGates(t *testing.T) {
	listed := func(names ...string) manifest.Gates {
		return manifest.Gates{Mode: manifest.ListedGates, Enabled: names}
	}
	for text, want := range map[string]manifest.Gates{
		"payload": {Mode: manifest.PayloadGates}, "unchecked": {Mode: manifest.UncheckedGates}, "none": listed(), "": listed(),
		"A": listed("A"), " A, ,B ": listed("A", "B"), ",": {Mode: manifest.ListedGates, Enabled: []string{}},
	} {
		if diff := cmp.Diff(want, manifest.ParseGates(text)); diff != "" {
			t.Errorf("%q: -want +got:\n%s", text, diff)
		}
	}
}
