package graphpage_test

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

func TestOutline(t *testing.T) {
	tests := []struct {
		name     string
		strategy graph.Strategy
		files    []string
		want     string
	}{
		{"levels down the page, components side by side", graph.Update, []string{"0000_10_a_1", "0000_20_b_1", "0000_20_c_1", "0000_20_c_2", "0000_30_d"}, `
Step 1: Level 10: 1 object · begins at once
  n1 a 1 object 1 ConfigMap
    waits for nothing, then b, c (step 2)
    1 | ConfigMap | space | object-1 | v1 | 0000_10_a_1
Step 2: Level 20: 2 components side by side · 3 objects · waits for step 1
  n2 b 1 object 1 ConfigMap
    waits for a (step 1), then 0000_30_d (step 3)
    2 | ConfigMap | space | object-2 | v1 | 0000_20_b_1
  n3 c 2 objects 2 ConfigMap
    waits for a (step 1), then 0000_30_d (step 3)
    3 | ConfigMap | space | object-3 | v1 | 0000_20_c_1
    4 | ConfigMap | space | object-4 | v1 | 0000_20_c_2
Step 3: No level: 1 object · waits for step 2
  (The file 0000_30_d is not named 0000_LEVEL_COMPONENT_NAME, so it has no level.)
  n4 0000_30_d 1 object 1 ConfigMap
    waits for b, c (step 2), then nothing
    5 | ConfigMap | space | object-5 | v1 | 0000_30_d
`},
		{"several levels in one box", graph.Update, []string{"0000_10_a_1", "0000_20_b_1", "x.yaml"}, `
Step 1: Levels 10, 20 and none: one after the other · 3 objects · begins at once
  (Levels 10 and 20 have one component each, with nothing to do side by side: they share a step.)
  (The file x.yaml is not named 0000_LEVEL_COMPONENT_NAME, so it has no level.)
  n0 a + b + x.yaml 3 objects 3 ConfigMap
    waits for nothing, then nothing
    Level 10: a
    1 | ConfigMap | space | object-1 | v1 | 0000_10_a_1
    Level 20: b
    2 | ConfigMap | space | object-2 | v1 | 0000_20_b_1
    No level: x.yaml
    3 | ConfigMap | space | object-3 | v1 | x.yaml
`},
		{"through an empty node", graph.Update, []string{"0000_10_a_1", "0000_10_b_1", "0000_20_c_1", "0000_20_d_1"}, `
Step 1: Level 10: 2 components side by side · 2 objects · begins at once
  n1 a 1 object 1 ConfigMap
    waits for nothing, then c, d (step 2)
    1 | ConfigMap | space | object-1 | v1 | 0000_10_a_1
  n2 b 1 object 1 ConfigMap
    waits for nothing, then c, d (step 2)
    2 | ConfigMap | space | object-2 | v1 | 0000_10_b_1
Step 2: Level 20: 2 components side by side · 2 objects · waits for step 1
  n4 c 1 object 1 ConfigMap
    waits for a, b (step 1), then nothing
    3 | ConfigMap | space | object-3 | v1 | 0000_20_c_1
  n5 d 1 object 1 ConfigMap
    waits for a, b (step 1), then nothing
    4 | ConfigMap | space | object-4 | v1 | 0000_20_d_1
`},
		{"a job is a barrier", graph.Update, []string{"0000_01_x_1", "0000_01_x_job", "0000_01_x_2"}, `
Step 1: Level 01: 1 object · begins at once
  n1 x 1 object 1 ConfigMap
    waits for nothing, then x (step 2)
    1 | ConfigMap | space | object-1 | v1 | 0000_01_x_1
Step 2: Level 01: 1 object · waits for step 1
  (A job is a barrier: what follows waits until it is complete.)
  n0 x job 1 object 1 Job
    waits for x (step 1), then x (step 3)
    2 | Job | space | object-2 | batch/v1 | 0000_01_x_job
Step 3: Level 01: 1 object · waits for step 2
  n2 x 1 object 1 ConfigMap
    waits for x (step 2), then nothing
    3 | ConfigMap | space | object-3 | v1 | 0000_01_x_2
`},
		{"a wide step is named as a whole", graph.Update, []string{
			"0000_10_a_1", "0000_20_b_1", "0000_20_c_1", "0000_20_d_1", "0000_20_e_1", "0000_20_f_1", "0000_20_g_1", "0000_20_h_1",
		}, `
Step 1: Level 10: 1 object · begins at once
  n1 a 1 object 1 ConfigMap
    waits for nothing, then everything in step 2
    1 | ConfigMap | space | object-1 | v1 | 0000_10_a_1
Step 2: Level 20: 7 components side by side · 7 objects · waits for step 1
` + wide("b", "c", "d", "e", "f", "g", "h")},
		{"installation shows the level in each box", graph.Install, []string{"0000_10_a_1", "0000_20_b_1", "x"}, `
Step 1: Levels 10, 20 and none: 3 components side by side · 3 objects · begins at once
  n1 a 1 object Level 10 1 ConfigMap
    waits for nothing, then nothing
    1 | ConfigMap | space | object-1 | v1 | 0000_10_a_1
  n2 b 1 object Level 20 1 ConfigMap
    waits for nothing, then nothing
    2 | ConfigMap | space | object-2 | v1 | 0000_20_b_1
  n3 x 1 object No level 1 ConfigMap
    waits for nothing, then nothing
    3 | ConfigMap | space | object-3 | v1 | x
`},
		{"nothing", graph.Update, nil, "\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := parse(t, write(t, document(t, test.strategy, loaded(test.files...))))
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), outline(root)); diff != "" {
				t.Errorf("page (-want +got):\n%s", diff)
			}
		})
	}
}

