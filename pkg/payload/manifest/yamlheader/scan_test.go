package yamlheader

import (
	"math/rand"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// wanted selects the annotations of these tests.
func wanted(annotation string) bool {
	return strings.Contains(annotation, "release.openshift.io/")
}

// lines ends every line with a newline.
func lines(text ...string) string { return strings.Join(text, "\n") + "\n" }

// head is a plain header, to be followed by lines of interest.
func head(text ...string) string {
	return lines(append([]string{"apiVersion: apps/v1", "kind: Deployment", "metadata:", "  name: web"}, text...)...)
}

// A document that Scan leaves to the parser is slow, not wrong; these documents must be fast.
func TestScanReadsPlainDocuments(t *testing.T) {
	web := Header{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"}
	in := func(namespace string, annotated bool, annotations map[string]string) Header {
		h := web
		h.Namespace, h.Annotated, h.Annotations = namespace, annotated, annotations
		return h
	}
	tests := map[string]struct {
		text string
		want Header
	}{
		"plain":               {head("  namespace: shop"), in("shop", false, nil)},
		"marker":              {"--- # a comment\n" + head(), web},
		"no newline at end":   {strings.TrimSuffix(head(), "\n"), web},
		"body before header":  {lines("spec:", "  a: [1, 'b', {c: d}]", "kind: Deployment", "metadata:", "    name: web", "apiVersion: apps/v1"), web},
		"quoted values":       {lines(`"apiVersion": "apps/v1"`, "'kind': 'Deployment'", "metadata: # of it", `  name: "web" # yes`), web},
		"annotations":         {head("  annotations:", `    include.release.openshift.io/x: "true"`, "    other: |", "      text: of", "       its own", "    more: 'it''s'", "    release.openshift.io/feature-set: Default,OKD"), in("", true, map[string]string{"include.release.openshift.io/x": "true", "release.openshift.io/feature-set": "Default,OKD"})},
		"annotation of lines": {head("  annotations:", "    a: one", "      two", "    b: 'one", "    two'"), in("", true, nil)},
		"version as value":    {head("  annotations:", "    a: 0.93.0", "    b: -gate"), in("", true, nil)},
		"sequences":           {head("spec:", "- a", "- - b", "  - c: d", "    e:", "    - f", "-", "  g: h", "- 'i", "", "  j'"), web},
		"block scalars":       {head("spec:", "  a: |-", "", "    - x: y: z", "   ", "    ---", "    \ttabs", "  b: >+ # folded", "     text", "  c: |", "  d: 1"), web},
		"plain on lines":      {head("spec:", "  a: one", "    two # not", "  b: x:y", "  c: :80", "  d: -1"), web},
		"other scripts":       {head("spec: Grüße, 世界 “x”"), web},
		"digits with letters": {lines("apiVersion: apps/v1", "kind: Deployment", "metadata:", "  name: 99-worker"), func() Header { h := web; h.Name = "99-worker"; return h }()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, ok := Scan([]byte(test.text), wanted)
			if !ok {
				t.Fatalf("left to the parser:\n%s", test.text)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("header (-want +got):\n%s", diff)
			}
			agree(t, []byte(test.text))
		})
	}
}

// Scan would read these documents wrongly, or not at all.
func TestScanLeavesOtherDocumentsToTheParser(t *testing.T) {
	tests := map[string]string{
		"empty":                    "",
		"comment":                  "# nothing\n",
		"list":                     "- a\n",
		"flow":                     "{apiVersion: v1, kind: A, metadata: {name: b}}\n",
		"json":                     `{"apiVersion": "v1", "kind": "A", "metadata": {"name": "b"}}`,
		"no kind":                  lines("apiVersion: v1", "metadata:", "  name: b"),
		"boolean name":             lines("apiVersion: v1", "kind: A", "metadata:", "  name: yes"),
		"number as name":           lines("apiVersion: v1", "kind: A", "metadata:", "  name: 123"),
		"hexadecimal name":         lines("apiVersion: v1", "kind: A", "metadata:", "  name: 0xab"),
		"date as name":             lines("apiVersion: v1", "kind: A", "metadata:", "  name: 2024-01-01"),
		"null name":                lines("apiVersion: v1", "kind: A", "metadata:", "  name:"),
		"name on lines":            lines("apiVersion: v1", "kind: A", "metadata:", "  name: a", "    b"),
		"block name":               lines("apiVersion: v1", "kind: A", "metadata:", "  name: |", "    b"),
		"anchor":                   head("spec: &a", "  b: 1"),
		"alias":                    head("spec: *a"),
		"tag":                      head("spec: !!str 1"),
		"merge":                    head("spec:", "  <<: {a: 1}"),
		"two kinds":                head("kind: Other"),
		"two names":                head("  name: other"),
		"kind in capitals":         head("KIND: 5"),
		"boolean annotation":       head("  annotations:", "    a: true"),
		"null annotation":          head("  annotations:", "    a:"),
		"annotations as text":      head("  annotations: none"),
		"empty annotations":        head("  annotations: {}"),
		"list of annotations":      head("  annotations:", "  - a"),
		"feature set on lines":     head("  annotations:", "    release.openshift.io/feature-set: Default", "      more"),
		"feature set twice":        head("  annotations:", "    release.openshift.io/feature-set: a", "    release.openshift.io/feature-set: b"),
		"carriage return":          "apiVersion: v1\r\nkind: A\r\nmetadata:\r\n  name: b\r\n",
		"byte order mark":          "\ufeff" + head(),
		"line separator":           head("spec: a\u2028b"),
		"next line":                head("spec: a\u0085b"),
		"not UTF-8":                head("spec: \xff"),
		"control character":        head("spec: \x01"),
		"tab as indentation":       head("spec:", "\ta: 1"),
		"tab behind a value":       head("spec: 1\t"),
		"wrong dedent":             head("spec:", "    a: 1", "  b: 2"),
		"deeper after a value":     head("spec: 1", "  a: 2"),
		"deeper after a quote":     head("spec: '1'", "  a"),
		"deeper after a comment":   head("spec: 1 # one", "  more"),
		"colon in a value":         head("spec: a: b"),
		"colon on a further line":  head("spec: a", "  b: c"),
		"colon at the end":         head("spec: a:"),
		"dash behind a key":        head("spec: - a"),
		"dash beside a key":        head("- a"),
		"key beside a dash":        head("spec:", "  - a", "  b: 1"),
		"no colon":                 head("spec"),
		"explicit key":             head("? spec"),
		"null key":                 head("null: 1"),
		"huge key":                 head("9223372036854775808: 1"),
		"infinity":                 head("spec: .inf"),
		"minus infinity":           head("spec: -.INF"),
		"not a number":             head("spec: .NaN"),
		"open quote":               head(`spec: "a`),
		"text behind a quote":      head(`spec: "a" b`),
		"unknown escape":           head(`spec: "\q"`),
		"open flow":                head("spec: [a,"),
		"text behind flow":         head("spec: [a] b"),
		"words in flow":            head("spec: [a b]"),
		"indented block":           head("spec: |2", "   a"),
		"block with wide blank":    head("spec: |", "     ", "  a"),
		"block with tab":           head("spec: |", "\ta"),
		"text on a line of itself": head("spec:", "  text"),
		"end of document":          head("..."),
		"directive":                "%YAML 1.1\n---\n" + head(),
		"text behind the marker":   "--- a\n",
		"deep":                     head("spec:", strings.Repeat("- ", 70)+"a"),
		"long api version":         lines("apiVersion: a/b/c", "kind: A", "metadata:", "  name: b"),
	}
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			if header, ok := Scan([]byte(text), wanted); ok {
				t.Errorf("read as %+v:\n%s", header, text)
			}
		})
	}
}

