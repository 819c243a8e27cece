package plugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitArguments(t *testing.T) {
	for _, test := range []struct {
		args, fromFlags, environment string
		releases, names              string
	}{
		{args: "A", releases: "A"},
		{args: "A etcd pod", releases: "A", names: "etcd pod"},
		{args: "etcd pod", fromFlags: "A B", releases: "A B", names: "etcd pod"},
		{fromFlags: "A", environment: "E", releases: "A"},
		{environment: "E", releases: "E"},
		{args: "A", environment: "E", releases: "A"},
		{},
	} {
		releases, names, fromEnvironment := splitArguments(strings.Fields(test.args), strings.Fields(test.fromFlags), test.environment)
		want := []string{test.releases, test.names}
		if diff := cmp.Diff(want, []string{strings.Join(releases, " "), strings.Join(names, " ")}); diff != "" || fromEnvironment != (test.releases == "E") {
			t.Errorf("%+v: %s", test, diff)
		}
	}
}

func TestArchitectures(t *testing.T) {
	for _, test := range []struct{ arch, filter, want, wantError string }{
		{},
		{arch: "x86_64", want: "amd64"},
		{arch: "aarch64", want: "arm64"},
		{arch: "s390x", want: "s390x"},
		{filter: "linux/ppc64le", want: "ppc64le"},
		{arch: "amd64", filter: "linux/amd64", want: "amd64", wantError: "--arch and --filter-by-os say the same: give one of them"},
	} {
		a := archFlags{arch: test.arch, filterOS: test.filter}
		err := a.check()
		if a.value() != test.want || err != nil && err.Error() != test.wantError || err == nil && test.wantError != "" {
			t.Errorf("%+v: %q, %v", test, a.value(), err)
		}
	}
}
