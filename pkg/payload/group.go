package payload

import "slices"

// The groups of components that a manual installation handles together.
const (
	GroupOperators    = "operators"
	GroupControlPlane = "control-plane"
	GroupBootstrap    = "bootstrap"
)

// GroupNames lists the groups.
func GroupNames() []string { return []string{GroupBootstrap, GroupControlPlane, GroupOperators} }

// role is what a key component of the manual installation is for, and the groups it is in.
type role struct {
	component string
	purpose   string
	groups    []string
}

// roles lists the key components. Other components have no purpose and are in no group.
func roles() []role {
	const renders = "renders the configuration of its operand"
	controlPlane := []string{GroupBootstrap, GroupControlPlane}
	operators := []string{GroupBootstrap, GroupOperators}
	return []role{
		{"etcd", "etcd database", controlPlane},
		{"hyperkube", "Kubernetes API server, controller manager and scheduler", controlPlane},
		{"pod", "pause container of static pods", controlPlane},
		{"cluster-kube-apiserver-operator", renders, operators},
		{"cluster-kube-controller-manager-operator", renders, operators},
		{"cluster-kube-scheduler-operator", renders, operators},
		{"cluster-etcd-operator", renders, operators},
		{"machine-config-operator", "renders MachineConfigs, serves Ignition to nodes", operators},
		{"cluster-config-operator", "renders the cluster's configuration resources", operators},
		{"cluster-version-operator", "orchestrates the operators", operators},
		{"cluster-bootstrap", "orchestrates the bootstrap", []string{GroupBootstrap}},
		{"haproxy-router", "ingress router", nil},
	}
}

// GroupMembers are the components of a group, whether or not a release has them; nil for no group's name.
func GroupMembers(group string) []string {
	var members []string
	for _, r := range roles() {
		if slices.Contains(r.groups, group) {
			members = append(members, r.component)
		}
	}
	return members
}
