package manifest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// added are the capabilities by the version whose set was the first to have them (openshift/api,
// config/v1/types_cluster_version.go). Sets only grow, and versions beyond the last one add nothing that is known here.
func added() []struct {
	minor int
	names []string
} {
	return []struct {
		minor int
		names []string
	}{
		{11, []string{"MachineAPI", "baremetal", "marketplace", "openshift-samples"}},
		{12, []string{"CSISnapshot", "Console", "Insights", "Storage"}},
		{13, []string{"NodeTuning"}},
		{14, []string{"Build", "DeploymentConfig", "ImageRegistry"}},
		{15, []string{"CloudCredential", "OperatorLifecycleManager"}},
		{16, []string{"CloudControllerManager", "Ingress"}},
		{18, []string{"OperatorLifecycleManagerV1"}},
	}
}

const (
	firstCapabilityMinor = 11
	lastCapabilityMinor  = 18
)

// CapabilitySet is the capabilities of a baseline set: None, vCurrent, or v4.11 to v4.18, sorted; upper and lower case
// are one. seen are the capabilities that the payload names (CapabilitiesOf): vCurrent has them too, so that a release
// newer than this table is read well. ok is false for a name that is no set.
func CapabilitySet(name string, seen []string) (capabilities []string, ok bool) {
	capabilities = []string{}
	switch strings.ToLower(name) {
	case "none":
		return capabilities, true
	case "vcurrent":
		capabilities = append(capabilities, seen...)
		capabilities = append(capabilities, upTo(lastCapabilityMinor)...)
	default:
		for minor := firstCapabilityMinor; minor <= lastCapabilityMinor; minor++ {
			if strings.EqualFold(name, fmt.Sprintf("v4.%d", minor)) {
				capabilities = append(capabilities, upTo(minor)...)
			}
		}
		if len(capabilities) == 0 {
			return nil, false
		}
	}
	slices.SortFunc(capabilities, cmp.Compare)
	return slices.Compact(capabilities), true
}

func upTo(minor int) []string {
	var names []string
	for _, step := range added() {
		if step.minor <= minor {
			names = append(names, step.names...)
		}
	}
	return names
}

// CapabilitySetNames are the names that CapabilitySet knows.
func CapabilitySetNames() []string {
	names := []string{"None"}
	for minor := firstCapabilityMinor; minor <= lastCapabilityMinor; minor++ {
		names = append(names, fmt.Sprintf("v4.%d", minor))
	}
	return append(names, "vCurrent")
}

// CapabilitiesOf are the capabilities that objects name, sorted.
func CapabilitiesOf(objects []*Object) []string {
	var names []string
	for _, object := range objects {
		names = append(names, object.Capabilities...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
