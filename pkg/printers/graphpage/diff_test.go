package graphpage_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

func writeDiff(t testing.TB, p graphpage.DiffPage) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := graphpage.WriteDiff(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// smallDiff is a page with a difference of every kind: of four steps of the new release the second only differs in versions, and the
// third not at all.
func smallDiff(t testing.TB) graphpage.DiffPage {
	t.Helper()
	entries := loaded("0000_10_a_1", "0000_10_b_1", "0000_20_a_1", "0000_20_b_1", "0000_30_a_1", "0000_30_b_1", "0000_40_a_1", "0000_40_b_1", "0000_50_c_1")
	excluded := entries[8]
	excluded.State, excluded.Loaded = manifest.Excluded, false
	gone := loaded("0000_10_gone_1")[0]
	g, err := graph.New(entries[:8], graph.Update, 0)
	if err != nil {
		t.Fatal(err)
	}
	at := func(fields ...string) diff.Path {
		var path diff.Path
		for _, field := range fields {
			path = append(path, diff.Step{Field: field})
		}
		return path
	}
	pair := func(i int) diff.Pair { return diff.Pair{Old: &entries[i], New: &entries[i]} }
	listed := true
	image := func(digit string) *v1alpha1.ImageSource {
		return &v1alpha1.ImageSource{Digest: "sha256:" + strings.Repeat(digit, 64)}
	}
	return graphpage.DiffPage{
		Diff: &v1alpha1.ReleaseDiff{
			From: v1alpha1.Release{Version: "4.14.0", Image: "quay.io/a/b@sha256:1"}, To: v1alpha1.Release{Version: "4.14.1", Reference: "dir:new"},
			Reachable: &listed,
			Versions:  []v1alpha1.ValueDiff{{Name: "kubernetes", From: "1.27.6", To: "1.27.7"}},
			Images: v1alpha1.ImageDiffs{
				Changed: []v1alpha1.ImageDiff{{Name: "etcd", From: image("1"), To: image("2"), Repository: "https://github.com/a/b", Compare: "https://github.com/a/b/compare/1...2"}},
				Added:   []v1alpha1.ImageDiff{{Name: "new", To: &v1alpha1.ImageSource{Image: "quay.io/a/b:tag"}}},
			},
			Files: &v1alpha1.FileDiffs{Changed: []string{"0000_10_a_1"}, Removed: []string{"0000_10_gone_1"}},
			Impact: []v1alpha1.Impact{
				{Severity: "blocker", Kind: "acknowledgement", Object: v1alpha1.ObjectReference{Kind: "ConfigMap", Name: "gates", Namespace: "ns"}, File: "f", Message: "is needed", Remedy: "oc patch"},
				{Severity: "info", Kind: "left", Object: v1alpha1.ObjectReference{Kind: "Role", Name: "r"}, File: "g", Message: "stays"},
			},
		},
		Graph: g,
		Result: &diff.Result{Old: "4.14.0", New: "4.14.1", HasManifests: true, Objects: []diff.Object{
			{Pair: diff.Pair{Old: &gone}, Change: diff.Removed},
			{Pair: pair(0), Change: diff.Changed, Changes: []diff.Change{
				{Kind: diff.Changed, Path: at("data", "text"), Old: "a\nb\n", New: "a\nc\n"},
				{Kind: diff.Added, Path: at("data", "added"), New: map[string]any{"x": 1}},
				{Kind: diff.Changed, Path: at("data", "version"), Old: "4.14.0", New: "4.14.1", Folded: true},
			}},
			{Pair: pair(2), Change: diff.Changed, Changes: []diff.Change{{Kind: diff.Changed, Path: at("v"), Old: "1", New: "2", Folded: true}}},
			{Pair: pair(6), Change: diff.Moved},
			{Pair: diff.Pair{New: &entries[7]}, Change: diff.Added},
			{Pair: diff.Pair{New: &excluded}, Change: diff.Added},
		}},
	}
}

// diffOutline is what the page says, a line for each item.
func diffOutline(root *html.Node) string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("%s | %s", text(find(root, "h1", "")[0]), text(find(root, "p", "figures")[0]))
	for _, node := range all(root, func(node *html.Node) bool {
		class := " " + attribute(node, "class") + " "
		return node.Data == "h2" && attribute(node, "id") != "legend" || node.Data == "summary" && strings.Contains(attribute(node.Parent, "class"), "fold") ||
			strings.Contains(class, " item ") || strings.Contains(class, " gap ") || node.Data == "li" && strings.Contains(attribute(node.Parent, "class"), "strip")
	}) {
		switch class := attribute(node, "class"); {
		case node.Data == "h2":
			line("# %s", text(node))
		case node.Data == "summary":
			line("## %s", text(node))
		case attribute(node.Parent, "class") == "strip":
			line("  %s %s %s", node.FirstChild.Data, attribute(node.FirstChild, "class"), text(node))
		case node.Data == "tr":
			line("  %s", strings.Join(texts(find(node, "td", "")), " | "))
		default:
			line("  %s: %s", class, text(node))
		}
	}
	return b.String()
}

