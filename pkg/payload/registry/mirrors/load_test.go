package mirrors_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

func TestLoadRefuses(t *testing.T) {
	conf := func(text string) string { return "[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\n" + text }
	tests := []struct{ name, sets, conf, want string }{
		{"no YAML", "a: [", "", "document 1: yaml: line 1: did not find expected node content"},
		{"aliases", "a: &a [" + strings.Repeat("xxxxxxxxxx,", 10_000) + "]\nb: [" + strings.Repeat("*a,", 200) + "]\n", "", "document 1: its aliases expand to more than the 16777216 bytes that this program reads"},
		{"many values", "a: [" + strings.Repeat("x,", 200_000) + "]\n", "", "document 1: the document has more than the 100000 values that this program reads"},
		{"many documents", strings.Repeat("---\nkind: ImageTagMirrorSet\napiVersion: config.openshift.io/v1\n", 10_001), "", "it has more than 10000 documents"},
		{"a key twice", "kind: A\nkind: B\n", "", "document 1: yaml: unmarshal errors: line 2: key \"kind\" already set in map"},
		{"not an object", "- a\n", "", "document 1 is not a mirror set: want kind ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy, with lists of source and mirrors"},
		{"another kind", "apiVersion: v1\nkind: ConfigMap\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a Kubernetes object of kind \"ConfigMap\""},
		{"another group", "apiVersion: example.com/v1\nkind: ImageDigestMirrorSet\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it"},
		{"a list of other kinds", "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ConfigMap}]\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it"},
		{"empty", "", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is an empty file"},
		{"a kubeconfig", "apiVersion: v1\nkind: Config\nclusters: []\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a kubeconfig"},
		{"a pull secret", `{"auths":{"quay.io":{"auth":"secret"}}}`, "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a file with credentials: give it with --registry-config"},
		{"an install-config", "apiVersion: v1\nbaseDomain: x\nimageDigestSources: []\nmetadata: {}\npullSecret: secret\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a file with \"apiVersion\", \"baseDomain\", \"imageDigestSources\", \"metadata\" and more"},
		{"a registries.conf as sets", conf("location = \"a.example\"\n"), "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a registries.conf: give it with --registries-conf"},
		{"a containers.conf as sets", "[engine]\nevents_logger = \"file\"\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a TOML file with \"engine\""},
		{"a web page as sets", "<!DOCTYPE html><html>", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a web page"},
		{"a binary file as sets", "\x1f\x8b\x00\x00", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it: it is a binary file"},
		{"nothing but odd entries", idms("  - {source: '', mirrors: []}\n") + "---\n" + idms("  - {source: quay.io/x:tag, mirrors: []}\n"), "", `document 1: source "" is not host[:port][/path]`},
		{"hostile source", idms("  - {source: quay.io/../x, mirrors: []}\n"), "", `document 1: source "quay.io/../x" is not host[:port][/path]`},
		{"mirror with a scheme", idms("  - {source: quay.io, mirrors: ['https://a.example/x']}\n"), "", `document 1: mirror "https://a.example/x" is not host[:port][/path]`},
		{"mirror with a wildcard", idms("  - {source: quay.io, mirrors: ['*.example']}\n"), "", `document 1: mirror "*.example" is not host[:port][/path]`},
		{"mirror with a password", idms("  - {source: quay.io, mirrors: ['user:CANARY@a.example/x']}\n"), "", `document 1: mirror "***@a.example/x" is not host[:port][/path]`},
		{"policy", idms("  - {source: quay.io, mirrors: [], mirrorSourcePolicy: Never}\n"), "", `document 1: mirrorSourcePolicy "Never" is neither AllowContactingSource nor NeverContactSource`},
		{"policy of an odd entry", idms("  - {source: 'quay.io:', mirrors: [], mirrorSourcePolicy: Never}\n"), "", `document 1: mirrorSourcePolicy "Never" is neither AllowContactingSource nor NeverContactSource`},
		{"no TOML", "", "[[registry]\n", "line 1, column 11: toml: expected ']]' to close array table name"},
		{"another type", "", "[[registry]]\nlocation = 7\n", "line 2, column 12: toml: cannot decode TOML integer into struct field mirrors.confEntry.Location of type string"},
		{"version 1", "", "[registries.search]\nregistries = ['quay.io']\n", "it is version 1 of registries.conf: only version 2, with [[registry]], is read"},
		{"a containers.conf", "", "[containers]\nlog_driver = 'k8s-file'\n[engine]\nevents_logger = 'file'\n", `it is not a registries.conf but a TOML file with "containers", "engine"`},
		{"a mirror set", "", idms("  - {source: quay.io, mirrors: [a.example]}\n"), "it is not a registries.conf but an ImageDigestMirrorSet: give it with --idms-file"},
		{"a pull secret as registries.conf", "", `{"auths":{"quay.io":{"auth":"secret"}}}`, "it is not a registries.conf but a file with credentials: give it with --registry-config"},
		{"an object", "", "apiVersion: v1\nkind: Pod\n", `it is not a registries.conf but a Kubernetes object of kind "Pod"`},
		{"a binary file", "", "\x1f\x8b\x00\x00", "it is not a registries.conf but a binary file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := mirrors.Files{Conf: test.conf}
			path, flag := "", "--icsp-file"
			if test.conf != "" {
				path = file(t, "registries.conf", test.conf)
				files.Conf, flag = path, "--registries-conf"
			} else {
				path = file(t, "sets.yaml", test.sets)
				files.ICSP = []string{path}
			}
			_, err := mirrors.Load(files, nil)
			if want := flag + ": reading mirrors from " + path + ": " + test.want; err == nil || err.Error() != want {
				t.Errorf("got %v\nwant %s", err, want)
			}
			if fault.KindOf(err) != fault.Usage {
				t.Errorf("kind %d", fault.KindOf(err))
			}
		})
	}
}

func TestLoadMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing")
	for flag, files := range map[string]mirrors.Files{
		"--idms-file": {IDMS: []string{path}}, "--itms-file": {ITMS: []string{path}}, "--icsp-file": {ICSP: []string{path}},
		"--registries-conf": {Conf: path},
	} {
		_, err := mirrors.Load(files, nil)
		if want := flag + ": reading mirrors: open " + path + ": no such file or directory"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if fault.KindOf(err) != fault.Local {
			t.Errorf("kind %d", fault.KindOf(err))
		}
	}
}

// TestOddEntryLeavesTheOthers: what works for podman, or lies in a cluster, works here.
func TestOddEntryLeavesTheOthers(t *testing.T) {
	const good = "[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\nlocation = \"m.example\"\n"
	digests := at("m.example/openshift-release-dev/ocp-release", repository)
	for name, test := range map[string]struct {
		sets, conf string
		want       []mirrors.Place
		warnings   []string // FILE is the file
	}{
		"a tag in a location":       {"", "[[registry]]\nlocation = \"docker.io/library/alpine:latest\"\n" + good, digests, []string{`registry 1: prefix "docker.io/library/alpine:latest" is not host[:port][/path]`}},
		"no place":                  {"", "[[registry]]\nblocked = true\n" + good, digests, []string{`registry 1: prefix "" is not host[:port][/path]`}},
		"a mirror with a scheme":    {"", good + "[[registry.mirror]]\nlocation = \"https://user:CANARY@b.example\"\n", digests, []string{`registry 1: mirror "https://***@b.example" is not host[:port][/path]`}},
		"a mirror without location": {"", good + "[[registry.mirror]]\ninsecure = true\n", digests, []string{`registry 1: mirror "" is not host[:port][/path]`}},
		"an unknown pull-from":      {"", good + "[[registry.mirror]]\nlocation = \"b.example\"\npull-from-mirror = \"some\"\n", digests, []string{`registry 1: mirror b.example: pull-from-mirror "some" is none of all, digest-only and tag-only`}},
		"two rules for one mirror":  {"", strings.Replace(good, "[[registry.mirror]]", "mirror-by-digest-only = true\n[[registry.mirror]]", 1) + "[[registry.mirror]]\nlocation = \"b.example\"\npull-from-mirror = \"all\"\n", digests, []string{"registry 1: mirror b.example: pull-from-mirror and mirror-by-digest-only exclude each other"}},
		"a prefix twice":            {"", good + "[[registry]]\nprefix = \"quay.io\"\nlocation = \"b.example\"\n", digests, []string{"registry 2: the prefix quay.io appears twice"}},
		"an unusable location":      {"", strings.Replace(good, "location", "prefix = \"quay.io\"\nlocation = \"user:CANARY@o.example/x:tag\"\n#", 1), digests[:1], []string{`registry 1: location "***@o.example/x:tag" is not host[:port][/path]`}},
		"nothing but an odd entry":  {"", "[[registry]]\nlocation = \"docker.io/library/alpine:latest\"\n", at(repository), []string{`registry 1: prefix "docker.io/library/alpine:latest" is not host[:port][/path]`}},
		"nothing at all":            {"", "# [[registry]]\n", at(repository), nil},
		"a search list alone":       {"", "unqualified-search-registries = [\"docker.io\"]\n", at(repository), nil},
		"an odd source and an odd mirror in a set": {
			icsp("  - {source: 'quay.io/x:tag', mirrors: [a.example]}\n  - {source: quay.io, mirrors: ['https://b.example', m.example]}\n"), "", digests,
			[]string{`document 1: source "quay.io/x:tag" is not host[:port][/path]`, `document 1: mirror "https://b.example" is not host[:port][/path]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := file(t, "mirrors", test.sets+test.conf)
			files := mirrors.Files{Conf: path}
			if test.sets != "" {
				files = mirrors.Files{ICSP: []string{path}}
			}
			var warnings []string
			rules, err := mirrors.Load(files, func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) })
			if err != nil {
				t.Fatal(err)
			}
			for i, w := range test.warnings {
				test.warnings[i] = path + ": " + w + "; it is left out"
			}
			if d := cmp.Diff(test.warnings, warnings); d != "" {
				t.Errorf("warnings (-want +got):\n%s", d)
			}
			got, _, err := rules.Places(oci.SplitRepository(repository), true)
			if d := cmp.Diff(test.want, got); err != nil || d != "" {
				t.Errorf("error %v (-want +got):\n%s", err, d)
			}
		})
	}
}
