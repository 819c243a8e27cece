package payload_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
)

func TestReportedVersions(t *testing.T) {
	r := stream{}.
		with("cli", pullSpec("a"), "versions", "kubectl=1.27.6").
		with("hyperkube", pullSpec("b"), "versions", "kubernetes=1.27.6+f67aeb3").
		with("other", pullSpec("c"), "versions", "kubectl=1.0.0").
		with("rhel-coreos", pullSpec("d"), "versions", "machine-os=9.8.1", "version-display-names", "machine-os=Red Hat Enterprise Linux CoreOS").
		with("rhel-coreos-10", pullSpec("e"), "versions", "machine-os=10.2.1", "version-display-names", "machine-os=Red Hat Enterprise Linux CoreOS").
		read(t)
	want := map[string]payload.ReportedVersion{
		"kubectl":    {ComponentVersion: payload.ComponentVersion{Name: "kubectl", Version: "1.27.6"}, Component: "cli", Versions: []string{"1.27.6"}},
		"kubernetes": {ComponentVersion: payload.ComponentVersion{Name: "kubernetes", Version: "1.27.6"}, Component: "hyperkube", Versions: []string{"1.27.6"}},
		"machine-os": {
			ComponentVersion: payload.ComponentVersion{Name: "machine-os", Version: "10.2.1", DisplayName: "Red Hat Enterprise Linux CoreOS"},
			Component:        "rhel-coreos-10", Versions: []string{"10.2.1", "9.8.1"},
		},
	}
	if diff := cmp.Diff(want, r.Reported); diff != "" {
		t.Error(diff)
	}
	if r.VersionWarnings != nil {
		t.Errorf("warnings %q, want none: two operating systems are legal", r.VersionWarnings)
	}
}

func TestVersionWarnings(t *testing.T) {
	for name, test := range map[string]struct {
		versions, names string
		want            []string
	}{
		"no pair":       {"kubernetes", "", []string{`the referenced image x had an invalid version annotation: the pair "kubernetes" must be NAME=VALUE`}},
		"short name":    {"k=1.0.0", "", []string{`the referenced image x had an invalid version annotation: the name "k" must be at least two of lower-case letters, digits and inner hyphens`}},
		"no version":    {"kubernetes=1.0", "", []string{`the referenced image x had an invalid version annotation: the version pair "kubernetes=1.0" must have a valid semantic version: No Major.Minor.Patch elements found`}},
		"display alone": {"kubernetes=1.0.0", "kernel=Linux", []string{`the referenced image x had an invalid version annotation: the display name of "kernel" has no matching version`}},
		"display odd":   {"kubernetes=1.0.0", "kubernetes=<b>", []string{`the referenced image x had an invalid version annotation: the display name of "kubernetes" has characters other than letters, digits, blanks and -:.()`}},
		"several":       {"kubernetes=2.0.0", "", []string{`multiple versions or display names reported for the following component(s): kubernetes`}},
		"good":          {"kernel=2.0.0, crio=1.0.0", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := stream{}.with("hyperkube", pullSpec("a"), "versions", "kubernetes=1.0.0").
				with("x", pullSpec("b"), "versions", test.versions, "version-display-names", test.names).read(t)
			if diff := cmp.Diff(test.want, r.VersionWarnings); diff != "" {
				t.Error(diff)
			}
		})
	}
}
