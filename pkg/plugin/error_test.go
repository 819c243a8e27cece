package plugin_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// writerFunc is a function as an io.Writer.
type writerFunc func([]byte) (int, error)

func (w writerFunc) Write(p []byte) (int, error) { return w(p) }

func TestUsage(t *testing.T) {
	const forms = "quay.io/org/repo:tag, 4.14.0, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR, file:FILE or -"
	release, kubeconfig := layout(t, small()), writeFile(t, "kubeconfig", "x")
	for _, test := range []struct {
		name, args, env string
		want            string
	}{
		{name: "no release", args: "images", want: "no release given: want " + forms + ", or set OCP_RELEASE_IMAGE; no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG"},
		{name: "a name first", args: "images etcd", want: "\"etcd\" is not a release, did you mean `oc release-x images RELEASE etcd`? A release is " + forms},
		{name: "a name first with the variable", args: "images etcd pod", env: release, want: "\"etcd\" is not a release, did you mean `oc release-x images --release \"$OCP_RELEASE_IMAGE\" etcd pod`? A release is " + forms},
		{name: "a word in the variable", args: "images", env: "junk", want: "$OCP_RELEASE_IMAGE: \"junk\" is not a release. A release is " + forms},
		{name: "a word with --release", args: "images --release bogus etcd", want: "\"bogus\" is not a release. A release is " + forms},
		{name: "not a repository", args: "images " + release + " --release-repository foo", want: `--release-repository "foo": want HOST/REPOSITORY without a tag, such as quay.io/openshift-release-dev/ocp-release`},
		{name: "a repository with a tag", args: "info " + release + " --release-repository q.io/a/b:t", want: `--release-repository "q.io/a/b:t": want HOST/REPOSITORY without a tag, such as quay.io/openshift-release-dev/ocp-release`},
		{name: "an empty repository", args: "env " + release + " --release-repository=", want: `--release-repository "": want HOST/REPOSITORY without a tag, such as quay.io/openshift-release-dev/ocp-release`},
		{name: "a name for manifests", args: "manifests etcd", want: "\"etcd\" is not a release, did you mean `oc release-x manifests RELEASE etcd`? A release is " + forms},
		{name: "a name for info", args: "info etcd", want: "\"etcd\" is not a release, did you mean `oc release-x info RELEASE --image-for etcd`? A release is " + forms},
		{name: "a name for graph", args: "graph etcd", want: "\"etcd\" is not a release, did you mean `oc release-x graph RELEASE`? A release is " + forms},
		{name: "a version with a v", args: "images v4.14.0", want: "\"v4.14.0\" is not a release, did you mean 4.14.0? A release is " + forms},
		{name: "half a version", args: "images 4.14", want: "\"4.14\" is not a release, did you mean a whole version, such as 4.14.0? A release is " + forms},
		{name: "upper case", args: "images OCI:x", want: "\"OCI:x\" is not a release, did you mean oci:x? A release is " + forms},
		{name: "no registry", args: "images release:4.14", want: "\"release:4.14\" is not a release, did you mean an image with its registry, such as quay.io/org/release:4.14? A release is " + forms},
		{name: "a file", args: "images error_test.go", want: "\"error_test.go\" is not a release, did you mean oci-archive:error_test.go for an image in a tar file, or file:error_test.go for image-references? A release is " + forms},
		{name: "objects of a document", args: "graph " + release + " --objects -o json", want: "--objects is for -o tree; the other forms always show the objects"},
		{name: "sorting without a list", args: "info " + release + " --sort-by .x", want: "--sort-by sorts the items of a list, and this command prints none"},
		{name: "headings of no table", args: "version --no-headers", want: "--no-headers is for tables, and this command prints none"},
		{name: "names with commas", args: "images etcd,pod", want: "\"etcd,pod\" is not a release, did you mean `oc release-x images RELEASE etcd pod`? A release is " + forms},
		{name: "an object", args: "manifests deployment/etcd-operator", want: "\"deployment/etcd-operator\" is not a release, did you mean `oc release-x manifests RELEASE deployment/etcd-operator`? A release is " + forms},
		{name: "an object with a group", args: "manifests deployment.apps/etcd-operator -o manifest", want: "\"deployment.apps/etcd-operator\" is not a release, did you mean `oc release-x manifests RELEASE deployment.apps/etcd-operator`? A release is " + forms},
		{name: "an object with a group of dots", args: "manifests crd.apiextensions.k8s.io/x", want: "\"crd.apiextensions.k8s.io/x\" is not a release, did you mean `oc release-x manifests RELEASE crd.apiextensions.k8s.io/x`? A release is " + forms},
		{name: "a digest that is too short", args: "images quay.io/a/b@sha256:00", want: `malformed digest "sha256:00": want sha256 with 64 lower-case hex digits`},
		{name: "a digest of a layout", args: "images oci:x@sha256:00", want: `malformed digest "sha256:00": want sha256 with 64 lower-case hex digits`},
		{name: "an empty group", args: "images " + release + " --group=", want: `--group "": want one of bootstrap, control-plane, operators`},
		{name: "help for an unknown command", args: "help imagse", want: `unknown command "imagse" for "oc release-x"; did you mean images?`},
		{name: "diff of one release", args: "diff 4.14.0", want: "diff takes two releases, OLD and NEW; see `oc release-x diff --help`"},
		{name: "diff of three releases", args: "diff 4.14.0 4.14.1 4.14.2", want: "diff takes two releases, OLD and NEW; see `oc release-x diff --help`"},
		{name: "diff of a component", args: "diff etcd 4.14.1", want: "\"etcd\" is not a release. A release is " + forms},
		{name: "diff of standard input with itself", args: "diff - -", want: "OLD and NEW are both -: standard input can be read once"},
		{name: "diff of files in a document", args: "diff 4.14.0 4.14.1 --manifests -o json", want: "--manifests prints unified text: it cannot be combined with -o, --jq or --template"},
		{name: "diff of a malformed pattern", args: "diff 4.14.0 4.14.1 --manifests [", want: `malformed pattern "[": * ? and [a-z] are understood`},
		{name: "unknown command", args: "imagse x", want: `unknown command "imagse" for "oc release-x"; did you mean images?`},
		{name: "unknown command with swapped letters", args: "verfiy x", want: `unknown command "verfiy" for "oc release-x"; did you mean verify?`},
		{name: "unknown short command", args: "foo", want: "unknown command \"foo\" for \"oc release-x\"; see `oc release-x --help`"},
		{name: "command to come", args: "serve oci:x", want: "there is no serve yet"},
		{name: "unknown command of the cache", args: "cache lst", want: `unknown command "lst" for "oc release-x cache"; did you mean list?`},
		{name: "flag with one dash", args: "manifests -knd Deployment", want: "unknown shorthand flag: 'k' in -knd; did you mean --kind?"},
		{name: "unknown form", args: "images " + release + " -o jsn", want: `unable to match a printer suitable for the output format "jsn", allowed formats are: custom-columns,custom-columns-file,digest,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,pullspec,template,templatefile,wide,yaml; did you mean json?`},
		{name: "unknown command without a near one", args: "frobnicate", want: "unknown command \"frobnicate\" for \"oc release-x\"; see `oc release-x --help`"},
		{name: "unknown flag", args: "images --nope", want: "unknown flag: --nope; see `oc release-x images --help`"},
		{name: "file address", args: "info file:///x", want: "\"file:///x\": want file:FILE for an image-references file, oci:DIR for an image, dir:DIR for a directory of manifests"},
		{name: "two releases", args: "info " + release + " " + release, want: "info takes one release; `oc release-x diff OLD NEW` compares two"},
		{name: "arch", args: "images " + release + " --arch sparc", want: `--arch "sparc": want amd64 (x86_64), arm64 (aarch64), ppc64le or s390x`},
		{name: "os", args: "images " + release + " --filter-by-os windows/amd64", want: `--filter-by-os "windows/amd64": want linux/ARCH, releases are for Linux only`},
		{name: "size", args: "images " + release + " --max-payload-size x", want: `--max-payload-size "x": want a positive size such as 512Mi or 1G`},
		{name: "no requests", args: "images " + release + " --max-per-registry 0", want: "--max-per-registry 0: at least one request is needed"},
		{name: "no number", args: "images -v=abc", want: "invalid argument \"abc\" for \"-v, --v\" flag; see `oc release-x images --help`"},
		{name: "no kubeconfig", args: "images --kubeconfig " + kubeconfig, want: `--kubeconfig "` + kubeconfig + `": it is not a kubeconfig: want YAML or JSON with kind: Config`},
		{name: "timeout", args: "images " + release + " --timeout -1s", want: `--timeout -1s: want a time that is not negative, such as 30s`},
		{name: "not here yet", args: "info --bugs " + release, want: "info has no --bugs yet: use `oc adm release info --bugs`"},
		{name: "contents and sizes", args: "info --contents --size " + release, want: "only one of --pullspecs, --commits, --commit-urls, --size, --contents, --image-for, -o and --jq can be given"},
		{name: "contents and a form", args: "info --contents -o json " + release, want: "only one of --pullspecs, --commits, --commit-urls, --size, --contents, --image-for, -o and --jq can be given"},
		{name: "images without a document", args: "info --include-images " + release, want: "--include-images adds .images to the document: print it with -o json, another document format, or --jq"},
		{name: "images and lines", args: "info --include-images -o name " + release, want: "--include-images adds .images to the document: print it with -o json, another document format, or --jq"},
		{name: "columns", args: "info --commits --pullspecs " + release, want: "only one of --pullspecs, --commits, --commit-urls, --size, --contents, --image-for, -o and --jq can be given"},
		{name: "version with an argument", args: "version x", want: "unknown command \"x\" for \"oc release-x version\"; see `oc release-x version --help`"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := call{env: map[string]string{"OCP_RELEASE_IMAGE": test.env}}.run(t, strings.Fields(test.args)...)
			want(t, got, 2, "", "error: "+test.want+"\n")
		})
	}
}

