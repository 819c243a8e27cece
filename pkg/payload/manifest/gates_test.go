package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// gates is the manifest with the gates that a feature set enables.
func gates(spec string, enabled ...string) object {
	body := "spec: " + spec + "\nstatus:\n  featureGates:\n  - version: 4.22.0\n    disabled:\n    - name: Off\n    enabled:\n"
	for _, name := range enabled {
		body += "    - name: " + name + "\n"
	}
	return config("cluster").of("config.openshift.io/v1", "FeatureGate").plain().holding(body)
}

func TestEnabledGates(t *testing.T) {
	const ha, ibm = "include.release.openshift.io/self-managed-high-availability=false-except-for-the-config-operator",
		"include.release.openshift.io/ibm-cloud-managed=false-except-for-the-config-operator"
	objects := read(t,
		file("1.yaml", gates("{}", "B", "A").with(ha, "release.openshift.io/feature-set=Default", "release.openshift.io/major-version=4,6").String()),
		file("2.yaml", gates("{}", "Five").with(ha, "release.openshift.io/feature-set=Default", "release.openshift.io/major-version=5").String()),
		file("3.yaml", gates("{featureSet: TechPreviewNoUpgrade}", "Tech").with(ha, "release.openshift.io/feature-set=TechPreviewNoUpgrade").String()),
		file("4.yaml", gates("{featureSet: OKD}", "Old").with(ha).String()), // as older releases have it
		file("5.yaml", gates("{}", "Cloud").with(ibm, "release.openshift.io/feature-set=Default").String()),
		file("6.yaml", gates("{}", "Applied").with("include.release.openshift.io/self-managed-high-availability=true").String()),
		file("7.yaml", gates("{}", "Other").of("example.com/v1", "FeatureGate").with(ha).String()),
	)
	tests := map[string]struct {
		settings manifest.Settings
		want     string
		ok       bool
	}{
		"default":             {manifest.Settings{MajorVersion: new(uint64(4))}, "A,B", true},
		"default by name":     {manifest.Settings{MajorVersion: new(uint64(6)), FeatureSet: "Default"}, "A,B", true},
		"next major version":  {manifest.Settings{MajorVersion: new(uint64(5))}, "Five", true},
		"any major version":   {manifest.Settings{}, "A,B,Five", true},
		"no major version":    {manifest.Settings{MajorVersion: new(uint64(3))}, "", false},
		"feature set":         {manifest.Settings{FeatureSet: "TechPreviewNoUpgrade"}, "Tech", true},
		"older feature set":   {manifest.Settings{FeatureSet: "OKD"}, "Old", true},
		"profile":             {manifest.Settings{Profile: "ibm-cloud-managed"}, "Cloud", true},
		"profile without":     {manifest.Settings{Profile: "hypershift"}, "", false},
		"feature set without": {manifest.Settings{FeatureSet: "CustomNoUpgrade"}, "", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok, err := manifest.EnabledGates(objects, test.settings)
			if err != nil || ok != test.ok || strings.Join(got, ",") != test.want {
				t.Errorf("%v, %t, %v, want %s, %t", got, ok, err, test.want, test.ok)
			}
		})
	}
}

// The warning about a payload without FeatureGate manifest is only for payloads with gates.
func TestGatesNotFound(t *testing.T) {
	quiet := read(t, file("a.yaml", config("a").String()))
	if _, warnings := manifest.Evaluate(quiet, manifest.Settings{}); len(warnings) > 0 {
		t.Errorf("warnings: %v", warnings)
	}
	objects := read(t, file("a.yaml", config("a").with("release.openshift.io/feature-gate=-A").String()))
	entries, warnings := manifest.Evaluate(objects, manifest.Settings{Profile: "p", FeatureSet: "OKD"})
	want := []manifest.Warning{{Message: "the payload has no FeatureGate manifest for profile p and feature set OKD: no gate is enabled"}}
	if diff := cmp.Diff(want, warnings); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if got := entries[0].Reason; got != "include.release.openshift.io/p unset" {
		t.Error(got)
	}
	if got := warnings[0].String(); got != want[0].Message {
		t.Error(got)
	}
}

func TestGatesUnreadable(t *testing.T) {
	objects := read(t, file("a.yaml", config("cluster").of("config.openshift.io/v1", "FeatureGate").plain().
		with("include.release.openshift.io/self-managed-high-availability=false-except-for-the-config-operator").holding("status: none\n").String()))
	_, warnings := manifest.Evaluate(objects, manifest.Settings{})
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0].String(), "feature gates of the payload: a.yaml#1: reading feature gates: ") {
		t.Errorf("warnings: %v", warnings)
	}
}
