package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Each rule with its reason. Unless a test says otherwise, no feature gate is enabled.
func TestRules(t *testing.T) {
	crd := config("x").of("apiextensions.k8s.io/v1", "CustomResourceDefinition")
	gate := config("x").of("config.openshift.io/v1", "FeatureGate")
	profile := config("x").plain()
	tests := map[string]struct {
		object   object
		settings manifest.Settings
		state    manifest.State
		reason   string
		loaded   bool
	}{
		"included":       {object: config("x"), state: manifest.Included, loaded: true},
		"no annotations": {object: config("x").plain(), state: manifest.Excluded, reason: "no annotations"},
		"excluded by identifier": {
			object: config("x").with("exclude.release.openshift.io/me=true"), settings: manifest.Settings{ExcludeIdentifier: "me"},
			state: manifest.Excluded, reason: "exclude.release.openshift.io/me=true",
		},
		"not excluded by another value": {
			object: config("x").with("exclude.release.openshift.io/me=yes"), settings: manifest.Settings{ExcludeIdentifier: "me"},
			state: manifest.Included, loaded: true,
		},
		"not excluded by another identifier": {
			object: config("x").with("exclude.release.openshift.io/you=true"), settings: manifest.Settings{ExcludeIdentifier: "me"},
			state: manifest.Included, loaded: true,
		},
		"set and gate": {
			object: config("x").with("release.openshift.io/feature-set=Default", "release.openshift.io/feature-gate="),
			state:  manifest.Excluded, reason: "release.openshift.io/feature-set and release.openshift.io/feature-gate exclude each other",
		},
		"set and gate, gates unchecked": {
			object:   config("x").with("release.openshift.io/feature-set=Default", "release.openshift.io/feature-gate=A"),
			settings: manifest.Settings{Gates: manifest.Gates{Mode: manifest.UncheckedGates}}, state: manifest.Included, loaded: true,
		},
		"default set":       {object: config("x").with("release.openshift.io/feature-set=OKD,Default"), state: manifest.Included, loaded: true},
		"default set named": {object: config("x").with("release.openshift.io/feature-set=Default"), settings: manifest.Settings{FeatureSet: "Default"}, state: manifest.Included, loaded: true},
		"other set": {
			object: config("x").with("release.openshift.io/feature-set=TechPreviewNoUpgrade"),
			state:  manifest.Excluded, reason: "release.openshift.io/feature-set=TechPreviewNoUpgrade, the feature set is Default",
		},
		"set asked for": {
			object:   config("x").with("release.openshift.io/feature-set=DevPreviewNoUpgrade,CustomNoUpgrade"),
			settings: manifest.Settings{FeatureSet: "CustomNoUpgrade"}, state: manifest.Included, loaded: true,
		},
		"unknown set": {
			object: config("x").with("release.openshift.io/feature-set=Default, OKD"),
			state:  manifest.Excluded, reason: `release.openshift.io/feature-set=Default, OKD: unknown feature set " OKD"`,
		},
		"empty set": {
			object: config("x").with("release.openshift.io/feature-set="),
			state:  manifest.Excluded, reason: `release.openshift.io/feature-set=: unknown feature set ""`,
		},
		"gate missing": {object: config("x").with("release.openshift.io/feature-gate=A"), state: manifest.Excluded, reason: "feature gate A is not enabled"},
		"gates": {
			object: config("x").with("release.openshift.io/feature-gate= A ,, -C"), settings: manifest.Settings{Gates: manifest.Gates{Mode: manifest.ListedGates, Enabled: []string{"A", "B"}}},
			state: manifest.Included, loaded: true,
		},
		"gate enabled": {
			object: config("x").with("release.openshift.io/feature-gate=A,-B"), settings: manifest.Settings{Gates: manifest.Gates{Mode: manifest.ListedGates, Enabled: []string{"A", "B"}}},
			state: manifest.Excluded, reason: "feature gate B is enabled",
		},
		"gates unchecked": {
			object: config("x").with("release.openshift.io/feature-gate=A"), settings: manifest.Settings{Gates: manifest.Gates{Mode: manifest.UncheckedGates}},
			state: manifest.Included, loaded: true,
		},
		"major version": {object: crd.with("release.openshift.io/major-version=5, 4 ,"), settings: manifest.Settings{MajorVersion: new(uint64(4))}, state: manifest.Included, loaded: true},
		"other major version": {
			object: gate.with("release.openshift.io/major-version=5"), settings: manifest.Settings{MajorVersion: new(uint64(4))},
			state: manifest.Excluded, reason: "release.openshift.io/major-version=5, the major version is 4",
		},
		"excluded major version": {
			object: crd.with("release.openshift.io/major-version=-4"), settings: manifest.Settings{MajorVersion: new(uint64(4))},
			state: manifest.Excluded, reason: "release.openshift.io/major-version=-4, the major version is 4",
		},
		"other excluded major version": {object: crd.with("release.openshift.io/major-version=-5"), settings: manifest.Settings{MajorVersion: new(uint64(4))}, state: manifest.Included, loaded: true},
		"major version unchecked":      {object: crd.with("release.openshift.io/major-version=5"), state: manifest.Included, loaded: true},
		"major version 0":              {object: crd.with("release.openshift.io/major-version=-5"), settings: manifest.Settings{MajorVersion: new(uint64(0))}, state: manifest.Included, loaded: true},
		"major version of another kind": {
			object: config("x").with("release.openshift.io/major-version=4"), settings: manifest.Settings{MajorVersion: new(uint64(4))},
			state: manifest.Excluded, reason: "release.openshift.io/major-version is for FeatureGate and CustomResourceDefinition only",
		},
		"major version both ways": {
			object: crd.with("release.openshift.io/major-version=4,-4"), settings: manifest.Settings{MajorVersion: new(uint64(4))},
			state: manifest.Excluded, reason: "release.openshift.io/major-version=4,-4: a version is included and excluded",
		},
		"major version in words": {
			object: crd.with("release.openshift.io/major-version=four"), settings: manifest.Settings{MajorVersion: new(uint64(4))},
			state: manifest.Excluded, reason: `release.openshift.io/major-version=four: invalid version "four"`,
		},
		"other profile": {object: config("x"), settings: manifest.Settings{Profile: "hypershift"}, state: manifest.Excluded, reason: "include.release.openshift.io/hypershift unset"},
		"true in capitals": {
			object: profile.with("include.release.openshift.io/self-managed-high-availability=True"),
			state:  manifest.Excluded, reason: "include.release.openshift.io/self-managed-high-availability=True, not true",
		},
		"for the config operator": {
			object: profile.with("include.release.openshift.io/self-managed-high-availability=false-except-for-the-config-operator"),
			state:  manifest.Excluded, reason: "include.release.openshift.io/self-managed-high-availability=false-except-for-the-config-operator, not true",
		},
		"capabilities unchecked": {object: config("x").with("capability.openshift.io/name=A+B"), state: manifest.Included, loaded: true},
		"known":                  {object: config("x").with("capability.openshift.io/name=A+B"), settings: manifest.Settings{KnownCapabilities: []string{"B", "A"}}, state: manifest.Included, loaded: true},
		"unknown": {
			object: config("x").with("capability.openshift.io/name=A+B"), settings: manifest.Settings{KnownCapabilities: []string{"A"}},
			state: manifest.Excluded, reason: "unknown capability B",
		},
		"none known": {
			object: config("x").with("capability.openshift.io/name=A+B"), settings: manifest.Settings{KnownCapabilities: []string{}},
			state: manifest.Excluded, reason: "unknown capabilities A, B",
		},
		"disabled": {
			object: config("x").with("capability.openshift.io/name=A+B"), settings: manifest.Settings{KnownCapabilities: []string{"A", "B"}, EnabledCapabilities: []string{"A"}},
			state: manifest.Excluded, reason: "disabled capability B", loaded: true,
		},
		"none enabled":     {object: config("x").with("capability.openshift.io/name=A"), settings: manifest.Settings{EnabledCapabilities: []string{}}, state: manifest.Excluded, reason: "disabled capability A", loaded: true},
		"empty capability": {object: config("x").with("capability.openshift.io/name="), settings: manifest.Settings{KnownCapabilities: []string{}, EnabledCapabilities: []string{}}, state: manifest.Included, loaded: true},
		"overridden": {
			object: config("x").in("ns"), settings: manifest.Settings{Overrides: []manifest.Override{{Kind: "ConfigMap", Namespace: "ns", Name: "x", Unmanaged: true}}},
			state: manifest.Excluded, reason: "overridden: unmanaged", loaded: true,
		},
		"overridden without namespace": {
			object: config("x"), settings: manifest.Settings{Overrides: []manifest.Override{{Kind: "ConfigMap", Namespace: "ns", Name: "x", Unmanaged: true}}},
			state: manifest.Excluded, reason: "overridden: unmanaged", loaded: true,
		},
		"managed": {
			object: config("x"), settings: manifest.Settings{Overrides: []manifest.Override{{Kind: "ConfigMap", Name: "x"}, {Kind: "ConfigMap", Name: "x", Unmanaged: true}}},
			state: manifest.Included, loaded: true,
		},
		"another overridden": {
			object: config("x").in("ns"), settings: manifest.Settings{Overrides: []manifest.Override{
				{Group: "apps", Kind: "ConfigMap", Namespace: "ns", Name: "x", Unmanaged: true},
				{Kind: "Secret", Namespace: "ns", Name: "x", Unmanaged: true},
				{Kind: "ConfigMap", Namespace: "other", Name: "x", Unmanaged: true},
				{Kind: "ConfigMap", Namespace: "ns", Name: "y", Unmanaged: true},
			}},
			state: manifest.Included, loaded: true,
		},
		"invalid": {object: config("\"\""), state: manifest.Invalid, reason: "required field name is missing"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			loaded := load(file("0000_50_x_1.yaml", test.object.String()))
			if test.settings.Gates.Mode == manifest.PayloadGates {
				test.settings.Gates.Mode = manifest.ListedGates
			}
			entries, warnings := manifest.Evaluate(loaded.Objects, test.settings)
			if len(entries) != 1 || len(warnings) > 0 {
				t.Fatalf("%d entries, warnings %v", len(entries), warnings)
			}
			e := entries[0]
			if e.State != test.state || e.Reason != test.reason || e.Loaded != test.loaded {
				t.Errorf("%s, %q, loaded %t, want %s, %q, %t", e.State, e.Reason, e.Loaded, test.state, test.reason, test.loaded)
			}
			if index := map[bool]int{true: 1}[test.loaded]; e.Index != index {
				t.Errorf("index %d, want %d", e.Index, index)
			}
		})
	}
}