func TestReleaseFromEnvironment(t *testing.T) {
	release := layout(t, small())
	got := call{env: map[string]string{"OCP_RELEASE_IMAGE": release}}.run(t, "images", "-o", "name")
	want(t, got, 0, "etcd\nhyperkube\nmachine-config-operator\npod\n", "")
	got = call{env: map[string]string{"OCP_RELEASE_IMAGE": "oci:/nowhere"}}.run(t, "images", "--release", release, "pod", "-o", "name")
	want(t, got, 0, "pod\n", "")
	got = call{env: map[string]string{"OCP_RELEASE_IMAGE": "oci:/nowhere"}}.run(t, "images")
	want(t, got, 3, "", "error: $OCP_RELEASE_IMAGE: oci:/nowhere: stat /nowhere: no such file or directory\n")
}

func TestJQIsCheckedBeforeReleaseIsOpened(t *testing.T) {
	want(t, run(t, "images", "oci:/nowhere", "--jq", ".items[] | | x"), 2, "",
		"error: --jq: unexpected token \"|\"\n    .items[] | | x\n               ^\n")
}

func TestClosedPipeAndFullDevice(t *testing.T) {
	release := layout(t, small())
	for _, args := range [][]string{
		{"images", release}, {"images", release, "--jq", ".items[]"}, {"env", release}, {"info", release}, {"info", release, "--image-for", "etcd"}, {"version"}, {"--version"}, {"images", "--help"}, {"help", "cache", "list"},
	} {
		left := writerFunc(func([]byte) (int, error) {
			return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}
		})
		got := call{out: left}.run(t, args...)
		want(t, got, 0, "", "")
		full := writerFunc(func([]byte) (int, error) {
			return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}
		})
		got = call{out: full}.run(t, args...)
		want(t, got, 8, "", "error: write /dev/stdout: no space left on device\n")
	}
}

