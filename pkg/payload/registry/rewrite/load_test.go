package rewrite_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/registry/rewrite"
)

func TestLoadRefuses(t *testing.T) {
	conf := func(text string) string { return "[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\n" + text }
	tests := []struct{ name, sets, conf, want string }{
		{"no YAML", "a: [", "", "document 1: yaml: line 1: did not find expected node content"},
		{"not an object", "- a\n", "", "document 1 is no mirror set: want kind ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy, with lists of source and mirrors"},
		{"another kind", "apiVersion: v1\nkind: ConfigMap\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it"},
		{"another group", "apiVersion: example.com/v1\nkind: ImageDigestMirrorSet\n", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it"},
		{"empty", "", "", "there is no ImageDigestMirrorSet, ImageTagMirrorSet or ImageContentSourcePolicy in it"},
		{"second document", idms("  - {source: quay.io, mirrors: [a.example]}\n") + "---\n" + idms("  - {source: '', mirrors: []}\n"), "", `document 2: source "" is not host[:port][/path]`},
		{"hostile source", idms("  - {source: quay.io/../x, mirrors: []}\n"), "", `document 1: source "quay.io/../x" is not host[:port][/path]`},
		{"mirror with a scheme", idms("  - {source: quay.io, mirrors: ['https://a.example/x']}\n"), "", `document 1: mirror "https://a.example/x" is not host[:port][/path]`},
		{"mirror with a wildcard", idms("  - {source: quay.io, mirrors: ['*.example']}\n"), "", `document 1: mirror "*.example" is not host[:port][/path]`},
		{"policy", idms("  - {source: quay.io, mirrors: [], mirrorSourcePolicy: Never}\n"), "", `document 1: mirrorSourcePolicy "Never" is neither AllowContactingSource nor NeverContactSource`},
		{"no TOML", "", "[[registry]\n", "line 1, column 11: toml: expected ']]' to close array table name"},
		{"version 1", "", "[registries.search]\nregistries = ['quay.io']\n", "it is version 1 of registries.conf: only version 2, with [[registry]], is read"},
		{"no place", "", "[[registry]]\nblocked = true\n", `prefix "" is not host[:port][/path]`},
		{"twice", "", "[[registry]]\nlocation = \"quay.io\"\n[[registry]]\nlocation = \"quay.io\"\n", "the prefix quay.io is there twice"},
		{"pull", "", conf("location = \"a.example\"\npull-from-mirror = \"some\"\n"), `mirror a.example: pull-from-mirror "some" is none of all, digest-only and tag-only`},
		{"both", "", strings.Replace(conf("location = \"a.example\"\npull-from-mirror = \"all\"\n"), "quay.io\"\n", "quay.io\"\nmirror-by-digest-only = true\n", 1), "mirror a.example: pull-from-mirror and mirror-by-digest-only exclude each other"},
		{"mirror without location", "", conf("insecure = true\n"), `mirror "" is not host[:port][/path]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := rewrite.Files{Conf: test.conf}
			path := ""
			if test.conf != "" {
				path = file(t, "registries.conf", test.conf)
				files.Conf = path
			} else {
				path = file(t, "sets.yaml", test.sets)
				files.ICSP = []string{path}
			}
			_, err := rewrite.Load(files)
			if want := "reading mirrors from " + path + ": " + test.want; err == nil || err.Error() != want {
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
	for _, files := range []rewrite.Files{{IDMS: []string{path}}, {ITMS: []string{path}}, {ICSP: []string{path}}, {Conf: path}} {
		_, err := rewrite.Load(files)
		if want := "reading mirrors: open " + path + ": no such file or directory"; err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if fault.KindOf(err) != fault.Local {
			t.Errorf("kind %d", fault.KindOf(err))
		}
	}
}
