package oracle

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	configv1 "github.com/openshift/api/config/v1"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// The capability sets are those of the API that the operator uses.
func TestCapabilitySets(t *testing.T) {
	for name, want := range configv1.ClusterVersionCapabilitySets {
		got, ok := manifest.CapabilitySet(string(name), nil)
		if !ok {
			t.Errorf("%s is unknown", name)
		}
		if diff := cmp.Diff(sorted(want), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if got, want := len(manifest.CapabilitySetNames()), len(configv1.ClusterVersionCapabilitySets); got != want {
		t.Errorf("%d sets, want %d", got, want)
	}
}

func sorted(capabilities []configv1.ClusterVersionCapability) []string {
	names := []string{}
	for _, capability := range capabilities {
		names = append(names, string(capability))
	}
	slices.Sort(names)
	return names
}
