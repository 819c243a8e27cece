package plugin_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

const includedAnnotations = "  annotations:\n    include.release.openshift.io/self-managed-high-availability: \"true\"\n"

// beforeUpdate and afterUpdate are two releases with a difference of every kind.
func beforeUpdate() *testrelease.Builder {
	return testrelease.New("4.14.0").
		WithPrevious("4.13.9").WithURL("https://example.org/0").
		WithComponent("etcd", testrelease.Source("https://github.com/openshift/etcd"), testrelease.Versions("kubernetes=1.27.6", "")).
		WithComponent("gone").
		WithComponent("pod", testrelease.Source("https://github.com/openshift/kubernetes")).
		WithManifest("0000_50_a_01_config.yaml", configMap("a", "data:\n  image: "+testrelease.ImageOf("etcd")+"\n  value: one\n")).
		WithManifest("0000_50_a_02_folded.yaml", configMap("folded", "data:\n  image: "+testrelease.ImageOf("pod")+"\n  version: 4.14.0\n")).
		WithManifest("0000_50_a_03_removed.yaml", configMap("removed", "")).
		WithManifest("0000_50_a_04_moved.yaml", configMap("moved", ""))
}

func afterUpdate() *testrelease.Builder {
	other := testrelease.Image(testrelease.ImageOf("other"))
	return testrelease.New("4.14.1").
		WithPrevious("4.13.9", "4.14.0").WithURL("https://example.org/1").
		WithComponent("etcd", testrelease.Source("https://github.com/openshift/etcd"), testrelease.Versions("kubernetes=1.27.7", ""), other,
			testrelease.Annotation("io.openshift.build.commit.id", strings.Repeat("1", 40))).
		WithComponent("new").
		WithComponent("pod", testrelease.Source("https://github.com/openshift/kubernetes"), testrelease.Image(testrelease.ImageOf("rebuilt"))).
		WithManifest("0000_50_a_01_config.yaml", configMap("a", "data:\n  image: "+testrelease.ImageOf("other")+"\n  lines: |\n    x\n    z\n  value: two\n")).
		WithManifest("0000_50_a_02_folded.yaml", configMap("folded", "data:\n  image: "+testrelease.ImageOf("rebuilt")+"\n  version: 4.14.1\n")).
		WithManifest("0000_50_a_05_added.yaml", configMap("added", "")).
		WithManifest("0000_70_a_04_moved.yaml", configMap("moved", ""))
}

func configMap(name, data string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\n  namespace: ns\n" + includedAnnotations + data
}

func TestDiff(t *testing.T) {
	old, new := layout(t, beforeUpdate()), layout(t, afterUpdate())
	head := `               FROM    TO
Version:       4.14.0  4.14.1
Upgrade From:          Yes

Metadata:
  url  ± https://example.org/0 → https://example.org/1

Component Versions:
  kubernetes  ± 1.27.6 → 1.27.7

Images Changed:
  etcd  ` + digestOf("etcd") + "  " + digestOf("other") + `

Images Rebuilt:
  pod  ` + digestOf("pod") + "  " + digestOf("rebuilt") + `

Images Added:
  new  ` + digestOf("new") + `

Images Removed:
  gone

Files: 2 changed, 2 added, 2 removed

Objects:
  ± configmap/a in ns  (0000_50_a_01_config.yaml)
`
	tail := `  - configmap/removed in ns  (0000_50_a_03_removed.yaml)
  + configmap/added in ns  (0000_50_a_05_added.yaml)
  → configmap/moved in ns  (0000_50_a_04_moved.yaml → 0000_70_a_04_moved.yaml)
`
	value := `      .data.lines
        + |
        +   x
        +   z
      .data.value
        ± one → two
`
	want(t, run(t, "diff", old, new), 0, head+value+tail+"  1 more differs only in image digests and versions, which --full shows\n", "")
	full := strings.Replace(head, "  ± configmap/a", "  ± configmap/a", 1) +
		"      .data.image\n        ± " + testrelease.ImageOf("etcd") + " → " + testrelease.ImageOf("other") + "\n" + value +
		"  ± configmap/folded in ns  (0000_50_a_02_folded.yaml)\n      .data.image\n        ± " + testrelease.ImageOf("pod") + " → " + testrelease.ImageOf("rebuilt") +
		"\n      .data.version\n        ± 4.14.0 → 4.14.1\n" + tail
	want(t, run(t, "diff", old, new, "--full"), 0, full, "")
}

