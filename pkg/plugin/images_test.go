package plugin_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// digestOf returns the digest of a component's image in a test release.
func digestOf(name string) string {
	_, digest, _ := strings.Cut(testrelease.ImageOf(name), "@")
	return digest
}

func TestImages(t *testing.T) {
	release := layout(t, small())
	want(t, run(t, "images", release), 0, ""+
		"NAME                      DIGEST\n"+
		"etcd                      "+digestOf("etcd")+"\n"+
		"hyperkube                 "+digestOf("hyperkube")+"\n"+
		"machine-config-operator   "+digestOf("machine-config-operator")+"\n"+
		"pod                       "+digestOf("pod")+"\n", "")
}

func TestImagesByName(t *testing.T) {
	release := layout(t, small())
	for _, test := range []struct{ args, want string }{
		{"etcd", "etcd"},
		{"pod etcd", "etcd pod"},
		{"kube-apiserver kube-scheduler hyperkube", "hyperkube"},
		{"*-operator e*", "etcd machine-config-operator"},
		{"--group control-plane", "etcd hyperkube pod"},
		{"--group control-plane *o*", "pod"},
		{"--sort-by .image etcd pod", "pod etcd"},
	} {
		t.Run(test.args, func(t *testing.T) {
			got := run(t, append([]string{"images", release, "-o", "name"}, strings.Fields(test.args)...)...)
			want(t, got, 0, strings.ReplaceAll(test.want, " ", "\n")+"\n", "")
		})
	}
}

func TestImagesUnknownName(t *testing.T) {
	release := layout(t, small())
	want(t, run(t, "images", release, "etdc"), 3, "", "error: no component \"etdc\" in release 4.14.0; did you mean etcd?\n")
	want(t, run(t, "images", release, "etdc", "pdo", "e*", "xyz"), 3, "",
		"error: no component \"etdc\" in release 4.14.0; did you mean etcd?; no component \"pdo\" in release 4.14.0; did you mean pod?; no component \"xyz\" in release 4.14.0\n")
	want(t, run(t, "images", release, "etcd,pod"), 3, "", "error: no component \"etcd,pod\" in release 4.14.0; give names as separate arguments: etcd pod\n")
	want(t, run(t, "images", release, "x*"), 3, "", "error: no component matches \"x*\" in release 4.14.0\n")
	want(t, run(t, "images", release, "--group", "nope"), 2, "", "error: --group \"nope\": want one of bootstrap, control-plane, operators\n")
}

func TestMissingGroupMember(t *testing.T) {
	release := layout(t, testrelease.New("4.14.0").WithComponent("etcd").WithComponent("pod"))
	warning := "Warning: release 4.14.0 has no component hyperkube, which is in the group control-plane\n"
	want(t, run(t, "images", release, "--group", "control-plane", "-o", "name"), 0, "etcd\npod\n", warning)
	want(t, run(t, "images", release, "--group", "control-plane", "-o", "name", "--strict"), 7, "etcd\npod\n",
		warning+"error: there was a warning, and --strict was given\n")
}

func TestImagesOfSeveralReleases(t *testing.T) {
	first := layout(t, testrelease.New("4.14.0").WithComponent("etcd"))
	second := layout(t, testrelease.New("4.14.1").WithComponent("etcd", testrelease.Image(testrelease.ImageOf("other"))))
	want(t, run(t, "images", "--release", first, "--release", second, "etcd"), 0, ""+
		"NAME   "+padded("4.14.0")+"   4.14.1\n"+
		"etcd   "+digestOf("etcd")+"   "+digestOf("other")+"\n", "")
	wide := good(t, run(t, "images", "--release", first, "--release", second, "-o", "wide"))
	for _, beginning := range []string{"RELEASE   NAME   DIGEST ", "\n4.14.0    etcd   " + digestOf("etcd") + " ", "\n4.14.1    etcd   " + digestOf("other") + " "} {
		if !strings.Contains(wide, beginning) {
			t.Errorf("%q is missing in\n%s", beginning, wide)
		}
	}
	want(t, run(t, "images", first, "--release", second), 2, "", "error: with --release every argument is a NAME, and "+first+" looks like a release: give it with --release too\n")
	want(t, run(t, "images", "--release", "-", "--release", "-"), 2, "", "error: --release - is given twice: standard input can be read once\n")
	want(t, run(t, "images", "--release", first, "--release", second, "--jq", "[.items[].release.version],.release,(.releases|length)"), 0,
		"[\"4.14.0\",\"4.14.1\"]\nnull\n2\n", "")
}

// padded returns a cell as wide as a digest.
func padded(cell string) string { return cell + strings.Repeat(" ", len(digestOf("etcd"))-len(cell)) }

