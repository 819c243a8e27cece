package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func TestParseInstallConfig(t *testing.T) {
	const head = "apiVersion: v1\nmetadata:\n  name: c\nbaseDomain: example.com\npullSecret: ''\n"
	none := []string{}
	current, _ := manifest.CapabilitySet("vCurrent", nil)
	tests := map[string]struct {
		text     string
		want     manifest.InstallConfig
		settings manifest.Settings
	}{
		"little": {head, manifest.InstallConfig{}, manifest.Settings{EnabledCapabilities: current}},
		"much": {
			head + "featureSet: TechPreviewNoUpgrade\nplatform:\n  aws:\n    region: us-east-1\ncapabilities:\n  baselineCapabilitySet: None\n  additionalEnabledCapabilities: [Ingress, Build, Ingress]\n",
			manifest.InstallConfig{FeatureSet: "TechPreviewNoUpgrade", Platform: "aws", BaselineCapabilitySet: "None", AdditionalEnabledCapabilities: []string{"Ingress", "Build", "Ingress"}},
			manifest.Settings{FeatureSet: "TechPreviewNoUpgrade", EnabledCapabilities: []string{"Build", "Ingress"}},
		},
		"no capabilities": {
			head + "capabilities: {baselineCapabilitySet: None}\nplatform: {none: {}}\n",
			manifest.InstallConfig{Platform: "none", BaselineCapabilitySet: "None"},
			manifest.Settings{EnabledCapabilities: none},
		},
		"own gates": {
			head + "featureSet: CustomNoUpgrade\nfeatureGates: [A=true, 'B = True', C=false]\ncapabilities: {baselineCapabilitySet: None}\n",
			manifest.InstallConfig{FeatureSet: "CustomNoUpgrade", BaselineCapabilitySet: "None", Gates: manifest.Gates{Mode: manifest.ListedGates, Enabled: []string{"A", "B"}}},
			manifest.Settings{FeatureSet: "CustomNoUpgrade", EnabledCapabilities: none, Gates: manifest.Gates{Mode: manifest.ListedGates, Enabled: []string{"A", "B"}}},
		},
		"with its kind": {head + "kind: InstallConfig\n", manifest.InstallConfig{}, manifest.Settings{EnabledCapabilities: current}},
		"no gates of its own": {
			head + "featureSet: CustomNoUpgrade\ncapabilities: {baselineCapabilitySet: None}\n",
			manifest.InstallConfig{FeatureSet: "CustomNoUpgrade", BaselineCapabilitySet: "None", Gates: manifest.Gates{Mode: manifest.ListedGates}},
			manifest.Settings{FeatureSet: "CustomNoUpgrade", EnabledCapabilities: none, Gates: manifest.Gates{Mode: manifest.ListedGates}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := manifest.ParseInstallConfig([]byte(test.text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
			test.settings.Profile = manifest.DefaultProfile
			if diff := cmp.Diff(test.settings, got.Settings(nil)); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

// vCurrent includes the capabilities that the payload names.
func TestInstallConfigKnowsThePayload(t *testing.T) {
	got, err := manifest.ParseInstallConfig([]byte("apiVersion: v1\n"))
	if err != nil {
		t.Fatal(err)
	}
	objects := read(t, file("a.yaml", config("a").with("capability.openshift.io/name=Zoo").String()))
	if entries, _ := manifest.Evaluate(objects, got.Settings(objects)); entries[0].State != manifest.Included {
		t.Error(entries[0].Reason)
	}
}

func TestParseInstallConfigErrors(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"not YAML":            {"a: [", "install config: error converting YAML to JSON: yaml: line 1: did not find expected node content"},
		"another file":        {"apiVersion: v1beta1\n", `this is not an install config: its apiVersion is "v1beta1", want v1`},
		"empty":               {"", "this is not an install config: it is empty"},
		"without apiVersion":  {"platform: {}\n", `this is not an install config: its apiVersion is "", want v1`},
		"list":                {"- apiVersion: v1\n", "this is not an install config: it is not a YAML object"},
		"text":                {"install-config.yaml\n", "this is not an install config: it is not a YAML object"},
		"kubeconfig":          {"apiVersion: v1\nkind: Config\nclusters: []\n", "this is not an install config: its kind is Config (apiVersion v1)"},
		"ConfigMap":           {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n", "this is not an install config: its kind is ConfigMap (apiVersion v1)"},
		"cluster-config-v1":   {"apiVersion: v1\nkind: ConfigMap\ndata: {install-config: 'apiVersion: v1'}\n", "this is not an install config: it is a ConfigMap that has one in data.install-config; save that as a file of its own"},
		"agent config":        {"apiVersion: v1beta1\nkind: AgentConfig\n", "this is not an install config: its kind is AgentConfig (apiVersion v1beta1)"},
		"other fields":        {"apiVersion: v1\nservices: []\nnetworks: {}\n", "this is not an install config: it has no field of an install config, only networks, services"},
		"several platforms":   {"apiVersion: v1\nplatform: {gcp: {}, aws: {}}\n", "install config: several platforms: aws, gcp"},
		"gates without set":   {"apiVersion: v1\nfeatureGates: [A=true]\n", "install config: featureGates need featureSet CustomNoUpgrade"},
		"gate without value":  {"apiVersion: v1\nfeatureSet: CustomNoUpgrade\nfeatureGates: [A]\n", `install config: feature gate "A", want NAME=true or NAME=false`},
		"gate without name":   {"apiVersion: v1\nfeatureSet: CustomNoUpgrade\nfeatureGates: ['=true']\n", `install config: feature gate "=true", want NAME=true or NAME=false`},
		"unknown capabilites": {"apiVersion: v1\ncapabilities: {baselineCapabilitySet: v4.99}\n", `install config: unknown baselineCapabilitySet "v4.99", want one of None, v4.11, v4.12, v4.13, v4.14, v4.15, v4.16, v4.17, v4.18, vCurrent`},
		"too long":            {strings.Repeat("#", 5<<20), "the install config has 5242880 bytes, more than 4194304"},
		"aliases":             {"a: &a " + strings.Repeat("x", 100_000) + "\nb: [" + strings.Repeat("*a,", 1000) + "]\n", "install config: its aliases expand to more than the 16777216 bytes that this program reads"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := manifest.ParseInstallConfig([]byte(test.text))
			if err == nil || err.Error() != test.want || fault.KindOf(err) != fault.Usage {
				t.Errorf("%v, want %s", err, test.want)
			}
		})
	}
}