func TestDiffOfEqualReleases(t *testing.T) {
	release := layout(t, beforeUpdate())
	const same = "               FROM    TO\nVersion:       4.14.0  4.14.0\nUpgrade From:          No\n"
	want(t, run(t, "diff", release, release, "--exit-code"), 0, same, "")
	want(t, run(t, "diff", release, release, "--manifests", "--exit-code"), 0, "", "")
}

func TestDiffExitCode(t *testing.T) {
	old, new := layout(t, beforeUpdate()), layout(t, afterUpdate())
	for _, test := range []struct {
		args string
		code int
	}{
		{"-o name", 2},
		{"--exit-code --jq .reachable", 1},
		{"--exit-code -o yaml", 1},
		{"--exit-code --manifests", 1},
		{"--exit-code --manifests *04*", 1},
		{"--jq .reachable", 0},
	} {
		got := run(t, append([]string{"diff", old, new}, strings.Fields(test.args)...)...)
		if got.code != test.code || got.code == 1 && got.err != "" || got.code < 2 && got.out == "" {
			t.Errorf("%s: %+v, want code %d", test.args, got, test.code)
		}
	}
	warned := layout(t, afterUpdate().WithComponent("odd", testrelease.Kind("ImageStreamTag")))
	want(t, run(t, "diff", old, warned, "--exit-code", "--strict", "--jq", ".reachable"), 7, "true\n",
		"Warning: the tag \"odd\" of image-references is left out: it points to no image\nerror: there was a warning, and --strict was given\n")
}

func TestDiffDocument(t *testing.T) {
	old, new := layout(t, beforeUpdate()), layout(t, afterUpdate())
	const query = `.kind, .from.version, .to.version, (.images | map_values(map(.name))), .images.changed[0].compare, .images.added[0].from, .versions, .files, .folded,
		[.objects[] | [.change, .object.name, .file, .fromFile]], .objects[0].paths`
	commit := good(t, run(t, "images", old, "etcd", "--jq", ".items[].commit"))
	want(t, run(t, "diff", old, new, "--jq", query), 0, `ReleaseDiff
4.14.0
4.14.1
{"added":["new"],"changed":["etcd"],"rebuilt":["pod"],"removed":["gone"]}
https://github.com/openshift/etcd/compare/`+strings.TrimSpace(commit)+"..."+strings.Repeat("1", 40)+`
null
[{"from":"1.27.6","name":"kubernetes","to":"1.27.7"}]
{"added":["0000_50_a_05_added.yaml","0000_70_a_04_moved.yaml"],"changed":["0000_50_a_01_config.yaml","0000_50_a_02_folded.yaml"],"removed":["0000_50_a_03_removed.yaml","0000_50_a_04_moved.yaml"]}
1
[["changed","a","0000_50_a_01_config.yaml",null],["removed","removed","0000_50_a_03_removed.yaml",null],["added","added","0000_50_a_05_added.yaml",null],["moved","moved","0000_70_a_04_moved.yaml","0000_50_a_04_moved.yaml"]]
[{"path":".data.lines","to":"x\nz\n"},{"from":"one","path":".data.value","to":"two"}]
`, "")
	if first, again := good(t, run(t, "diff", old, new, "-o", "json")), good(t, run(t, "diff", old, new, "-o", "json")); first != again {
		t.Error("the same releases give another document")
	}
}

