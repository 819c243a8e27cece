package manifest

import (
	"fmt"
	"slices"
	"strings"
)

// newCapabilities lists the capabilities by the minor version whose set was the first to have them (openshift/api,
// config/v1/types_cluster_version.go). A set has the capabilities of all earlier ones.
func newCapabilities() []struct {
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

// CapabilitySet returns the capabilities of a baseline set, sorted: None, vCurrent, or v4.11 to v4.18 in any case. seen are
// the capabilities that the payload names (CapabilitiesOf). vCurrent includes them, because a newer release can have
// capabilities that this program does not know. ok is false for any other name.
func CapabilitySet(name string, seen []string) (capabilities []string, ok bool) {
	capabilities = []string{}
	switch strings.ToLower(name) {
	case "none":
		return capabilities, true
	case "vcurrent":
		capabilities = append(capabilities, seen...)
		capabilities = append(capabilities, capabilitiesUpTo(lastCapabilityMinor)...)
	default:
		for minor := firstCapabilityMinor; minor <= lastCapabilityMinor; minor++ {
			if strings.EqualFold(name, fmt.Sprintf("v4.%d", minor)) {
				capabilities = append(capabilities, capabilitiesUpTo(minor)...)
			}
		}
		if len(capabilities) == 0 {
			return nil, false
		}
	}
	slices.Sort(capabilities)
	return slices.Compact(capabilities), true
}

func capabilitiesUpTo(minor int) []string {
	var names []string
	for _, step := range newCapabilities() {
		if step.minor <= minor {
			names = append(names, step.names...)
		}
	}
	return names
}

// CapabilitySetNames lists the names that CapabilitySet knows.
func CapabilitySetNames() []string {
	names := []string{"None"}
	for minor := firstCapabilityMinor; minor <= lastCapabilityMinor; minor++ {
		names = append(names, fmt.Sprintf("v4.%d", minor))
	}
	return append(names, "vCurrent")
}

// CapabilitiesOf returns the capabilities that objects name, sorted.
func CapabilitiesOf(objects []*Object) []string {
	var names []string
	for _, object := range objects {
		names = append(names, object.Capabilities...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ImplicitCapabilities returns the capabilities that the operator enables by itself when a cluster is updated from one payload
// to another: those that an object of the update needs although the running payload already applies the same object without
// them. Evaluate running without overrides, which the operator ignores here. The result is sorted and has none of the enabled
// capabilities. The rule is GetImplicitlyEnabledCapabilities of openshift/cluster-version-operator.
func ImplicitCapabilities(running, update []Entry, enabled []string) []string {
	applied := map[objectKey][]*Object{}
	for _, entry := range running {
		if entry.State == Included {
			applied[entry.key()] = append(applied[entry.key()], entry.Object)
		}
	}
	var implicit []string
	for _, entry := range update {
		missing := entry.missing(enabled)
		if !entry.Loaded || len(missing) == 0 {
			continue
		}
		for _, same := range applied[entry.key()] {
			implicit = append(implicit, Without(missing, same.Capabilities)...)
		}
	}
	slices.Sort(implicit)
	return slices.Compact(implicit)
}

// MissingCapabilities returns the capabilities that loaded entries need and that are not enabled, sorted.
func MissingCapabilities(entries []Entry, enabled []string) []string {
	var missing []string
	for _, entry := range entries {
		if entry.Loaded {
			missing = append(missing, entry.missing(enabled)...)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// missing returns the capabilities that the object needs and that have does not have.
func (o *Object) missing(have []string) []string { return Without(o.Capabilities, have) }

// Without returns names without those in other, in the same order.
func Without(names, other []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(other, name) })
}