// agree fails if Scan accepts a document that the parser refuses or reads differently.
func agree(t *testing.T, text []byte) {
	t.Helper()
	scanned, ok := Scan(text, wanted)
	if !ok {
		return
	}
	object, err := document.ToJSON(text, nil)
	if err != nil {
		t.Fatalf("the parser says %v:\n%s", err, text)
	}
	parsed, err := Decode(object, wanted)
	if err != nil {
		t.Fatalf("the parser says %v:\n%s", err, text)
	}
	if diff := cmp.Diff(parsed, scanned); diff != "" {
		t.Fatalf("header (-parser +scanner):\n%s\n%s", diff, text)
	}
}

// FuzzScan tries any bytes.
func FuzzScan(f *testing.F) {
	for _, text := range fragments {
		f.Add([]byte(head("spec:", "  a: "+text, "  b: c")))
		f.Add([]byte(head("  annotations:", "    a: "+text)))
		f.Add([]byte(lines("apiVersion: v1", "kind: "+text, "metadata:", "  name: "+text)))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) <= document.MaxSize {
			agree(t, text)
		}
	})
}

// FuzzScanLines makes lines of fragments, so that most documents are nearly valid. Each pair of bytes is a line: its
// indentation and its text.
func FuzzScanLines(f *testing.F) {
	f.Add([]byte{2, 0, 2, 20, 4, 35, 0, 11})
	f.Add([]byte{0, 50, 2, 48, 4, 30, 4, 31})
	f.Fuzz(func(t *testing.T, picks []byte) {
		var text strings.Builder
		text.WriteString(head())
		for i := 0; i+1 < len(picks) && i < 80; i += 2 {
			text.WriteString(strings.Repeat(" ", int(picks[i]%9)))
			text.WriteString(fragments[int(picks[i+1])%len(fragments)])
			if picks[i] < 128 {
				text.WriteByte('\n')
			}
		}
		agree(t, []byte(text.String()))
	})
}