// The reason is the first of several rules that fail, in this order.
func TestFirstRule(t *testing.T) {
	annotations := []string{
		"exclude.release.openshift.io/me=true",
		"release.openshift.io/feature-set=OKD",
		"release.openshift.io/feature-gate=A",
		"release.openshift.io/major-version=5",
		"include.release.openshift.io/self-managed-high-availability=no",
		"capability.openshift.io/name=A",
	}
	o := config("x").of("config.openshift.io/v1", "FeatureGate").plain()
	settings := manifest.Settings{
		ExcludeIdentifier: "me", MajorVersion: new(uint64(4)), Gates: manifest.Gates{Mode: manifest.ListedGates}, KnownCapabilities: []string{},
		EnabledCapabilities: []string{}, Overrides: []manifest.Override{{Group: "config.openshift.io", Kind: "FeatureGate", Name: "x", Unmanaged: true}},
	}
	reason := func(annotations ...string) string {
		entries, _ := manifest.Evaluate(read(t, file("a.yaml", o.with(annotations...).String())), settings)
		return entries[0].Reason
	}
	included := "include.release.openshift.io/self-managed-high-availability=true"
	got := []string{
		reason(annotations...), reason(annotations[1:]...), reason(annotations[1], annotations[3]), reason(annotations[2:]...), reason(annotations[3:]...), reason(annotations[4:]...),
		reason(included, annotations[5]),
	}
	settings.KnownCapabilities = nil
	got = append(got, reason(included, annotations[5]), reason(included))
	want := []string{
		"exclude.release.openshift.io/me=true",
		"release.openshift.io/feature-set and release.openshift.io/feature-gate exclude each other",
		"release.openshift.io/feature-set=OKD, the feature set is Default",
		"feature gate A is not enabled",
		"release.openshift.io/major-version=5, the major version is 4",
		"include.release.openshift.io/self-managed-high-availability=no, not true",
		"unknown capability A",
		"disabled capability A",
		"overridden: unmanaged",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reasons (-want +got):\n%s", diff)
	}
}