func TestDiffWide(t *testing.T) {
	out := good(t, run(t, "diff", layout(t, beforeUpdate()), layout(t, afterUpdate()), "-o", "wide"))
	for _, want := range []string{
		"  " + digestOf("other") + "  https://github.com/openshift/etcd/compare/",
		"  pod  " + digestOf("pod") + "  " + digestOf("rebuilt") + "  https://github.com/openshift/kubernetes\n",
		"Files: 2 changed, 2 added, 2 removed\n  ± 0000_50_a_01_config.yaml\n  ± 0000_50_a_02_folded.yaml\n  + 0000_50_a_05_added.yaml\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestDiffOnTerminal(t *testing.T) {
	evil := func(value string) string {
		return configMap("evil", "data:\n  \"\\e]0;x\\a\": \"\\e[31m\\u202e"+value+"\"\n# \u202e"+value+"\n")
	}
	alert := func(name string) string {
		return "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: evil\n" + includedAnnotations +
			"spec:\n  groups:\n  - rules:\n    - alert: \"\\e]0;x\\a\\u202e" + name + "\"\n"
	}
	old := layout(t, beforeUpdate().WithManifest("0000_50_a_06_evil.yaml", evil("one")).WithManifest("0000_50_a_07_evil.yaml", alert("one")))
	new := layout(t, afterUpdate().WithManifest("0000_50_a_06_evil.yaml", evil("two")).WithManifest("0000_50_a_07_evil.yaml", alert("two")))
	for _, args := range [][]string{nil, {"--full"}, {"-o", "wide"}, {"--manifests"}, {"-o", "yaml"}, {"--impact"}} {
		out := good(t, call{terminal: true, width: 80}.run(t, append([]string{"diff", old, new}, args...)...))
		if strings.ContainsAny(out, "\x1b\a\u202e") {
			t.Errorf("%v: a terminal would act on\n%q", args, out)
		}
	}
	out := good(t, call{terminal: true, width: 80}.run(t, "diff", old, new))
	if want := "  etcd  " + digestOf("etcd")[:19] + "  " + digestOf("other")[:19] + "\n"; !strings.Contains(out, want) {
		t.Errorf("the digests do not fit the terminal:\n%s", out)
	}
}

func TestDiffAsMarkdown(t *testing.T) {
	old, new := build(t, beforeUpdate()).Digest().String(), build(t, afterUpdate()).Digest().String()
	short := func(name string) string { return "`" + digestOf(name)[:19] + "`" }
	commit := strings.TrimSpace(commitOf(t, "etcd"))
	const repository = "quay.io/openshift-release-dev/ocp-release@"
	want(t, run(t, "diff", layout(t, beforeUpdate()), layout(t, afterUpdate()), "-o", "markdown"), 0, ""+
		"## Release `4.14.0` → `4.14.1`\n\n"+
		"|  | From | To |\n| --- | --- | --- |\n"+
		"| Image | `"+repository+old+"` | `"+repository+new+"` |\n"+
		"| Upgrade from |  | yes |\n"+
		"\n### Metadata\n\n| Name | From | To |\n| --- | --- | --- |\n| `url` | `https://example.org/0` | `https://example.org/1` |\n"+
		"\n### Component versions\n\n| Name | From | To |\n| --- | --- | --- |\n| `kubernetes` | `1.27.6` | `1.27.7` |\n"+
		"\n### Images changed\n\n| Name | From | To | Source |\n| --- | --- | --- | --- |\n"+
		"| `etcd` | "+short("etcd")+" | "+short("other")+" | [`"+commit[:9]+"...111111111`](https://github.com/openshift/etcd/compare/"+commit+"..."+strings.Repeat("1", 40)+") |\n"+
		"\n### Images rebuilt\n\n| Name | From | To | Source |\n| --- | --- | --- | --- |\n"+
		"| `pod` | "+short("pod")+" | "+short("rebuilt")+" | [`https://github.com/openshift/kubernetes`](https://github.com/openshift/kubernetes) |\n"+
		"\n### Images added\n\n| Name | From | To | Source |\n| --- | --- | --- | --- |\n"+
		"| `new` |  | "+short("new")+" |  |\n"+
		"\n### Images removed\n\n| Name | From | To | Source |\n| --- | --- | --- | --- |\n"+
		"| `gone` | "+short("gone")+" |  |  |\n"+
		"\n### Files\n\n<details><summary>2 changed, 2 added, 2 removed</summary>\n\n```diff\n"+
		"! 0000_50_a_01_config.yaml\n! 0000_50_a_02_folded.yaml\n+ 0000_50_a_05_added.yaml\n+ 0000_70_a_04_moved.yaml\n"+
		"- 0000_50_a_03_removed.yaml\n- 0000_50_a_04_moved.yaml\n```\n\n</details>\n"+
		"\n### Objects added\n\n| Object | Namespace | File |\n| --- | --- | --- |\n| `configmap/added` | `ns` | `0000_50_a_05_added.yaml` |\n"+
		"\n### Objects removed\n\n| Object | Namespace | File |\n| --- | --- | --- |\n| `configmap/removed` | `ns` | `0000_50_a_03_removed.yaml` |\n"+
		"\n### Objects moved\n\n| Object | Namespace | File |\n| --- | --- | --- |\n| `configmap/moved` | `ns` | `0000_50_a_04_moved.yaml` → `0000_70_a_04_moved.yaml` |\n"+
		"\n### Objects changed\n\n<details><summary><code>configmap/a</code> in <code>ns</code></summary>\n\n`0000_50_a_01_config.yaml`\n\n```diff\n"+
		"@@ .data.lines @@\n+ |\n+   x\n+   z\n@@ .data.value @@\n- one\n+ two\n```\n\n</details>\n"+
		"\n1 more differs only in image digests and versions.\n", "")
}

// Many images are folded, and nothing that a release holds acts in Markdown.
func TestDiffAsMarkdownEscapes(t *testing.T) {
	evil := "@user #1 | <script> [x](http://x) `b` ``` </details>"
	object := func(value string) string {
		return configMap("evil", "data:\n  'k|`x` @user #1 <b>': |\n    "+evil+"\n    ```\n    "+value+"\n")
	}
	old, new := testrelease.New("4.14.0"), testrelease.New("4.14.1")
	for i := range 20 {
		name := fmt.Sprintf("component-%d", i)
		old.WithComponent(name)
		new.WithComponent(name, testrelease.Image(testrelease.ImageOf(name+"-new")), testrelease.Annotation("io.openshift.build.source-location", evil))
	}
	got := good(t, run(t, "diff", layout(t, old.WithManifest("0000_50_a_01_evil.yaml", object("one"))), layout(t, new.WithManifest("0000_50_a_01_evil.yaml", object("two"))), "-o", "markdown"))
	for _, part := range []string{
		"<details><summary>20 images</summary>\n\n| Name |",
		" | ````@user #1 \\| <script> [x](http://x) `b` ``` </details>```` |\n",
		"\n````diff\n@@ .data[\"k|`x` @user #1 <b>\"] @@\n  ```\n- one\n+ two\n````\n",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is missing in\n%s", part, got)
		}
	}
}