// wide is the outline of a second step with one object of each component, in TestOutline.
func wide(components ...string) string {
	var b strings.Builder
	for i, name := range components {
		id := string(rune('2' + i))
		b.WriteString("  n" + id + " " + name + " 1 object 1 ConfigMap\n    waits for a (step 1), then nothing\n" +
			"    " + id + " | ConfigMap | space | object-" + id + " | v1 | 0000_20_" + name + "_1\n")
	}
	return b.String()
}

func TestTop(t *testing.T) {
	entries := loaded("0000_10_a_1", "0000_20_b_1", "0000_20_c_job")
	entries[0].Directory = manifest.OperatorDirectory
	g := document(t, graph.Update, entries)
	g.Release = v1alpha1.Release{
		Reference: "r.example/x:1", Image: "r.example/x@sha256:1", Digest: "sha256:1", ListDigest: "sha256:2",
		Version: "4.99.0", Architecture: "arm64",
	}
	root := parse(t, write(t, g))
	check := func(what string, got []string, want ...string) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	check("title", texts(find(root, "title", "")), "Release 4.99.0 · update")
	check("heading", texts(find(root, "h1", "")), "Release 4.99.0")
	check("figures", texts(find(find(root, "p", "figures")[0], "span", "")), "update", "2 steps", "3 components", "3 objects", "1 job")
	check("facts", texts(find(find(root, "dl", "facts")[0], "div", "")),
		"Imager.example/x@sha256:1", "Digestsha256:1", "Of the listsha256:2", "Read fromr.example/x:1", "Architecturearm64", "Strategyupdate")
	check("colours", texts(find(find(root, "ul", "sorts")[0], "li", "")), "Configuration 2", "Workloads 1")
	check("signs", texts(find(find(root, "ul", "signs")[0], "li", "")), "a step whose objects follow one another",
		"a step with components side by side", "joba barrier: what follows waits for this job alone")
	check("folders", texts(find(find(root, "details", "box")[0], "th", ""))[5:6], "File")
}

// The page shows how many boxes of a step the operator handles at a time.
func TestWidth(t *testing.T) {
	tests := []struct {
		strategy graph.Strategy
		boxes    int
		want     string
	}{
		{graph.Update, 16, "16 components side by side · 16 objects · begins at once"},
		{graph.Update, 17, "17 components side by side, 16 at a time · 17 objects · begins at once"},
		{graph.Reconcile, 2, "2 components side by side · 2 objects · begins at once"},
		{graph.Reconcile, 3, "3 components side by side, 2 at a time · 3 objects · begins at once"},
		{graph.Install, 99, "99 components side by side · 99 objects · begins at once"},
	}
	for _, test := range tests {
		var files []string
		for i := range test.boxes {
			files = append(files, fmt.Sprintf("0000_10_c%02d_1", i))
		}
		root := parse(t, write(t, document(t, test.strategy, loaded(files...))))
		if got := text(find(find(root, "div", "head")[0], "p", "")[0]); got != test.want {
			t.Errorf("%s: %q, want %q", test.strategy, got, test.want)
		}
	}
}