// A release has no row in --changed if it is equal in all releases, also if the pull specs name other repositories.
func TestImagesThatChanged(t *testing.T) {
	moved := "example.com/other@" + digestOf("same")
	first := layout(t, testrelease.New("4.14.0").WithComponent("etcd").WithComponent("same").WithComponent("old-operator"))
	second := layout(t, testrelease.New("4.14.0").WithComponent("etcd").WithComponent("same", testrelease.Image(moved)))
	third := layout(t, testrelease.New("4.14.1").WithComponent("etcd", testrelease.Image(testrelease.ImageOf("other"))).WithComponent("same"))
	three := []string{"images", "--release", first, "--release", second, "--release", third, "--changed"}
	want(t, run(t, append(three, "-o", "json", "--jq", "[.items[] | [.release.version, .metadata.name]]")...), 0,
		`[["4.14.0","etcd"],["4.14.0","old-operator"],["4.14.0","etcd"],["4.14.1","etcd"]]`+"\n", "")
	want(t, call{terminal: true, width: 100}.run(t, three...), 0, ""+
		"NAME           4.14.0 (1)            4.14.0 (2)            4.14.1\n"+
		"etcd           "+digestOf("etcd")[:19]+"   "+digestOf("etcd")[:19]+"   "+digestOf("other")[:19]+"\n"+
		"old-operator   "+digestOf("old-operator")[:19]+"   <none>                <none>\n", "")
	want(t, run(t, append(three, "same")...), 0, "", "No component images found.\n")
	want(t, run(t, append(three, "--sort-by", ".metadata.name", "-o", "custom-columns=NAME:.metadata.name,IN:.release.version", "old*")...), 0,
		"NAME           IN\nold-operator   4.14.0\n", "")
	for _, args := range [][]string{{first}, {"--release", first}} {
		want(t, run(t, append([]string{"images", "--changed"}, args...)...), 2, "", "error: --changed compares releases: name two or more of them with --release\n")
	}
}

// A name must exist in at least one of several releases.
func TestImagesInSomeReleases(t *testing.T) {
	first := layout(t, testrelease.New("4.14.0").WithComponent("etcd").WithComponent("old"))
	second := layout(t, testrelease.New("4.14.1").WithComponent("etcd").WithComponent("new-operator"))
	both := []string{"images", "--release", first, "--release", second}
	want(t, run(t, append(both, "old", "new*", "etcd")...), 0, ""+
		"NAME           "+padded("4.14.0")+"   4.14.1\n"+
		"etcd           "+digestOf("etcd")+"   "+digestOf("etcd")+"\n"+
		"new-operator   "+padded("<none>")+"   "+digestOf("new-operator")+"\n"+
		"old            "+digestOf("old")+"   <none>\n", "")
	want(t, run(t, append(both, "old", "new-operatr", "x*")...), 3, "",
		"error: no component \"new-operatr\" in any of the releases; did you mean new-operator?; no component \"x*\" in any of the releases\n")
	want(t, run(t, append(both, "old", "[")...), 2, "", "error: malformed pattern \"[\": * ? and [a-z] are understood\n")
}

func TestImagesDocument(t *testing.T) {
	release := layout(t, small())
	digest := build(t, small()).Digest().String()
	want(t, run(t, "images", release, "hyperkube", "--jq", ".release,.kind,.items"), 0, ""+
		`{"digest":"`+digest+`","image":"quay.io/openshift-release-dev/ocp-release@`+digest+`","reference":"`+release+`","version":"4.14.0"}`+"\n"+
		"ComponentImageList\n"+
		`[{"aliases":["kube-apiserver","kube-controller-manager","kube-scheduler","openshift-hyperkube"],"apiVersion":"release-x.openshift.io/v1alpha1",`+
		`"commit":"`+commitOf(t, "hyperkube")+`","digest":"`+digestOf("hyperkube")+`","groups":["bootstrap","control-plane"],"image":"`+testrelease.ImageOf("hyperkube")+`",`+
		`"kind":"ComponentImage","metadata":{"name":"hyperkube"},"purpose":"Kubernetes API server, controller manager and scheduler",`+
		`"repository":"https://github.com/openshift/kubernetes","versions":[{"name":"kubernetes","version":"1.27.6"}]}]`+"\n", "")
}

// commitOf returns the commit of a component in a test release.
func commitOf(t *testing.T, name string) string {
	t.Helper()
	return strings.TrimSpace(good(t, run(t, "images", layout(t, small()), name, "--jq", ".items[].commit")))
}

func TestReleaseWithoutComponents(t *testing.T) {
	release := layout(t, small().WithReferences(`{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.14.0"},"spec":{"tags":[{"name":"x"}]}}`))
	want(t, run(t, "images", release), 0, "",
		"Warning: the tag \"x\" of image-references is left out: it points to no image\nNo component images found.\n")
}
