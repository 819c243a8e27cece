package testrelease

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"
)

//go:embed demo
var demoFiles embed.FS

// Demo returns the release in examples/release: 4.14.0 with every component of the manual installation, and manifests that show
// the rules of order and inclusion. It only fails if the embedded files are wrong.
func Demo() (*Builder, error) {
	return newDemo(demo{
		version: "4.14.0", previous: []string{"4.13.17", "4.13.18", "4.13.19", "4.14.0-rc.7"}, components: demoComponents(),
		directories: []string{"release-manifests"},
	})
}

// DemoUpdate returns the release in examples/update: 4.14.1, to which the release of Demo can be updated. It differs from it in
// images, versions, and manifests that were added, changed, removed and renamed.
func DemoUpdate() (*Builder, error) {
	d := demo{
		version: "4.14.1", previous: []string{"4.13.18", "4.13.19", "4.14.0"},
		directories: []string{"release-manifests", "update"},
		without:     []string{"0000_99_machine-api-operator_00_tombstones.yaml"},
		renamed:     map[string]string{"0000_50_console-operator_07-operator.yaml": "0000_50_console-operator_07_deployment.yaml"},
	}
	for _, c := range demoComponents() {
		built := Image(imageOfUpdate(c.name))
		switch c.name {
		case "cli-artifacts": // removed
			continue
		case "cluster-etcd-operator", "etcd":
			c.options = append(c.options, built, Annotation("io.openshift.build.commit.id", digest.FromString("update " + c.name).Encoded()[:40]))
		case "hyperkube":
			c.options = append(c.options, built, Annotation("io.openshift.build.commit.id", digest.FromString("update " + c.name).Encoded()[:40]),
				Versions("kubernetes=1.27.8", ""))
		case "pod":
			c.options = append(c.options, built)
		case "rhel-coreos":
			c.options = append(c.options, built, Versions("machine-os=414.92.202311061957-0", "machine-os=Red Hat Enterprise Linux CoreOS"))
		}
		d.components = append(d.components, c)
	}
	d.components = append(d.components, demoComponent{"csi-snapshot-controller", []ComponentOption{Source("https://github.com/openshift/csi-external-snapshotter")}})
	return newDemo(d)
}

// imageOfUpdate is the pull spec of a component that was built again for the release of DemoUpdate.
func imageOfUpdate(name string) string { return ImageOf(name + " 4.14.1") }

// demo describes a release for the README.
type demo struct {
	version     string
	previous    []string
	components  []demoComponent
	directories []string          // of embedded files; a file replaces that of an earlier directory
	without     []string          // embedded files that the release does not have
	renamed     map[string]string // embedded files with another name in the release
}

func newDemo(d demo) (*Builder, error) {
	b := New(d.version).WithPrevious(d.previous...)
	for _, c := range d.components {
		b.WithComponent(c.name, c.options...)
	}
	b.WithBaseLayer(
		Dir("etc/"),
		File("etc/os-release", "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.2\"\n"),
		Dir("usr/"), Dir("usr/lib/"), Dir("usr/lib/systemd/"), Dir("usr/lib/systemd/system/"),
		File(`usr/lib/systemd/system/system-systemd\x2dfsck.slice`, "[Slice]\n"))
	own, err := d.files("manifests")
	if err != nil {
		return nil, err
	}
	components, err := d.files(d.directories...)
	if err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		b.WithOperatorManifest(name, own[name])
	}
	for _, name := range slices.Sorted(maps.Keys(components)) {
		b.WithManifest(name, components[name])
	}
	return b, nil
}

// files returns the embedded files of directories by name. It replaces @image(NAME) by the pull spec of a component.
func (d demo) files(directories ...string) (map[string]string, error) {
	var oldnew []string
	for _, c := range d.components {
		oldnew = append(oldnew, "@image("+c.name+")", newComponent(c.name, c.options).Image)
	}
	replacer := strings.NewReplacer(oldnew...)
	files := map[string]string{}
	for _, directory := range directories {
		entries, err := fs.ReadDir(demoFiles, path.Join("demo", directory))
		if err != nil {
			return nil, fmt.Errorf("reading the demo release: %w", err)
		}
		for _, entry := range entries {
			data, err := fs.ReadFile(demoFiles, path.Join("demo", directory, entry.Name()))
			if err != nil {
				return nil, fmt.Errorf("reading the demo release: %w", err)
			}
			if slices.Contains(d.without, entry.Name()) {
				continue
			}
			content := replacer.Replace(string(data))
			if strings.Contains(content, "@image(") {
				return nil, fmt.Errorf("reading the demo release: %s names an image that the release lacks", entry.Name())
			}
			files[cmp.Or(d.renamed[entry.Name()], entry.Name())] = content
		}
	}
	return files, nil
}

type demoComponent struct {
	name    string
	options []ComponentOption
}

func demoComponents() []demoComponent {
	from := func(name, repository string, options ...ComponentOption) demoComponent {
		return demoComponent{name, append([]ComponentOption{Source("https://github.com/openshift/" + repository)}, options...)}
	}
	same := func(name string) demoComponent { return from(name, name) }
	return []demoComponent{
		same("baremetal-runtimecfg"),
		from("cli", "oc", Versions("kubectl=1.27.4", "")),
		from("cli-artifacts", "oc", Versions("kubectl=1.27.4", "")),
		same("cloud-credential-operator"),
		same("cluster-bootstrap"),
		same("cluster-config-operator"),
		same("cluster-dns-operator"),
		same("cluster-etcd-operator"),
		same("cluster-ingress-operator"),
		same("cluster-kube-apiserver-operator"),
		same("cluster-kube-controller-manager-operator"),
		same("cluster-kube-scheduler-operator"),
		same("cluster-network-operator"),
		same("cluster-policy-controller"),
		same("cluster-version-operator"),
		same("console"),
		same("console-operator"),
		same("coredns"),
		same("etcd"),
		from("haproxy-router", "router"),
		from("hyperkube", "kubernetes", Versions("kubernetes=1.27.6", "")),
		from("keepalived-ipfailover", "images"),
		same("kube-rbac-proxy"),
		same("machine-api-operator"),
		same("machine-config-operator"),
		same("multus-cni"),
		same("ovn-kubernetes"),
		from("pod", "kubernetes"),
		// The operating system has no source repository: oc leaves the commit empty.
		{"rhel-coreos", []ComponentOption{
			Annotation("io.openshift.build.commit.id", ""),
			Annotation("io.openshift.build.commit.ref", ""),
			Annotation("io.openshift.build.source-location", ""),
			Versions("machine-os=414.92.202310210434-0", "machine-os=Red Hat Enterprise Linux CoreOS"),
		}},
		same("service-ca-operator"),
	}
}
