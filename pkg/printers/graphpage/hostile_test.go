package graphpage_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// names are what a hostile release may call things.
func names() []string {
	return []string{
		`</script><img src=x onerror=alert(1)>`, `<script>alert(1)</script>`, `"><svg onload=alert(1)>`, `' onmouseover='alert(1)`,
		`</style><style>*{display:none}`, `</title><base href=x>`, `<!--`, `-->`, `]]>`, `javascript:alert(1)`, `{{.Policy}}`,
		`${alert(1)}`, "`", `\`, `&lt;b&gt;`, `&#60;b&#62;`, "a\x00b", "line\nline", `</textarea></details></table></main>`,
		strings.Repeat("x", 5000),
	}
}

// called builds a page of two steps in which everything that a release names is called so.
func called(name string) graphpage.Page {
	entry := func(index int) manifest.Entry {
		return manifest.Entry{Loaded: true, State: manifest.Included, Index: index, Object: &manifest.Object{
			Level: name, Component: name, Directory: manifest.Directory(name), File: name, Document: 1,
			Version: name, Kind: name, Namespace: name, Name: name,
		}}
	}
	skipped := entry(4)
	skipped.State, skipped.Reason = manifest.Excluded, name
	return graphpage.Page{
		Release: v1alpha1.Release{Reference: name + "r", Image: name, Digest: name, ListDigest: name, Version: name, Architecture: name},
		Graph: (&graph.Graph{Strategy: graph.Strategy(name), Total: 4, Nodes: []*graph.Node{
			{ID: 0, Objects: []manifest.Entry{entry(1), entry(2)}, Out: []int{1, 2}},
			{ID: 1, Objects: []manifest.Entry{entry(3)}, In: []int{0}},
			{ID: 2, Objects: []manifest.Entry{skipped}, In: []int{0}},
		}}).All(),
	}
}

// skeleton is the page without what names are in: elements with the names of their attributes.
func skeleton(root *html.Node) string {
	var b strings.Builder
	var walk func(node *html.Node)
	walk = func(node *html.Node) {
		if node.Type == html.CommentNode {
			b.WriteString("<!-->")
		}
		if node.Type == html.ElementNode && node.Data != "wbr" {
			b.WriteString("<" + node.Data)
			for _, attribute := range node.Attr {
				b.WriteString(" " + attribute.Key)
			}
			b.WriteString(">")
		}
		for child := range node.ChildNodes() {
			walk(child)
		}
		b.WriteString("/")
	}
	walk(root)
	// Texts, and the places where a long one may be cut, are not elements.
	return strings.ReplaceAll(b.String(), "/", "")
}

// holdsNames checks that a name changes texts alone, and that they say what is shown for it.
func holdsNames(t *testing.T, name, shown string) {
	t.Helper()
	content := write(t, called(name))
	if !utf8.Valid(content) {
		t.Error("the page is not UTF-8")
	}
	root := parse(t, content)
	if diff := cmp.Diff(skeleton(parse(t, write(t, called("tame")))), skeleton(root)); diff != "" {
		t.Fatalf("elements with the name %.80q (-tame +this):\n%s", name, diff)
	}
	check := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s is %.200q, want %.200q", what, got, want)
		}
	}
	check("title", raw(find(root, "h1", "")[0]), "Release "+shown)
	check("image", raw(find(find(root, "dl", "facts")[0], "dd", "")[0]), shown)
	check("box", raw(find(root, "h3", "")[0]), shown)
	check("link", raw(find(find(root, "dl", "order")[1], "a", "")[0]), shown)
	check("data-component", attribute(find(root, "tbody", "")[0], "data-component"), shown)
	check("kinds", raw(find(root, "span", "kinds")[0]), "2\u00a0"+shown)
	check("reason", raw(find(root, "span", "why")[0]), "not applied: "+shown)
	cells := find(find(root, "tbody", "")[0], "td", "")
	for i, column := range []string{"number", "kind", "namespace", "name", "API version", "file"} {
		want := shown
		if i == 0 {
			want = "1"
		}
		check(column, raw(cells[i]), want)
	}
}

// raw is the text of an element as it stands.
func raw(node *html.Node) string {
	var b strings.Builder
	for below := range node.Descendants() {
		if below.Type == html.TextNode {
			b.WriteString(below.Data)
		}
	}
	return b.String()
}

func TestHostileNames(t *testing.T) {
	for _, name := range names() {
		t.Run(fmt.Sprintf("%.20q", name), func(t *testing.T) {
			holdsNames(t, name, strings.NewReplacer("\x00", `\x00`, "\n", `\n`).Replace(name))
		})
	}
}

// What cannot be seen is made visible: a name must not look like another one.
func TestInvisibleNames(t *testing.T) {
	tests := map[string]string{
		"etcd\u202egpj": `etcd\u202egpj`, "et\u200bcd": `et\u200bcd`, "\x1b[31metcd": `\x1b[31metcd`, "et\xffcd": `et\xffcd`,
		"et\ufffdcd": "et\ufffdcd", "\u2066etcd\u2069": `\u2066etcd\u2069`, "größe": "größe", "名前": "名前", "a\u00a0b": `a\u00a0b`, "\r": `\r`,
	}
	for name, shown := range tests {
		t.Run(fmt.Sprintf("%+q", name), func(t *testing.T) { holdsNames(t, name, shown) })
	}
}

func FuzzNames(f *testing.F) {
	for _, name := range names() {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "" || strings.IndexFunc(name, func(r rune) bool { return r == utf8.RuneError || !strconv.IsPrint(r) }) >= 0 {
			return // TestInvisibleNames
		}
		holdsNames(t, name, name)
	})
}
