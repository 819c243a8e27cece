package impact_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// gates returns a FeatureGate manifest of a profile and feature set. Gates with a hyphen are disabled.
func gates(profile, set, major string, gates ...string) string {
	text := "apiVersion: config.openshift.io/v1\nkind: FeatureGate\nmetadata:\n  name: cluster\n  annotations:\n" +
		"    include.release.openshift.io/" + profile + ": false-except-for-the-config-operator\n"
	if major != "" {
		text += "    release.openshift.io/major-version: \"" + major + "\"\n"
	}
	text += "    release.openshift.io/feature-set: " + set + "\nspec:\n  featureSet: " + strings.TrimSuffix(set, "Default") + "\nstatus:\n  featureGates:\n  - enabled:\n"
	disabled := "    disabled:\n"
	for _, g := range gates {
		if name, off := strings.CutPrefix(g, "-"); off {
			disabled += "    - name: " + name + "\n"
		} else {
			text += "    - name: " + name + "\n"
		}
	}
	return text + disabled
}

func TestFeatureGates(t *testing.T) {
	const profile = "self-managed-high-availability"
	const start = " feature-gate FeatureGate cluster 0000_50_a_1.yaml: profile self-managed-high-availability and feature set "
	checkUpdates(t, map[string]update{
		"changed": {
			old: files{file: gates(profile, "Default", "", "A", "B", "-C", "-D", "E")}, new: files{file: gates(profile, "Default", "", "A", "-B", "C", "-F", "G")},
			want: []string{
				"warning" + start + "Default: disabled: B",
				"warning" + start + "Default: enabled: C, G",
				"info" + start + "Default: new and disabled: F",
				"info" + start + "Default: no longer listed (was disabled): D",
				"info" + start + "Default: no longer listed (was enabled): E",
			},
		},
		"of another feature set": {
			old: files{file: gates(profile, "TechPreviewNoUpgrade", "", "-A")}, new: files{file: gates(profile, "TechPreviewNoUpgrade", "", "A")},
			want: []string{"info" + start + "TechPreviewNoUpgrade: enabled: A"},
		},
		"order": {old: files{file: gates(profile, "Default", "", "A", "B")}, new: files{file: gates(profile, "Default", "", "B", "A")}},
		"moved": {old: files{file: gates(profile, "Default", "", "A")}, new: files{file2: gates(profile, "Default", "", "A")}},
		"other major versions": {
			old: files{file: gates(profile, "Default", "4", "A"), file2: gates(profile, "Default", "5", "A")},
			new: files{file: gates(profile, "Default", "4,5", "A"), file2: gates(profile, "Default", "6", "-A", "B")},
		},
		"new major version of the release": {
			old: files{file: gates(profile, "Default", "4", "A")}, new: files{file: gates(profile, "Default", "5", "-A")}, from: "4.20.0", to: "5.0.0",
			want: []string{"warning" + start + "Default: disabled: A"},
		},
		"new feature set": {
			old: files{file: gates(profile, "Default", "", "A")}, new: files{file: gates(profile, "Default", "", "A"), file2: gates("hypershift", "Default", "", "A")},
			want: []string{"info feature-gate FeatureGate cluster 0000_50_a_2.yaml: gates for profile hypershift and feature set Default are new"},
		},
		"feature set that is gone": {
			old:  files{file: gates(profile, "Default", "", "A")},
			want: []string{"info feature-gate FeatureGate cluster 0000_50_a_1.yaml: 4.19.0 has no gates for profile self-managed-high-availability and feature set Default"},
		},
	})
	t.Run("of a cluster", func(t *testing.T) {
		old := files{file: gates(profile, "Default", "", "A"), file2: gates("hypershift", "Default", "", "A")}
		new := files{file: gates(profile, "Default", "", "-A"), file2: gates("hypershift", "Default", "", "-A")}
		for profile, want := range map[string]string{
			"":           "warning" + start + "Default: disabled: A",
			"hypershift": "warning feature-gate FeatureGate cluster 0000_50_a_2.yaml: profile hypershift and feature set Default: disabled: A",
		} {
			settings := manifest.Settings{Profile: profile}
			report := find(t, newSide(t, "4.18.1", old, settings), newSide(t, "4.19.0", new, settings), impact.Options{Included: true, Settings: settings})
			if diff := cmp.Diff([]string{want}, lines(report)); diff != "" {
				t.Error(diff)
			}
		}
	})
}