// --to writes each form whole, --exit-code too, and never a page to a terminal.
func TestDiffToFile(t *testing.T) {
	old, new, dir := layout(t, beforeUpdate()), layout(t, afterUpdate()), t.TempDir()
	terminal := call{terminal: true, width: 80}
	for i, form := range [][]string{nil, {"-o", "wide"}, {"-o", "json"}, {"-o", "markdown"}, {"--manifests"}, {"--jq", ".images"}} {
		args := append([]string{"diff", old, new}, form...)
		file := filepath.Join(dir, fmt.Sprint(i))
		want(t, terminal.run(t, append(args, "--to", file, "--exit-code")...), 1, "", "")
		if diff := cmp.Diff(good(t, run(t, args...)), readFile(t, file)); diff != "" {
			t.Errorf("%v (-standard output +file):\n%s", form, diff)
		}
	}
	page := good(t, run(t, "diff", old, new, "-o", "html"))
	for _, part := range []string{
		"<!DOCTYPE html>\n", "<h1>4.14.0 → 4.14.1</h1>", `<section class="step d-changed" id="s1"`, "<div><dt>Profile</dt><dd>self-managed-<wbr>", ">two\n",
	} {
		if !strings.Contains(page, strings.ReplaceAll(part, "<wbr>", "")) {
			t.Errorf("%q is missing in\n%s", part, page)
		}
	}
	file := filepath.Join(dir, "page")
	want(t, terminal.run(t, "diff", old, new, "-o", "html", "--to", file), 0, "", "")
	if got := readFile(t, file); got != page {
		t.Errorf("the file has %d bytes, want %d", len(got), len(page))
	}
	want(t, terminal.run(t, "diff", old, new, "-o", "html"), 2, "", "error: -o html is a page for a browser: write it to a file with --to FILE\n")
	impact := good(t, run(t, "diff", old, new, "-o", "html", "--impact"))
	if !strings.Contains(impact, `id="impact"`) || strings.Contains(page, `id="impact"`) {
		t.Error("the page has the impact without --impact, or not with it")
	}
	want(t, run(t, "diff", old, new, "--to="), 2, "", "error: --to is empty: name a file, or - for standard output\n")
}

