package mirrors_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

const repository = "quay.io/openshift-release-dev/ocp-release"

// set writes a mirror set of one kind.
func set(kind, list, body string) string {
	group := "config.openshift.io/v1"
	if kind == "ImageContentSourcePolicy" {
		group = "operator.openshift.io/v1alpha1"
	}
	return "apiVersion: " + group + "\nkind: " + kind + "\nmetadata: {name: x}\nspec:\n  " + list + ":\n" + body
}

func idms(body string) string { return set("ImageDigestMirrorSet", "imageDigestMirrors", body) }
func itms(body string) string { return set("ImageTagMirrorSet", "imageTagMirrors", body) }
func icsp(body string) string {
	return set("ImageContentSourcePolicy", "repositoryDigestMirrors", body)
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// load makes rules of a file of sets and a registries.conf, either of which may be "".
func load(t *testing.T, sets, conf string) *mirrors.Rules {
	t.Helper()
	var files mirrors.Files
	if sets != "" {
		files.IDMS = []string{file(t, "sets.yaml", sets)}
	}
	if conf != "" {
		files.Conf = file(t, "registries.conf", conf)
	}
	rules, err := mirrors.Load(files, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

func at(repositories ...string) []mirrors.Place {
	var places []mirrors.Place
	for _, r := range repositories {
		places = append(places, mirrors.Place{Repository: oci.SplitRepository(r)})
	}
	return places
}

func TestPlaces(t *testing.T) {
	tests := []struct {
		name, sets, conf string
		repository       string // repository when empty
		digest, tag      []mirrors.Place
	}{
		{name: "no files", digest: at(repository), tag: at(repository)},
		{
			name:   "digests by IDMS, in order, the source last",
			sets:   idms("  - {source: quay.io/openshift-release-dev, mirrors: [a.example/one, b.example:5000/two/]}\n"),
			digest: at("a.example/one/ocp-release", "b.example:5000/two/ocp-release", repository),
			tag:    at(repository),
		},
		{
			name:   "tags by ITMS",
			sets:   itms("  - {source: quay.io, mirrors: [a.example]}\n"),
			digest: at(repository),
			tag:    at("a.example/openshift-release-dev/ocp-release", repository),
		},
		{
			name:   "digests by ICSP",
			sets:   icsp("  - {source: " + repository + ", mirrors: [a.example/r]}\n"),
			digest: at("a.example/r", repository),
			tag:    at(repository),
		},
		{
			name: "several documents and kinds, other kinds left out, a List",
			sets: "---\n" + idms("  - {source: quay.io, mirrors: [a.example]}\n") + "---\nkind: ConfigMap\napiVersion: v1\n---\n" +
				itms("  - {source: quay.io, mirrors: [b.example]}\n") + "---\napiVersion: v1\nkind: List\nitems:\n" +
				"- {apiVersion: config.openshift.io/v1, kind: ImageDigestMirrorSet, spec: {imageDigestMirrors: [{source: quay.io, mirrors: [c.example]}]}}\n",
			digest: at("a.example/openshift-release-dev/ocp-release", "c.example/openshift-release-dev/ocp-release", repository),
			tag:    at("b.example/openshift-release-dev/ocp-release", repository),
		},
		{
			name: "the longest prefix wins alone",
			sets: idms("  - {source: quay.io, mirrors: [a.example]}\n  - {source: " + repository + ", mirrors: [b.example/r]}\n" +
				"  - {source: quay.io/openshift-release-dev, mirrors: [c.example]}\n"),
			digest: at("b.example/r", repository),
			tag:    at(repository),
		},
		{
			name:   "a prefix ends where a part ends",
			sets:   idms("  - {source: quay.io/openshift, mirrors: [a.example]}\n  - {source: quay.i, mirrors: [b.example]}\n"),
			digest: at(repository),
			tag:    at(repository),
		},
		{
			name: "NeverContactSource",
			sets: idms("  - {source: quay.io, mirrors: [a.example], mirrorSourcePolicy: NeverContactSource}\n  - {source: quay.io, mirrors: [b.example], mirrorSourcePolicy: AllowContactingSource}\n") +
				"---\n" + itms("  - {source: quay.io, mirrors: [c.example]}\n"),
			digest: at("a.example/openshift-release-dev/ocp-release", "b.example/openshift-release-dev/ocp-release"),
			tag:    at("c.example/openshift-release-dev/ocp-release"),
		},
		{
			name:   "the source among its mirrors is asked once, where it stands",
			sets:   idms("  - {source: quay.io, mirrors: [quay.io, a.example]}\n"),
			digest: at(repository, "a.example/openshift-release-dev/ocp-release"),
			tag:    at(repository),
		},
		{
			name:       "wildcards cover subdomains of any depth, ports and no domain itself",
			sets:       idms("  - {source: '*.example.com', mirrors: [m.example/all]}\n"),
			repository: "a.b.example.com:5000/x/y",
			digest:     at("m.example/all/x/y", "a.b.example.com:5000/x/y"),
			tag:        at("a.b.example.com:5000/x/y"),
		},
		{
			name:       "the wildcard's domain itself is not covered",
			sets:       idms("  - {source: '*.example.com', mirrors: [m.example/all]}\n"),
			repository: "example.com/x",
			digest:     at("example.com/x"),
			tag:        at("example.com/x"),
		},
		{
			name: "a name before a wildcard, a longer wildcard before a shorter",
			sets: idms("  - {source: '*.com', mirrors: [a.example]}\n  - {source: '*.b.com', mirrors: [b.example]}\n" +
				"  - {source: c.b.com, mirrors: [c.example]}\n"),
			repository: "c.b.com/x",
			digest:     at("c.example/x", "c.b.com/x"),
			tag:        at("c.b.com/x"),
		},
		{
			name:       "a longer wildcard before a shorter",
			sets:       idms("  - {source: '*.b.com', mirrors: [b.example]}\n  - {source: '*.com', mirrors: [a.example]}\n"),
			repository: "c.b.com/x",
			digest:     at("b.example/x", "c.b.com/x"),
			tag:        at("c.b.com/x"),
		},
		{
			name: "registries.conf: mirrors by what they are asked for, insecure ones, another location",
			conf: `unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "quay.io/openshift-release-dev"
location = "origin.example/dev"
insecure = true
[[registry.mirror]]
location = "all.example/a"
insecure = true
[[registry.mirror]]
location = "digests.example/b"
pull-from-mirror = "digest-only"
[[registry.mirror]]
location = "tags.example/c"
pull-from-mirror = "tag-only"
`,
			digest: []mirrors.Place{{oci.SplitRepository("all.example/a/ocp-release"), true}, {oci.SplitRepository("digests.example/b/ocp-release"), false}, {oci.SplitRepository("origin.example/dev/ocp-release"), true}},
			tag:    []mirrors.Place{{oci.SplitRepository("all.example/a/ocp-release"), true}, {oci.SplitRepository("tags.example/c/ocp-release"), false}, {oci.SplitRepository("origin.example/dev/ocp-release"), true}},
		},
		{
			name: "registries.conf: mirror-by-digest-only, the location is the prefix",
			conf: `[[registry]]
location = "quay.io"
mirror-by-digest-only = true
[[registry.mirror]]
location = "m.example"
`,
			digest: at("m.example/openshift-release-dev/ocp-release", repository),
			tag:    at(repository),
		},
		{
			name: "a mirror set's mirror is insecure when registries.conf says so",
			sets: idms("  - {source: quay.io, mirrors: [m.example:5000]}\n"),
			conf: "[[registry]]\nlocation = \"m.example:5000\"\ninsecure = true\n",
			digest: []mirrors.Place{
				{oci.SplitRepository("m.example:5000/openshift-release-dev/ocp-release"), true}, {oci.SplitRepository(repository), false},
			},
			tag: at(repository),
		},
		{
			name:   "registries.conf and a set of the same prefix add up",
			sets:   idms("  - {source: quay.io, mirrors: [b.example]}\n"),
			conf:   "[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\nlocation = \"a.example\"\n",
			digest: at("a.example/openshift-release-dev/ocp-release", "b.example/openshift-release-dev/ocp-release", repository),
			tag:    at("a.example/openshift-release-dev/ocp-release", repository),
		},
		{
			name:   "the longer prefix of the two wins",
			sets:   idms("  - {source: " + repository + ", mirrors: [b.example/r]}\n"),
			conf:   "[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\nlocation = \"a.example\"\n",
			digest: at("b.example/r", repository),
			tag:    at("a.example/openshift-release-dev/ocp-release", repository),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			rules := load(t, test.sets, test.conf)
			source := test.repository
			if source == "" {
				source = repository
			}
			for byDigest, want := range map[bool][]mirrors.Place{true: test.digest, false: test.tag} {
				got, _, err := rules.Places(oci.SplitRepository(source), byDigest)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("by digest %v (-want +got):\n%s", byDigest, d)
				}
			}
		})
	}
}

func TestPlacesThatMayNotBeContacted(t *testing.T) {
	conf := file(t, "registries.conf", "[[registry]]\nlocation = \"quay.io\"\nblocked = true\n")
	blocked, err := mirrors.Load(mirrors.Files{Conf: conf}, nil)
	if err != nil {
		t.Fatal(err)
	}
	never := load(t, idms("  - {source: quay.io, mirrors: [a.example], mirrorSourcePolicy: NeverContactSource}\n"), "")
	bare := load(t, itms("  - {source: quay.io, mirrors: [], mirrorSourcePolicy: NeverContactSource}\n"), "")
	for name, test := range map[string]struct {
		rules    *mirrors.Rules
		byDigest bool
		want     string
	}{
		"blocked":                         {blocked, true, repository + " is blocked by " + conf + ", and it has no mirror by digest"},
		"never, without mirrors":          {bare, false, repository + " may not be contacted (NeverContactSource), and it has no mirror by tag"},
		"never, mirrors for digests only": {never, false, repository + " may not be contacted (NeverContactSource), and it has no mirror by tag"},
		"never, said of tags":             {bare, true, repository + " may not be contacted (NeverContactSource), and it has no mirror by digest"},
	} {
		t.Run(name, func(t *testing.T) {
			places, _, err := test.rules.Places(oci.SplitRepository(repository), test.byDigest)
			if err == nil {
				t.Fatalf("got %v", places)
			}
			if err.Error() != test.want || fault.KindOf(err) != fault.Network {
				t.Errorf("got %v (kind %d), want %s", err, fault.KindOf(err), test.want)
			}
		})
	}
}

// TestBlockedForbidsTheSourceAlone: this is how NeverContactSource is written on the nodes of a cluster.
func TestBlockedForbidsTheSourceAlone(t *testing.T) {
	const mirrored = "[[registry]]\nprefix = \"\"\nlocation = \"quay.io/openshift-release-dev\"\nblocked = true\n[[registry.mirror]]\nlocation = \"m.example/dev\"\npull-from-mirror = \"digest-only\"\n"
	for name, test := range map[string]struct {
		sets, conf string
		byDigest   bool
		want       []mirrors.Place
		refused    []string // FILE is the registries.conf
		err        string
	}{
		"a mirror by digest": {"", mirrored, true, at("m.example/dev/ocp-release"), []string{repository + " is blocked by FILE"}, ""},
		"no mirror by tag":   {"", mirrored, false, nil, nil, repository + " is blocked by FILE, and it has no mirror by tag"},
		"a mirror of a set": {
			idms("  - {source: quay.io, mirrors: [m.example]}\n"), "[[registry]]\nlocation = \"quay.io\"\nblocked = true\n", true,
			at("m.example/openshift-release-dev/ocp-release"),
			[]string{repository + " is blocked by FILE"},
			"",
		},
		"a shorter prefix is blocked": {
			idms("  - {source: " + repository + ", mirrors: [m.example/r]}\n"), "[[registry]]\nlocation = \"quay.io\"\nblocked = true\n", true,
			at("m.example/r"),
			[]string{repository + " is blocked by FILE"},
			"",
		},
		"the mirror is blocked": {
			"", mirrored + "[[registry]]\nlocation = \"m.example\"\nblocked = true\n", true, nil, nil,
			"m.example/dev/ocp-release is blocked by FILE; " + repository + " is blocked by FILE",
		},
		"the mirror of a set is blocked": {
			idms("  - {source: quay.io, mirrors: [m.example]}\n"), "[[registry]]\nprefix = \"*.example\"\nblocked = true\n", true,
			at(repository),
			[]string{"m.example/openshift-release-dev/ocp-release is blocked by FILE"},
			"",
		},
		"another location is blocked": {
			"", "[[registry]]\nprefix = \"quay.io\"\nlocation = \"o.example\"\n[[registry.mirror]]\nlocation = \"m.example\"\n[[registry]]\nlocation = \"o.example\"\nblocked = true\n", false,
			at("m.example/openshift-release-dev/ocp-release"),
			[]string{"o.example/openshift-release-dev/ocp-release is blocked by FILE"},
			"",
		},
		"said by an entry that appears twice": {
			"", "[[registry]]\nlocation = \"quay.io\"\n[[registry]]\nlocation = \"quay.io\"\nblocked = true\n", true, nil, nil,
			repository + " is blocked by FILE, and it has no mirror by digest",
		},
	} {
		t.Run(name, func(t *testing.T) {
			files := mirrors.Files{Conf: file(t, "registries.conf", test.conf)}
			if test.sets != "" {
				files.IDMS = []string{file(t, "sets.yaml", test.sets)}
			}
			rules, err := mirrors.Load(files, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, refused, err := rules.Places(oci.SplitRepository(repository), test.byDigest)
			if d := cmp.Diff(test.want, got); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
			if d := cmp.Diff(strings.ReplaceAll(strings.Join(test.refused, "\n"), "FILE", files.Conf), strings.Join(refused, "\n")); d != "" {
				t.Errorf("refused (-want +got):\n%s", d)
			}
			if text := strings.ReplaceAll(test.err, "FILE", files.Conf); err == nil && text != "" || err != nil && (err.Error() != text || fault.KindOf(err) != fault.Network) {
				t.Errorf("got %v, want %s", err, text)
			}
		})
	}
}
