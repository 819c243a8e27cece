package graphpage_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testmanifest"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// loaded returns an object of the namespace space for each file name.
func loaded(files ...string) []manifest.Entry {
	entries := testmanifest.Entries(files...)
	for _, entry := range entries {
		entry.Namespace = "space"
	}
	return entries
}

// document makes the page of entries, for release 4.99.0.
func document(t testing.TB, strategy graph.Strategy, entries []manifest.Entry) graphpage.Page {
	t.Helper()
	g, err := graph.New(entries, strategy, 0)
	if err != nil {
		t.Fatal(err)
	}
	return graphpage.Page{Release: v1alpha1.Release{Version: "4.99.0"}, Graph: g.All()}
}

// real is a recorded release of real size.
func real(t testing.TB) []manifest.Entry {
	t.Helper()
	payload := manifest.Load(fixture.Release(t, fixture.Version), manifest.Render{})
	entries, _ := manifest.Evaluate(payload.Objects, manifest.Settings{MajorVersion: new(uint64(4))})
	return entries
}

// realDocument is the graph of a recorded release, with all facts that a page may show.
func realDocument(t testing.TB, strategy graph.Strategy) graphpage.Page {
	t.Helper()
	g := document(t, strategy, real(t))
	digest := "sha256:" + strings.Repeat("0123456789abcdef", 4)
	g.Release = v1alpha1.Release{
		Reference: "4.22.0", Image: "quay.io/openshift-release-dev/ocp-release@" + digest, Digest: digest,
		Version: "4.22.0", Architecture: "amd64",
	}
	return g
}

// write draws a graph.
func write(t testing.TB, p graphpage.Page) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := graphpage.Write(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// parse reads a page as a browser does.
func parse(t testing.TB, content []byte) *html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// all are the elements below root for which is holds, in their order.
func all(root *html.Node, is func(*html.Node) bool) []*html.Node {
	var found []*html.Node
	for node := range root.Descendants() {
		if node.Type == html.ElementNode && is(node) {
			found = append(found, node)
		}
	}
	return found
}

// find are the elements of a name and, unless that is empty, of a class.
func find(root *html.Node, name, class string) []*html.Node {
	return all(root, func(node *html.Node) bool {
		return node.Data == name && (class == "" || strings.Contains(" "+attribute(node, "class")+" ", " "+class+" "))
	})
}

func attribute(node *html.Node, key string) string {
	for _, attribute := range node.Attr {
		if attribute.Key == key {
			return attribute.Val
		}
	}
	return ""
}

// text is what an element says, in one line.
func text(node *html.Node) string {
	var b strings.Builder
	for below := range node.Descendants() {
		if below.Type == html.TextNode {
			b.WriteString(below.Data)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func texts(nodes []*html.Node) []string {
	var all []string
	for _, node := range nodes {
		all = append(all, text(node))
	}
	return all
}

// outline writes the steps of a page down, with what a box says indented below it.
func outline(root *html.Node) string {
	var b strings.Builder
	for _, step := range find(root, "section", "step") {
		head := find(step, "div", "head")[0]
		fmt.Fprintf(&b, "%s: %s\n", strings.Join(texts(find(head, "h2", "")), ""), text(find(head, "p", "")[0]))
		for _, list := range find(step, "ul", "reasons") {
			for _, reason := range find(list, "li", "") {
				fmt.Fprintf(&b, "  (%s)\n", text(reason))
			}
		}
		for _, box := range find(step, "details", "box") {
			summary := find(box, "summary", "")[0]
			fmt.Fprintf(&b, "  %s %s\n", attribute(box, "id"), text(summary))
			order := texts(find(find(box, "dl", "order")[0], "dd", ""))
			fmt.Fprintf(&b, "    waits for %s, then %s\n", order[0], order[1])
			for _, row := range find(box, "tr", "") {
				if cells := append(find(row, "td", ""), find(row, "th", "")...); row.Parent.Data == "tbody" {
					fmt.Fprintf(&b, "    %s\n", strings.Join(texts(cells), " | "))
				}
			}
		}
	}
	return b.String()
}
