package payload

import "strings"

// Alias is a variable that installers and guides use for an image whose component has another name.
type Alias struct {
	Variable string   // KUBE_APISERVER_IMAGE
	Targets  []string // components, the first that a release has counts
}

// Name is the alias as a component would be called: lower case, hyphens, without the ending IMAGE.
func (a Alias) Name() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(a.Variable, "_IMAGE")), "_", "-")
}

// Target is the component that the alias means in a release that has these components.
func (a Alias) Target(has func(component string) bool) (string, bool) {
	for _, target := range a.Targets {
		if has(target) {
			return target, true
		}
	}
	return "", false
}

// Aliases lists the variables of the installer's bootstrap script and of the manual installation guide,
// by name, but for those that are a component's own by the rule of VariableName. A component of the same
// name wins over an alias.
func Aliases() []Alias {
	// OKD names its operating system for CentOS Stream, or for Fedora up to 4.15 (machine-config-operator rewrites the tag).
	coreOS := []string{
		"rhel-coreos", "rhel-coreos-9", "rhel-coreos-8", "rhel-coreos-10",
		"stream-coreos", "stream-coreos-10", "centos-stream-coreos-9", "centos-stream-coreos-10", "fedora-coreos",
	}
	return []Alias{
		{"CONFIG_OPERATOR_IMAGE", []string{"cluster-config-operator"}},
		{"HAPROXY_IMAGE", []string{"haproxy-router"}},
		{"INGRESS_OPERATOR_IMAGE", []string{"cluster-ingress-operator"}},
		{"KEEPALIVED_IMAGE", []string{"keepalived-ipfailover"}},
		{"KUBE_APISERVER_IMAGE", []string{"hyperkube"}},
		{"KUBE_APISERVER_OPERATOR_IMAGE", []string{"cluster-kube-apiserver-operator"}},
		{"KUBE_CONTROLLER_MANAGER_IMAGE", []string{"hyperkube"}},
		{"KUBE_CONTROLLER_MANAGER_OPERATOR_IMAGE", []string{"cluster-kube-controller-manager-operator"}},
		{"KUBE_SCHEDULER_IMAGE", []string{"hyperkube"}},
		{"KUBE_SCHEDULER_OPERATOR_IMAGE", []string{"cluster-kube-scheduler-operator"}},
		{"MACHINE_CONFIG_ETCD_IMAGE", []string{"etcd"}},
		{"MACHINE_CONFIG_INFRA_IMAGE", []string{"pod"}},
		{"MACHINE_CONFIG_OSCONTENT", append([]string{"machine-os-content"}, coreOS...)},
		{"MACHINE_CONFIG_SERVER_IMAGE", []string{"machine-config-operator"}},
		{"MACHINE_OS_CONTENT_IMAGE", coreOS},
		{"OPENSHIFT_CLUSTER_POLICY_IMAGE", []string{"cluster-policy-controller"}},
		{"OPENSHIFT_HYPERKUBE_IMAGE", []string{"hyperkube"}},
	}
}
