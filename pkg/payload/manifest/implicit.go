package manifest

import "slices"

// objectKey is what makes two objects of different payloads the same object of a cluster.
type objectKey struct{ group, kind, namespace, name string }

func (o *Object) key() objectKey { return objectKey{o.Group, o.Kind, o.Namespace, o.Name} }

// ImplicitCapabilities are the capabilities that the operator enables by itself when a cluster that runs one payload is
// updated to another: those that an object of the update needs, and the same object, which the running payload already
// applies, does not. running must have been evaluated without overrides, which the operator does not look at here.
// The result is sorted and leaves out what settings enable already. The rule is GetImplicitlyEnabledCapabilities of
// openshift/cluster-version-operator.
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

// MissingCapabilities are the capabilities that loaded entries need and that are not enabled, sorted.
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

// missing are the capabilities that an object needs and a list lacks.
func (o *Object) missing(have []string) []string { return Without(o.Capabilities, have) }

// Without are the names that another list lacks, in the same order.
func Without(names, other []string) []string {
	var left []string
	for _, name := range names {
		if !slices.Contains(other, name) {
			left = append(left, name)
		}
	}
	return left
}
