package manifest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// named is a payload with names that this program does not know.
func named(t *testing.T) []*manifest.Object {
	return read(t, file("0000_10_a_00.yaml", texts(
		config("a").with("include.release.openshift.io/edge=true", "capability.openshift.io/name=Novel"),
		config("b").with("release.openshift.io/feature-set=NovelSet", "release.openshift.io/feature-gate=NovelGate"),
		config("d").of("apps/v1", "Deployment").in("ns"),
	)...))
}

func TestCheckNames(t *testing.T) {
	tests := []struct {
		name, want string
		named      []manifest.SettingName
	}{
		{"nothing", "", nil},
		{"no name", "", []manifest.SettingName{{Source: "--profile", Kind: manifest.ProfileName}}},
		{"known to this program", "", []manifest.SettingName{
			{Source: "--profile", Kind: manifest.ProfileName, Name: "hypershift"},
			{Source: "--feature-set", Kind: manifest.FeatureSetName, Name: "TechPreviewNoUpgrade"},
			{Source: "--capabilities", Kind: manifest.CapabilityName, Name: "Console"},
		}},
		{"known to the payload", "", []manifest.SettingName{
			{Source: "--profile", Kind: manifest.ProfileName, Name: "edge"},
			{Source: "--feature-set", Kind: manifest.FeatureSetName, Name: "NovelSet"},
			{Source: "--capabilities", Kind: manifest.CapabilityName, Name: "Novel"},
		}},
		{
			"near", "--profile hypersift: neither this program nor release 4.14.0 knows this profile; did you mean hypershift?",
			[]manifest.SettingName{{Source: "--profile", Kind: manifest.ProfileName, Name: "hypersift"}},
		},
		{
			"near nothing, and a second mistake",
			"--feature-set Xyz: neither this program nor release 4.14.0 knows this feature set; there are CustomNoUpgrade, Default, DevPreviewNoUpgrade, NovelSet, OKD, TechPreviewNoUpgrade; " +
				"--capabilities Cnsole: neither this program nor release 4.14.0 knows this capability; did you mean Console?",
			[]manifest.SettingName{
				{Source: "--feature-set", Kind: manifest.FeatureSetName, Name: "Xyz"},
				{Source: "--capabilities", Kind: manifest.CapabilityName, Name: "Cnsole"},
			},
		},
	}
	objects := named(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := manifest.CheckNames(test.named, objects, "4.14.0")
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want || err != nil && fault.KindOf(err) != fault.Usage {
				t.Errorf("got  %q (%v)\nwant %q", got, fault.KindOf(err), test.want)
			}
		})
	}
}

func TestNamedCapabilitiesLeavesSetsOut(t *testing.T) {
	got := manifest.CapabilityNames("--capabilities", []string{"none", "vCurrent", "v4.11", "Console"})
	want := []manifest.SettingName{{Source: "--capabilities", Kind: manifest.CapabilityName, Name: "Console"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWithoutEffect(t *testing.T) {
	deployment := manifest.Override{Group: "apps", Kind: "Deployment", Namespace: "ns", Name: "d"}
	override := func(change func(*manifest.Override)) manifest.Settings {
		changed := deployment
		change(&changed)
		return manifest.Settings{Overrides: []manifest.Override{changed}}
	}
	gate := func(name string) []manifest.SettingName {
		return []manifest.SettingName{{Source: "--feature-gates", Kind: manifest.FeatureGateName, Name: name}}
	}
	tests := []struct {
		name     string
		settings manifest.Settings
		gates    []manifest.SettingName
		want     []string
	}{
		{"all matches", override(func(*manifest.Override) {}), gate("NovelGate"), nil},
		{"profile", manifest.Settings{Profile: "hypershift"}, nil, []string{"no manifest names the profile hypershift: this payload has edge, self-managed-high-availability"}},
		{"gate", manifest.Settings{}, gate("NovelGates"), []string{"--feature-gates NovelGates: no manifest names this feature gate; did you mean NovelGate?"}},
		{
			"group", override(func(v *manifest.Override) { v.Group = "" }), nil,
			[]string{"--overrides: no object is Deployment ns/d; did you mean the group apps?"},
		},
		{
			"kind", override(func(v *manifest.Override) { v.Kind = "DaemonSet" }), nil,
			[]string{"--overrides: no object is apps DaemonSet ns/d; did you mean the kind Deployment?"},
		},
		{
			"namespace", override(func(v *manifest.Override) { v.Namespace = "other" }), nil,
			[]string{"--overrides: no object is apps Deployment other/d; did you mean the namespace ns?"},
		},
		{"name", override(func(v *manifest.Override) { v.Name = "dd" }), nil, []string{"--overrides: no object is apps Deployment ns/dd; did you mean d?"}},
		{"two fields", override(func(v *manifest.Override) { v.Kind, v.Group = "DaemonSet", "x" }), nil, []string{"--overrides: no object is x DaemonSet ns/d"}},
	}
	objects := named(t)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := manifest.WithoutEffect(objects, test.settings, test.gates, "--overrides")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