func TestDiffOutline(t *testing.T) {
	const want = `
4.14.0 → 4.14.1 | 1 blocker2 images differ2 objects added1 object removed1 object changed1 object moved1 object differs only in digests and versions
# Impact
## Blockers 1
  item: acknowledgement ConfigMap gates in ns: is neededoc patchf
## Information 1
  item: left Role r: staysg
# Component versions
  kubernetes | 1.27.6 | 1.27.7
# Images
## Changed 1
  etcd | sha256:111111111111 | sha256:222222222222 | commits in https://github.com/a/b
## Added 1
  new |  | quay.io/a/b:tag | 
# Files
## 2 files
  item: changed0000_10_a_1
  item: removed0000_10_gone_1
# The update, step by step
  a d-changed Step 1
  span d-folded 2
  span d-same 3
  a d-changed Step 4
# Step 1: Level 10
  box item d-changed: object-1 2 values changed ConfigMap in space Componenta File0000_10_a_1 API versionv1 .data.text a -b +c .data.added +x: 1
  gap: Steps 2 to 3: 4 objects, 1 of which differs only in image digests and versions.
# Step 4: Level 40
  box item d-moved: object-7 moved ConfigMap in space Componenta File0000_40_a_1 API versionv1
  box item d-added: object-8 added ConfigMap in space Componentb File0000_40_b_1 API versionv1
# No longer in the release
  box item d-removed: object-1 removed ConfigMap in space Componentgone File0000_10_gone_1 API versionv1
# For other clusters
  box item d-added: object-9 added ConfigMap in space · not applied Componentc File0000_50_c_1 API versionv1
`
	got := "\n" + diffOutline(parse(t, writeDiff(t, smallDiff(t))))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s\n%s", diff, got)
	}
}

// Without manifests the page has images and versions alone.
func TestDiffWithoutManifests(t *testing.T) {
	p := smallDiff(t)
	p.Graph, p.Diff.Files, p.Diff.Impact, p.Result = nil, nil, nil, &diff.Result{Old: "4.14.0", New: "4.14.1"}
	root := parse(t, writeDiff(t, p))
	if got, want := strings.Join(texts(find(root, "h2", "")), ", "), "How to read it, Component versions, Images"; got != want {
		t.Errorf("sections %q, want %q", got, want)
	}
	equal := v1alpha1.Release{Version: "4.14.0"}
	root = parse(t, writeDiff(t, graphpage.DiffPage{Diff: &v1alpha1.ReleaseDiff{From: equal, To: equal}, Result: &diff.Result{Old: "4.14.0", New: "4.14.0"}}))
	if got := text(find(root, "p", "nothing")[0]); got != "Nothing differs." {
		t.Errorf("equal releases: %q", got)
	}
}

