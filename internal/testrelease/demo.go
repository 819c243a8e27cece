package testrelease

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed demo
var demoFiles embed.FS

// Demo returns the release in examples/release: 4.14.0 with every component of the manual installation, and manifests that show
// the rules of order and inclusion. It only fails if the embedded files are wrong.
func Demo() (*Builder, error) {
	b := New("4.14.0").WithPrevious("4.13.17", "4.13.18", "4.13.19", "4.14.0-rc.7")
	for _, c := range demoComponents() {
		b.WithComponent(c.name, c.options...)
	}
	b.WithBaseLayer(
		Dir("etc/"),
		File("etc/os-release", "NAME=\"Red Hat Enterprise Linux\"\nVERSION=\"9.2\"\n"),
		Dir("usr/"), Dir("usr/lib/"), Dir("usr/lib/systemd/"), Dir("usr/lib/systemd/system/"),
		File(`usr/lib/systemd/system/system-systemd\x2dfsck.slice`, "[Slice]\n"))
	if err := addDemo("manifests", b.WithOperatorManifest); err != nil {
		return nil, err
	}
	if err := addDemo("release-manifests", b.WithManifest); err != nil {
		return nil, err
	}
	return b, nil
}

// addDemo adds the embedded files of a directory. It replaces @image(NAME) by the pull spec of a component.
func addDemo(directory string, add func(name, content string) *Builder) error {
	var oldnew []string
	for _, c := range demoComponents() {
		oldnew = append(oldnew, "@image("+c.name+")", ImageOf(c.name))
	}
	replacer := strings.NewReplacer(oldnew...)
	entries, err := fs.ReadDir(demoFiles, path.Join("demo", directory))
	if err != nil {
		return fmt.Errorf("reading the demo release: %w", err)
	}
	for _, entry := range entries {
		data, err := fs.ReadFile(demoFiles, path.Join("demo", directory, entry.Name()))
		if err != nil {
			return fmt.Errorf("reading the demo release: %w", err)
		}
		content := replacer.Replace(string(data))
		if strings.Contains(content, "@image(") {
			return fmt.Errorf("reading the demo release: %s names an image that the release lacks", entry.Name())
		}
		add(entry.Name(), content)
	}
	return nil
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