func TestOtherErrorsAreInternal(t *testing.T) {
	odd := writerFunc(func([]byte) (int, error) { return 0, errors.New("odd") })
	want(t, call{out: odd}.run(t, "version"), 1, "", "error: odd\n")
}

func TestNamesAreEscapedOnTerminals(t *testing.T) {
	release := layout(t, small().WithComponent("a\x1b[31mred\u202e\nx"))
	for _, args := range [][]string{{"images", release}, {"images", release, "-o", "name"}, {"info", release}, {"images", release, "--jq", ".items[].metadata.name"}, {"images", release, "a\x1b[3"}} {
		got := call{terminal: true}.run(t, args...)
		if strings.ContainsAny(got.out+got.err, "\x1b\u202e") {
			t.Errorf("%q: %q %q", args, got.out, got.err)
		}
		if !strings.Contains(got.out+got.err, `\x1b[3`) {
			t.Errorf("%q does not show the escape: %q %q", args, got.out, got.err)
		}
	}
}

func TestStrictFailsOnWarnings(t *testing.T) {
	release := layout(t, small().WithComponent("odd", testrelease.Image("quay.io/a/b:latest")).WithComponent("none", testrelease.Kind("")))
	warnings := "Warning: the tag \"none\" of image-references is left out: it points to no image\n" +
		"Warning: the component \"odd\" is not referenced by a digest: \"quay.io/a/b:latest\"\n"
	want(t, run(t, "images", release, "odd"), 0, "NAME   DIGEST\nodd    quay.io/a/b:latest\n", warnings)
	want(t, run(t, "images", release, "odd", "--strict"), 7, "NAME   DIGEST\nodd    quay.io/a/b:latest\n",
		warnings+"error: there were 2 warnings, and --strict was given\n")
}