// A file without a component is shown with its name and does not count as a component.
func TestFileWithoutComponent(t *testing.T) {
	root := parse(t, write(t, document(t, graph.Update, loaded("0000_10_a_1", "0000_10_a_2", "x.yaml", "y.yaml"))))
	if got := texts(find(find(root, "p", "figures")[0], "span", ""))[2]; got != "1 component" {
		t.Error(got)
	}
	if got := text(find(root, "h3", "")[0]); got != "a + x.yaml + y.yaml" {
		t.Errorf("box %q", got)
	}
	var components []string
	for _, body := range find(root, "tbody", "") {
		components = append(components, attribute(body, "data-component"))
	}
	if diff := cmp.Diff([]string{"a", "", ""}, components); diff != "" {
		t.Errorf("components (-want +got):\n%s", diff)
	}
}

// Objects that are loaded but not applied are marked, with the reason.
func TestNotApplied(t *testing.T) {
	entries := loaded("0000_10_a_1", "0000_10_a_2", "0000_20_b_1")
	entries[1].State, entries[1].Reason = manifest.Excluded, "disabled capability <Console>"
	root := parse(t, write(t, document(t, graph.Update, entries)))
	want := `Step 1: Levels 10, 20: one after the other · 3 objects · begins at once
  (Levels 10 and 20 have one component each, with nothing to do side by side: they share a step.)
  n0 a + b 3 objects 3 ConfigMap · 1 not applied
    waits for nothing, then nothing
    Level 10: a
    1 | ConfigMap | space | object-1 | v1 | 0000_10_a_1
    2 | ConfigMap | space | object-2not applied: disabled capability <Console> | v1 | 0000_10_a_2
    Level 20: b
    3 | ConfigMap | space | object-3 | v1 | 0000_20_b_1
`
	if diff := cmp.Diff(want, outline(root)); diff != "" {
		t.Errorf("page (-want +got):\n%s", diff)
	}
	figures := texts(find(find(root, "p", "figures")[0], "span", ""))
	if got := figures[len(figures)-1]; got != "1 not applied" {
		t.Error(got)
	}
}