func TestDiffOfFiles(t *testing.T) {
	old, new := layout(t, beforeUpdate()), layout(t, afterUpdate())
	text := "--- a/0000_50_a_03_removed.yaml\n+++ /dev/null\n@@ -1,7 +0,0 @@\n" + prefixLines("-", configMap("removed", "")) +
		"--- /dev/null\n+++ b/0000_50_a_05_added.yaml\n@@ -0,0 +1,7 @@\n" + prefixLines("+", configMap("added", ""))
	want(t, run(t, "diff", old, new, "--manifests", "*removed*", "*added*"), 0, text, "")
	want(t, run(t, "diff", old, new, "--manifests=*added*"), 0, text[strings.Index(text, "--- /dev/null"):], "")
	want(t, run(t, "diff", old, new, "--manifests", "0000_50_a_05_aded.yaml"), 3, "",
		"error: no file of the releases matches \"0000_50_a_05_aded.yaml\"; did you mean 0000_50_a_05_added.yaml, 0000_50_a_02_folded.yaml, 0000_50_a_04_moved.yaml?\n")
}

func prefixLines(prefix, text string) string {
	return prefix + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+prefix) + "\n"
}

func TestDiffForACluster(t *testing.T) {
	preview := func(value string) string {
		return strings.Replace(configMap("preview", "data:\n  value: "+value+"\n"), "annotations:\n", "annotations:\n    release.openshift.io/feature-set: TechPreviewNoUpgrade\n", 1)
	}
	release := func(value string) string {
		return layout(t, testrelease.New("4.14.0").WithComponent("etcd").
			WithManifest("0000_50_a_01_a.yaml", configMap("a", "data:\n  value: "+value+"\n")).
			WithManifest("0000_50_a_02_b.yaml", preview(value)))
	}
	old, new := release("one"), release("two")
	for args, names := range map[string]string{
		"":                                   "a preview\n0000_50_a_01_a.yaml 0000_50_a_02_b.yaml\n",
		"--feature-set Default":              "a\n0000_50_a_01_a.yaml\n",
		"--feature-set TechPreviewNoUpgrade": "a preview\n0000_50_a_01_a.yaml 0000_50_a_02_b.yaml\n",
	} {
		const query = `([.objects[].object.name] | join(" ")), (.files.changed | join(" "))`
		want(t, run(t, append([]string{"diff", old, new, "--jq", query}, strings.Fields(args)...)...), 0, names, "")
	}
	want(t, run(t, "diff", old, new, "--capabilities", "Buidl"), 2, "",
		"error: --capabilities Buidl: neither this program nor release 4.14.0 knows this capability; did you mean Build?\n")
}