func TestHelpCompletesCommands(t *testing.T) {
	got := run(t, "__complete", "help", "").out
	for _, want := range []string{"images\t", "verify\t", "cache\t"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not offered:\n%s", want, got)
		}
	}
	if got := run(t, "__complete", "help", "cache", "").out; !strings.HasPrefix(got, "add\t") {
		t.Errorf("got %s", got)
	}
}

func TestErrorAsJSON(t *testing.T) {
	release := layout(t, small())
	for _, test := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"not found", []string{"images", "oci:/nowhere", "--error-format=json"}, 3, `{"code":3,"kind":"NotFound","message":"oci:/nowhere: stat /nowhere: no such file or directory"}`},
		{"a name that is nearly right", []string{"images", release, "etcdd", "--error-format=json"}, 3, `{"code":3,"kind":"NotFound","message":"no component \"etcdd\" in release 4.14.0","hint":"did you mean etcd?"}`},
		{"a hint", []string{"images", "--error-format", "json", "--nope"}, 2, "{\"code\":2,\"kind\":\"Usage\",\"message\":\"unknown flag: --nope\",\"hint\":\"see `oc release-x images --help`\"}"},
		{"a mistake before the flag", []string{"images", "--nope", "--error-format", "json"}, 2, "{\"code\":2,\"kind\":\"Usage\",\"message\":\"unknown flag: --nope\",\"hint\":\"see `oc release-x images --help`\"}"},
		{"a mistake before the flag, with =", []string{"images", "--nope", "--error-format=json"}, 2, "{\"code\":2,\"kind\":\"Usage\",\"message\":\"unknown flag: --nope\",\"hint\":\"see `oc release-x images --help`\"}"},
		{"a mistake in jq", []string{"images", release, "--jq", ".a | | b", "--error-format=json"}, 2, `{"code":2,"kind":"Usage","message":"--jq: unexpected token \"|\""}`},
		{"local", []string{"images", release, "-o", "custom-columns-file=/nowhere", "--error-format=json"}, 8, `{"code":8,"kind":"Local","message":"-o custom-columns-file: open /nowhere: no such file or directory"}`},
		{"hostile", []string{"images", "oci:/no\x1b[31m\u202e\U000e0001\n\xff<&>", "--error-format=json"}, 3, `{"code":3,"kind":"NotFound","message":"oci:/no\u001b[31m\u202e\udb40\udc01 \ufffd<&>: stat /no\u001b[31m\u202e\udb40\udc01 \ufffd<&>: no such file or directory"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run(t, test.args...)
			if !json.Valid([]byte(got.err)) {
				t.Errorf("it is no JSON: %q", got.err)
			}
			want(t, got, test.code, "", test.want+"\n")
		})
	}
}

func TestErrorFormatDefaultsToText(t *testing.T) {
	want(t, run(t, "images", "oci:/nowhere", "--error-format=text"), 3, "", "error: oci:/nowhere: stat /nowhere: no such file or directory\n")
	if got := run(t, "images", "--", "etcd", "--error-format=json"); !strings.HasPrefix(got.err, "error: \"etcd\" is not a release") {
		t.Errorf("a name is taken for the flag: %q", got.err)
	}
	got := run(t, "images", "--error-format=yaml")
	want(t, got, 2, "", "error: invalid argument \"yaml\" for \"--error-format\" flag: want text or json; see `oc release-x images --help`\n")
}

// Errors contain no terminal escapes, no marks that change the direction of text, and no line breaks. Here the path is
// not quoted by the code that makes the error.
func TestErrorsAreEscaped(t *testing.T) {
	got := run(t, "images", "oci:/no\x1b[31m\u202e\r/x")
	if strings.ContainsAny(got.err, "\x1b\u202e\r") {
		t.Errorf("stderr has control characters: %q", got.err)
	}
	want(t, got, 3, "", `error: oci:/no\x1b[31m\u202e /x: stat /no\x1b[31m\u202e /x: no such file or directory`+"\n")
}

// Warnings contain names from releases. They are escaped like errors.
func TestWarningsAreEscaped(t *testing.T) {
	const name = "x\x1b[31m\u202e\n.yaml"
	release := layout(t, small().WithManifest("folder/"+name, "a: b\n"))
	got := run(t, "images", release, "pod", "-o", "name")
	want(t, got, 0, "pod\n", `Warning: release-manifests/folder/x\x1b[31m\u202e\n.yaml is left out: directories below release-manifests are skipped, as the operator does`+"\n")
}