var fragments = []string{
	"a: b", "a:", "- a", "-", "- - a", "- a: b", "- a:", "- 'a': b", "a: |", "a: >-", "- |", "a: 'b", "a: \"b", "b'", "b\"",
	"'", "\"", "# c", " # c", "a: b # c", "a: 'b' # c", "text", "text text", "a: [b, c]", "a: {b: c}", "a: []", "a: {}", "[", "]",
	"a: [b", "spec:", "annotations:", "namespace: x", "namespace: 1", "labels:", "release.openshift.io/feature-set: Default",
	"include.release.openshift.io/x: \"true\"", "include.release.openshift.io/x: true", "x: true", "x: y", "x: 1.2", "x: 1.2.3",
	"x: -a", "x: -1", "x: -", "- -1", "x: :80", "x: ::", "x: a:", "x: a: b", "x:y", "?", "? a", ": a", "&a", "*a", "x: &a b",
	"x: *a", "x: !!str", "<<: *a", "<<:", "...", "---", "%Y", "x: .inf", "x: .5", "x: ~", "null: 1", "\"\": 1", "'': ''", "x: ''",
	"x: 'a''b'", "x: \"a\\\"b\"", "x: \"\\", "x: 'a' b", "x: `a", "x: @a", "x: =", "=", "x: <<", "\t", "x:\ty", "\ta: b", "a\t", "x: ü", "\u00a0",
	"\u2028", "\u0085", "\ufeff", "\r", "x: [a, 'b', \"c\", {d: e}]", "x: {a: [b]}", "x: {a}", "x: [a: b]", "x: [,]", "x: [a,]", "x: {a: }", "x: {'a': b}", "$x: a", "1: a", "18446744073709551615: a",
	"12345678901234567890: a", "x: 1_0", "x: 0o7", "x: 2001-01-01", "x: 1e999", "x: 0b1", "kind: A", "metadata:", "name: web", "name: x",
}

// TestScanAgreesWithTheParser compares Scan with the full parser on random documents, the same ones on every run. FuzzScan and
// FuzzScanLines look for more.
func TestScanAgreesWithTheParser(t *testing.T) {
	random := rand.New(rand.NewSource(25))
	accepted := 0
	for range 20_000 {
		var text strings.Builder
		text.WriteString(head())
		for range 1 + random.Intn(4) {
			text.WriteString(strings.Repeat(" ", random.Intn(5)) + fragments[random.Intn(len(fragments))] + "\n")
		}
		agree(t, []byte(text.String()))
		if _, ok := Scan([]byte(text.String()), wanted); ok {
			accepted++
		}
	}
	if accepted < 100 {
		t.Errorf("Scan accepted only %d of 20,000 documents: too few were compared", accepted)
	}
}