// The page loads nothing: its only links to other places are those to commits.
func TestDiffSelfContained(t *testing.T) {
	content := writeDiff(t, smallDiff(t))
	for _, word := range []string{`"//`, "'//", "http:", "url(", "@import", "import(", "fetch(", "XMLHttpRequest", "WebSocket", "innerHTML", "eval("} {
		if strings.Contains(string(content), word) {
			t.Errorf("%s in the page", word)
		}
	}
	root := parse(t, content)
	ids := map[string]bool{}
	for node := range root.Descendants() {
		if id := attribute(node, "id"); id != "" && ids[id] {
			t.Errorf("several elements are called %s", id)
		} else {
			ids[id] = true
		}
	}
	for node := range root.Descendants() {
		for _, a := range node.Attr {
			if a.Key == "src" || a.Key == "style" || strings.HasPrefix(a.Key, "on") || a.Key == "href" && node.Data == "link" && a.Val != "data:," {
				t.Errorf("<%s %s=%q>", node.Data, a.Key, a.Val)
			}
			if a.Key == "href" && strings.HasPrefix(a.Val, "#") && !ids[a.Val[1:]] {
				t.Errorf("%s leads nowhere", a.Val)
			}
		}
	}
}

// differingIn is a page on which everything that a release names is called so.
func differingIn(name string) graphpage.DiffPage {
	entry := func(index int) manifest.Entry {
		return manifest.Entry{Loaded: true, State: manifest.Included, Index: index, Object: &manifest.Object{
			Level: name, Component: name, Directory: manifest.ReleaseDirectory, File: name, Document: index, Version: name, Kind: name, Namespace: name, Name: name,
		}}
	}
	entries := []manifest.Entry{entry(1), entry(2)}
	gone, elsewhere := entry(3), entry(4)
	elsewhere.State, elsewhere.Reason = manifest.Excluded, name
	value := strings.ReplaceAll(name, "\n", " ")
	source := &v1alpha1.ImageSource{Image: name, Commit: name}
	image := []v1alpha1.ImageDiff{{Name: name, From: source, To: source, Repository: name}}
	object := v1alpha1.ObjectReference{APIVersion: name, Kind: name, Namespace: name, Name: name}
	release := v1alpha1.Release{Reference: name, Version: name, Digest: name}
	return graphpage.DiffPage{
		Diff: &v1alpha1.ReleaseDiff{
			From: release, To: release, Reachable: new(bool),
			Metadata: []v1alpha1.ValueDiff{{Name: name, From: name, To: name}}, Versions: []v1alpha1.ValueDiff{{Name: name, From: name, To: name}},
			Images: v1alpha1.ImageDiffs{Changed: image, Rebuilt: image, Added: image, Removed: image},
			Files:  &v1alpha1.FileDiffs{Changed: []string{name}, Added: []string{name}, Removed: []string{name}},
			Impact: []v1alpha1.Impact{{Severity: "warning", Kind: name, Object: object, File: name, Message: name, Remedy: name}},
		},
		Settings: []graphpage.Setting{{Name: name, Value: name}},
		Graph:    &graph.Graph{Strategy: graph.Update, Total: 2, Nodes: []*graph.Node{{ID: 0, Objects: entries[:1], Out: []int{1}}, {ID: 1, Objects: entries[1:], In: []int{0}}}},
		Result: &diff.Result{Old: name, New: name + "2", HasManifests: true, Objects: []diff.Object{
			{Pair: diff.Pair{Old: &entries[0], New: &entries[0]}, Change: diff.Changed, Changes: []diff.Change{
				{Kind: diff.Changed, Path: diff.Path{{Field: name}}, Old: value, New: value + "2"},
			}},
			{Pair: diff.Pair{Old: &gone}, Change: diff.Removed},
			{Pair: diff.Pair{New: &elsewhere}, Change: diff.Added},
		}},
	}
}

// holdsDiffNames checks that a name changes texts alone.
func holdsDiffNames(t *testing.T, name string) {
	t.Helper()
	content := writeDiff(t, differingIn(name))
	if !utf8.Valid(content) {
		t.Error("the page is not UTF-8")
	}
	if diff := cmp.Diff(skeleton(parse(t, writeDiff(t, differingIn("tame")))), skeleton(parse(t, content))); diff != "" {
		t.Fatalf("elements with the name %.80q (-tame +this):\n%s", name, diff)
	}
	if strings.ContainsAny(string(content), "\u202e\u2066\x1b\x00") {
		t.Errorf("%q is not escaped", name)
	}
}