// Index numbers all loaded objects. Enabled capabilities and overrides do not change the numbers or the hash.
func TestLoadedAndApplied(t *testing.T) {
	objects := read(t, file("a.yaml", texts(config("a"), config("b").plain(), config("c").with("capability.openshift.io/name=C"), config("d"))...))
	all, _ := manifest.Evaluate(objects, manifest.Settings{})
	few, _ := manifest.Evaluate(objects, manifest.Settings{EnabledCapabilities: []string{}, Overrides: []manifest.Override{{Kind: "ConfigMap", Name: "d", Unmanaged: true}}})
	states := func(entries []manifest.Entry) string {
		var out []string
		for _, e := range entries {
			out = append(out, string(e.State[:2])+string(rune('0'+e.Index)))
		}
		return strings.Join(out, " ")
	}
	if got := states(all) + "; " + states(few); got != "in1 ex0 in2 in3; in1 ex0 ex2 ex3" {
		t.Error(got)
	}
	one, err := manifest.Hash(all)
	if err != nil {
		t.Fatal(err)
	}
	if two, err := manifest.Hash(few); err != nil || one != two {
		t.Errorf("hashes %s and %s, %v", one, two, err)
	}
	known, _ := manifest.Evaluate(objects, manifest.Settings{KnownCapabilities: []string{}})
	if three, err := manifest.Hash(known); err != nil || one == three {
		t.Errorf("hashes %s and %s, %v", one, three, err)
	}
}