// A long kind breaks between its words.
func TestKindsBreakBetweenWords(t *testing.T) {
	for kind, want := range map[string][]string{
		"CustomResourceDefinition": {"Custom", "Resource", "Definition"}, "APIService": {"APIService"}, "OLMConfig": {"OLMConfig"},
		"DNS": {"DNS"}, "Role": {"Role"}, "éÉcole": {"éÉcole"},
	} {
		entries := loaded("0000_10_a_1")
		entries[0].Kind = kind
		cell := find(find(parse(t, write(t, document(t, graph.Update, entries))), "tbody", "")[0], "td", "")[1]
		var parts []string
		for node := range cell.ChildNodes() {
			if node.Type == html.TextNode {
				parts = append(parts, node.Data)
			}
		}
		if diff := cmp.Diff(want, parts); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}

// The page shows the settings of the cluster.
func TestSettings(t *testing.T) {
	var out strings.Builder
	p := document(t, graph.Reconcile, nil)
	p.Settings = []graphpage.Setting{{Name: "Profile", Value: "p"}, {Name: "Cluster", Value: "</dd><b>\u202e"}, {Name: "Overrides"}}
	if err := graphpage.Write(&out, p); err != nil {
		t.Fatal(err)
	}
	root := parse(t, []byte(out.String()))
	want := []string{"Strategyreconcile", "Profilep", `Cluster</dd><b>\u202e`}
	if diff := cmp.Diff(want, texts(find(find(root, "dl", "facts")[0], "div", ""))); diff != "" {
		t.Errorf("facts (-want +got):\n%s", diff)
	}
	if got := text(find(root, "p", "nothing")[0]); got != "With these settings the operator loads no object of this release." {
		t.Error(got)
	}
}

func TestMeaning(t *testing.T) {
	tests := map[graph.Strategy]string{
		graph.Update: "An update works down the page. A step begins when the one before it is done; its components are worked on " +
			"side by side, up to 16 at a time, and the objects of each one after the other.",
		graph.Install: "An installation works on all components of a step at once, whatever their run level, and tries again what " +
			"fails until it succeeds; only a job makes what follows wait.",
		graph.Reconcile: "Between updates the operator goes through all components again and again, 2 at a time, in an order that " +
			"changes with every attempt: this is that of attempt 3.",
		"other": "A step begins when the one before it is done.",
	}
	for strategy, want := range tests {
		root := parse(t, write(t, graphpage.Page{Graph: graph.Part{Graph: &graph.Graph{Strategy: strategy, Workers: strategy.Workers(), Attempt: 3}}}))
		if got := text(find(root, "p", "meaning")[0]); got != want {
			t.Errorf("%s: %q, want %q", strategy, got, want)
		}
	}
}

// The policy of the page only allows its own style sheet and script.
func TestPolicy(t *testing.T) {
	root := parse(t, write(t, document(t, graph.Update, loaded("0000_10_a_1"))))
	hash := func(name string) string {
		elements := find(root, name, "")
		if len(elements) != 1 {
			t.Fatalf("%d elements %s", len(elements), name)
		}
		sum := sha256.Sum256([]byte(elements[0].FirstChild.Data))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	want := "default-src 'none'; img-src data:; style-src " + hash("style") + "; script-src " + hash("script") +
		"; base-uri 'none'; form-action 'none'"
	policies := all(root, func(node *html.Node) bool { return attribute(node, "http-equiv") != "" })
	if len(policies) != 1 || attribute(policies[0], "http-equiv") != "Content-Security-Policy" || attribute(policies[0], "content") != want {
		t.Errorf("policy %q, want %q", attribute(policies[0], "content"), want)
	}
	if before := find(root, "head", "")[0]; policies[0].Parent != before || policies[0].NextSibling == nil {
		t.Error("the policy does not stand before what it is about")
	}
}

// The page has no links to other pages.
func TestSelfContained(t *testing.T) {
	content := write(t, document(t, graph.Update, loaded("0000_10_a_1", "0000_20_b_1", "0000_20_c_1")))
	for _, word := range []string{
		"://", `"//`, "'//", "http:", "https:", "url(", "@import", "import(", "fetch(", "XMLHttpRequest", "WebSocket",
		"EventSource", "sendBeacon", "innerHTML", "eval(",
	} {
		if at := strings.Index(string(content), word); at >= 0 {
			t.Errorf("%s in the page: %q", word, content[at:min(at+60, len(content))])
		}
	}
	for node := range parse(t, content).Descendants() {
		for _, attribute := range node.Attr {
			switch key := attribute.Key; {
			case key == "href" && !strings.HasPrefix(attribute.Val, "#") && attribute.Val != "data:,":
				t.Errorf("<%s %s=%q>", node.Data, key, attribute.Val)
			case slices.Contains([]string{"src", "srcset", "action", "formaction", "style", "background", "poster", "data", "ping"}, key), strings.HasPrefix(key, "on"):
				t.Errorf("<%s %s=%q>", node.Data, key, attribute.Val)
			}
		}
	}
}

// The targets of all links exist exactly once.
func TestLinksLeadSomewhere(t *testing.T) {
	root := parse(t, write(t, document(t, graph.Update, loaded("0000_10_a_1", "0000_20_b_1", "0000_20_c_1", "0000_30_d_job", "0000_40_e_1"))))
	ids := map[string]int{}
	for _, node := range all(root, func(node *html.Node) bool { return attribute(node, "id") != "" }) {
		ids[attribute(node, "id")]++
	}
	for id, times := range ids {
		if times > 1 {
			t.Errorf("%d elements are called %s", times, id)
		}
	}
	links := 0
	for node := range root.Descendants() {
		for _, key := range []string{"href", "aria-labelledby", "aria-describedby", "for"} {
			name := strings.TrimPrefix(attribute(node, key), "#")
			if name == "" || name == "data:," {
				continue
			}
			links++
			if ids[name] == 0 {
				t.Errorf("%s=%q leads nowhere", key, name)
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links", links)
	}
}

func TestSameBytes(t *testing.T) {
	entries := loaded("0000_10_a_1", "0000_20_b_1", "0000_20_c_1", "0000_30_d_job")
	for _, entry := range entries {
		entry.Kind = "Kind" + entry.Name // as many as objects: their order must not be a map's
	}
	first := write(t, document(t, graph.Update, entries))
	for range 20 {
		if again := write(t, document(t, graph.Update, entries)); string(again) != string(first) {
			t.Fatal("the same graph gives other bytes")
		}
	}
}

func TestWriteTellsOfErrors(t *testing.T) {
	full := errors.New("the disk is full")
	for _, room := range []int{0, 5000, 20000} {
		if err := graphpage.Write(&limited{room, full}, document(t, graph.Update, loaded("0000_10_a_1"))); !errors.Is(err, full) {
			t.Errorf("after %d bytes: %v, want %v", room, err, full)
		}
	}
}

// limited is a writer that fails when its room is used up.
type limited struct {
	room int
	err  error
}

func (l *limited) Write(data []byte) (int, error) {
	if len(data) > l.room {
		return 0, l.err
	}
	l.room -= len(data)
	return len(data), nil
}