func TestDiffOfEverySource(t *testing.T) {
	old, new := everySource(t, beforeUpdate()), layout(t, afterUpdate())
	const document = `del(.from.reference, .from.image, .from.digest, .from.architecture)`
	expected := good(t, run(t, "diff", old["layout"][0], new, "--jq", document))
	const images = `{reachable, images, versions}`
	for name, args := range old {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(args[0], "file:") {
				got := run(t, "diff", args[0], new, "--jq", images)
				want(t, got, 0, good(t, run(t, "diff", old["layout"][0], new, "--jq", images)), "Warning: "+args[0]+" has no manifests: only images and versions are compared\n")
				if got := run(t, "diff", args[0], new, "--manifests"); got.code != 3 || got.out != "" {
					t.Errorf("--manifests: %+v", got)
				}
				return
			}
			got := good(t, run(t, append([]string{"diff", args[0], new, "--jq", document}, args[1:]...)...))
			if diff := cmp.Diff(expected, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	references := readFile(t, filepath.Join(strings.TrimPrefix(old["directory"][0], "dir:"), "release-manifests", "image-references"))
	want(t, call{stdin: references}.run(t, "diff", "-", new, "--jq", ".images.added[].name"), 0, "new\n", "Warning: - has no manifests: only images and versions are compared\n")
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Both releases are read in parallel: no registry answers before both have a request.
func TestDiffReadsBothReleasesAtOnce(t *testing.T) {
	var arrived sync.WaitGroup
	arrived.Add(2)
	both := make(chan struct{})
	reference := func(b *testrelease.Builder) string {
		first := sync.OnceFunc(arrived.Done)
		return behind(t, b, func(*http.Request) {
			first()
			<-both
		})
	}
	old, new := reference(beforeUpdate()), reference(afterUpdate())
	open := sync.OnceFunc(func() { close(both) })
	t.Cleanup(open)
	go func() {
		arrived.Wait()
		open()
	}()
	var got result
	testguard.Finishes(t, "diff of two releases", func() { got = run(t, "diff", old, new, "--insecure", "--jq", ".to.version") })
	want(t, got, 0, "4.14.1\n", "Warning: "+new+" is release 4.14.1, not 4.14.0\n")
}

// A diff reads of each release what manifests reads of it, once.
func TestDiffRequests(t *testing.T) {
	requests := map[string]int{}
	var mu sync.Mutex
	reference := func(b *testrelease.Builder, name string) string {
		return behind(t, b, func(*http.Request) {
			mu.Lock()
			defer mu.Unlock()
			requests[name]++
		})
	}
	old, new := reference(beforeUpdate(), "old"), reference(afterUpdate(), "new")
	run(t, "diff", old, new, "--insecure")
	got := map[string]int{"old": requests["old"], "new": requests["new"]}
	clear(requests)
	run(t, "manifests", old, "--insecure", "--hash")
	if want := map[string]int{"old": requests["old"], "new": requests["old"]}; !cmp.Equal(got, want) {
		t.Errorf("got %v requests, want %v", got, want)
	}
}

func TestDiffOfRecordedReleases(t *testing.T) {
	dir := "oci:" + fixture.Path(t, "ocp-release")
	old, new := dir+":4.22.0-x86_64", dir+":4.22.1-x86_64"
	got := images(good(t, run(t, "diff", old, new)))
	if diff := cmp.Diff(images(fixture.Read(t, "oc-golden/diff.stdout")), got); diff != "" {
		t.Errorf("images (-oc +ours):\n%s", diff)
	}
}

// images returns the sections of a text about images, with one blank between words.
func images(text string) string {
	var sections []string
	for section := range strings.SplitSeq(text, "\n\n") {
		if strings.HasPrefix(section, "Images ") {
			for line := range strings.Lines(section) {
				sections = append(sections, strings.Join(strings.Fields(line), " "))
			}
		}
	}
	return strings.Join(sections, "\n")
}

// Without a flag that needs them, manifests in files that do not differ are not read.
func TestDiffReadsOnlyFilesThatDiffer(t *testing.T) {
	broken := func(b *testrelease.Builder) string {
		return layout(t, b.WithManifest("0000_90_a_broken.yaml", "a: [\n"))
	}
	old, new := broken(beforeUpdate()), broken(afterUpdate())
	if got := run(t, "diff", old, new, "--strict"); got.code != 0 || got.err != "" {
		t.Errorf("got %+v", got)
	}
	for _, flag := range []string{"--impact", "--feature-set=Default", "-o=html"} {
		got := run(t, "diff", old, new, "--strict", flag)
		if want := "0000_90_a_broken.yaml"; !strings.Contains(got.err, want) {
			t.Errorf("%s: stderr %q lacks %s", flag, got.err, want)
		}
	}
}
