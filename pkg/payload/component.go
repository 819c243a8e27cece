package payload

import (
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Component is one image of a release.
type Component struct {
	Name       string
	Image      string        // pull spec as in image-references
	Digest     digest.Digest // empty if the pull spec has none
	Repository string        // URL of the source repository; empty if unknown
	Commit     string        // source commit; empty if unknown
	Versions   []ComponentVersion
	Purpose    string   // what the component does in a manual installation; empty for most
	Groups     []string // sorted
	Aliases    []string // other names for the component, sorted
}

// components returns the components of image-references, sorted by name. It warns of tags without an image and of images
// without a digest. A component that is listed twice is fault.Integrity.
func components(tags []Tag) (list []Component, warnings []string, err error) {
	digests := digestReader{}
	for _, tag := range tags {
		if tag.From == nil || tag.From.Kind != "DockerImage" {
			warnings = append(warnings, fmt.Sprintf("the tag %q of image-references is left out: it points to no image", tag.Name))
			continue
		}
		c := Component{
			Name:       tag.Name,
			Image:      tag.From.Name,
			Repository: tag.Annotations[annotationSource],
			Commit:     tag.Annotations[annotationCommit],
		}
		if c.Digest = digests.of(c.Image); c.Digest == "" {
			warnings = append(warnings, fmt.Sprintf("the component %q is not referenced by a digest: %q", c.Name, HideUserinfo(c.Image)))
		}
		list = append(list, c)
	}
	slices.SortStableFunc(list, func(a, b Component) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(list); i++ {
		if list[i].Name == list[i-1].Name {
			return nil, nil, fault.Errorf(fault.Integrity, "image-references lists the component %q twice: as %s and as %s",
				list[i].Name, list[i-1].Image, list[i].Image)
		}
	}
	return list, warnings, nil
}

// digestReader reads the digests of pull specs. It remembers the repositories that it has checked, because most components are in the
// same one.
type digestReader map[string]bool

// of returns the digest of a pull spec, empty if it has none or is not safe in a shell.
func (r digestReader) of(pullSpec string) digest.Digest {
	repository, text, _ := strings.Cut(pullSpec, "@")
	if r[repository] {
		d, _ := oci.ParseDigest(text)
		return d
	}
	spec, err := oci.ParsePullSpec(pullSpec)
	if err != nil || !SafeValue(pullSpec) {
		return ""
	}
	r[repository] = spec.Digest != ""
	return spec.Digest
}

// addRoles sets purpose, groups and aliases, which image-references does not have.
func addRoles(list []Component) {
	index := make(map[string]int, len(list))
	for i, c := range list {
		index[c.Name] = i
	}
	has := func(name string) bool { _, ok := index[name]; return ok }
	for _, r := range roles() {
		if i, ok := index[r.component]; ok {
			list[i].Purpose, list[i].Groups = r.purpose, r.groups
		}
	}
	for _, alias := range Aliases() {
		if target, ok := alias.Target(has); ok && !has(alias.Name()) {
			i := index[target]
			list[i].Aliases = append(list[i].Aliases, alias.Name())
		}
	}
}

// The groups of components in a manual installation.
const (
	GroupOperators    = "operators"
	GroupControlPlane = "control-plane"
	GroupBootstrap    = "bootstrap"
)

// GroupNames lists the groups, sorted.
func GroupNames() []string { return []string{GroupBootstrap, GroupControlPlane, GroupOperators} }

// role is the purpose of a component in a manual installation, and its groups.
type role struct {
	component string
	purpose   string
	groups    []string
}

// roles lists the components that have a purpose or a group.
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

// GroupMembers lists the components of a group, nil for an unknown group. A release need not have all of them.
func GroupMembers(group string) []string {
	var members []string
	for _, r := range roles() {
		if slices.Contains(r.groups, group) {
			members = append(members, r.component)
		}
	}
	return members
}

// Alias is a variable that installers use for the image of a component with another name.
type Alias struct {
	Variable string   // KUBE_APISERVER_IMAGE
	Targets  []string // components; the alias stands for the first that a release has
}

// Name is the alias as the name of a component: lower case, with hyphens, without _IMAGE.
func (a Alias) Name() string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSuffix(a.Variable, "_IMAGE")), "_", "-")
}

// Target returns the component for which the alias stands. has reports whether the release has a component.
func (a Alias) Target(has func(component string) bool) (string, bool) {
	for _, target := range a.Targets {
		if has(target) {
			return target, true
		}
	}
	return "", false
}

// Aliases lists the variables of the installer's bootstrap script and of the manual installation guide, sorted, without those
// that VariableName gives a component. If a component has the name of an alias, the name stands for the component.
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