func TestDiffHostileNames(t *testing.T) {
	for _, name := range append(names(), "et\u202ecd", "\x1b[31m", "et\xffcd", "\r", "\u2066x") {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) { holdsDiffNames(t, name) })
	}
}

func FuzzDiffNames(f *testing.F) {
	for _, name := range names() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name != "" {
			holdsDiffNames(t, name)
		}
	})
}

// recordedDiff compares the two recorded releases.
func recordedDiff(t testing.TB, full bool) graphpage.DiffPage {
	t.Helper()
	side := func(version string) diff.Side {
		files := fixture.Release(t, version)
		release, err := payload.Read(files)
		if err != nil {
			t.Fatal(err)
		}
		loaded := manifest.Load(files, manifest.Render{})
		entries, _ := manifest.Evaluate(loaded.Objects, manifest.Settings{MajorVersion: new(uint64(4))})
		return diff.Side{Release: release, Files: files, Payload: loaded, Entries: entries}
	}
	old, new := side("4.22.0-x86_64"), side("4.22.1-x86_64")
	result, err := diff.Compare(old, new, diff.Options{})
	if err != nil {
		t.Fatal(err)
	}
	g, err := graph.New(new.Entries, graph.Update, 0)
	if err != nil {
		t.Fatal(err)
	}
	from, to := v1alpha1.Release{Version: "4.22.0", Image: "quay.io/a@sha256:" + strings.Repeat("a", 64)}, v1alpha1.Release{Version: "4.22.1", Reference: "oci:new"}
	document := v1alpha1.NewReleaseDiff(from, to, result, full)
	document.Impact = smallDiff(t).Diff.Impact
	return graphpage.DiffPage{Diff: document, Result: result, Full: full, Graph: g, Settings: []graphpage.Setting{{Name: "Profile", Value: "self-managed"}}}
}

// Two releases of real size, in a browser: width, contrast, search, folding, and no requests. With $RELEASE_X_PICTURES it
// keeps pictures in that directory.
func TestDiffInBrowser(t *testing.T) {
	b := browse(t)
	page := writeDiff(t, recordedDiff(t, false))
	for _, theme := range []string{"light", "dark"} {
		b.window(1400, 1000, theme)
		b.visit(page, "")
		painted(t, b.picture("diff-"+theme), theme)
		contrast(b, "diff "+theme)
		b.click("#open")
		b.want("document.querySelectorAll('main details:not([open])').length", "0")
		contrast(b, "opened diff "+theme)
		b.eval("document.getElementById('update').scrollIntoView()", nil)
		b.picture("diff-open-" + theme)
		b.click("#close")
		b.want("document.querySelectorAll('main details[open]').length", "0")
	}
	b.key("/")
	b.write("etcd operator")
	b.want("document.querySelectorAll('main mark').length > 3", "true")
	b.want("[...document.querySelectorAll('.item:not([hidden])')].every((item) => /etcd[^]*operator|operator[^]*etcd/.test(item.textContent))", "true")
	b.want("[...document.querySelectorAll('.item:not([hidden])')].every((item) => item.checkVisibility())", "true")
	b.want("document.getElementById('none').hidden", "true")
	b.picture("diff-search")
	b.key("Escape")
	b.want("document.querySelectorAll('.item[hidden], .part[hidden], .step[hidden], mark').length", "0")
	b.key("/")
	b.write("nothing-has-this-name")
	b.want("document.getElementById('none').checkVisibility()", "true")
	for _, width := range []int{1400, 400} {
		b.window(width, 900, "light")
		b.visit(writeDiff(t, recordedDiff(t, true)), "")
		b.want("document.documentElement.scrollWidth", fmt.Sprint(width))
		b.click("#open")
		b.want("document.documentElement.scrollWidth", fmt.Sprint(width))
		b.picture(fmt.Sprintf("diff-full-%d", width))
	}
	b.eval("document.querySelector('.step').scrollIntoView()", nil)
	b.picture("diff-full-400-step")
	b.print("diff-paper")
	b.calm()
}
