package manifest_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Hostile documents become objects with a problem, in limited time and memory. Other documents in the file are read.
func TestHostileDocuments(t *testing.T) {
	const bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n" +
		"d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\n" +
		"g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
	tests := map[string]string{
		"aliases of aliases":               bomb,
		"aliases of a long text":           "a: &a " + strings.Repeat("x", 100_000) + "\nb: [" + strings.Repeat("*a, ", 100_000) + "]\n",
		"aliases of long texts of aliases": "a: &a " + strings.Repeat("x", 100_000) + "\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n",
		"an alias of itself":               "a: &a [*a]\n",
		"unknown alias":                    "a: *b\n",
		"nested flow":                      "a: " + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + "\n",
		"nested flow, open":                strings.Repeat("[", 1_000_000),
		"nested maps":                      "a: " + strings.Repeat("{a: ", 100_000) + strings.Repeat("}", 100_000) + "\n",
		"nested JSON":                      strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		"nested JSON of 101 levels":        `{"kind":"A","metadata":{"name":"x"},"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + "}",
		"nested JSON, open":                strings.Repeat(`{"a":[`, 100_000),
		"nested blocks":                    strings.Repeat("- ", 100_000) + "a\n",
		"nested by spaces":                 stairs(2500),
		"fifty megabytes":                  "kind: A\nmetadata:\n  name: x\ndata: |\n" + strings.Repeat("  "+strings.Repeat("x", 97)+"\n", 500_000),
		"fifty megabytes more":             "kind: A\n? x\n: |\n" + strings.Repeat("  "+strings.Repeat("x", 97)+"\n", 500_000),
		"fifty megabytes of JSON":          `{"kind":"A","metadata":{"name":"` + strings.Repeat("x", 50_000_000) + `"}}`,
		"fifty megabytes in a line":        "a: '" + strings.Repeat("''", 25_000_000),
		"many open quotes":                 strings.Repeat("a: '\n", 500_000),
		"many flow keys":                   "a: {" + strings.Repeat("b,", 1_000_000) + "\n",
		"many question marks":              strings.Repeat("? ", 100_000) + "\n",
		"many tags":                        "a: " + strings.Repeat("!!str ", 100_000) + "\n",
		"long key":                         strings.Repeat("a", 4_000_000) + ": b\n",
	}
	good := config("good").String()
	for name, text := range tests {
		t.Run(name, func(t *testing.T) {
			loaded, used := loadCounted(t, file("a.yaml", text), file("b.yaml", good))
			if used > 256<<20 {
				t.Errorf("it allocated %d MiB", used>>20)
			}
			last := len(loaded.Objects) - 1
			if last != 1 || loaded.Objects[last].Name != "good" || loaded.Objects[last].Problem != "" {
				t.Fatalf("%d objects", last+1)
			}
			if o := loaded.Objects[0]; o.Kind != manifest.UnknownKind || o.Problem == "" || len(o.Problem) > 300 || len(loaded.Warnings) != 1 {
				t.Errorf("kind %q, problem %.300q, %d warnings", o.Kind, o.Problem, len(loaded.Warnings))
			}
			t.Logf("%d MiB: %s", used>>20, loaded.Objects[0].Problem)
		})
	}
}

// stairs indents every line more than the one before.
func stairs(steps int) string {
	var out strings.Builder
	for i := range steps {
		out.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return out.String()
}

// loadCounted loads files and counts the bytes that this allocates.
func loadCounted(t *testing.T, files ...payload.File) (loaded *manifest.Payload, used uint64) {
	t.Helper()
	testguard.Finishes(t, "reading "+t.Name(), func() {
		before := allocated()
		loaded = load(files...)
		used = allocated() - before
	})
	return loaded, used
}

// allocated returns how many bytes were allocated since the start.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// Many empty documents cost almost nothing, in all forms.
func TestEmptyDocuments(t *testing.T) {
	good := config("good").String()
	for name, text := range map[string]string{
		"markers":           strings.Repeat("---\n", 5_000_000),
		"marked lines":      strings.Repeat("---\r\n", 4_000_000),
		"nulls":             strings.Repeat("---\nnull\n", 2_000_000),
		"tildes":            strings.Repeat("--- # none\n  ~ # none\n", 800_000),
		"comments":          strings.Repeat("---\n# comment\n\n", 1_300_000),
		"a long comment":    strings.Repeat("# comment\n", 2_000_000),
		"many blank lines":  strings.Repeat("  \n", 7_000_000),
		"blank and nothing": strings.Repeat("---\n\n---\n", 2_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			loaded, used := loadCounted(t, file("a.yaml", text), file("b.yaml", good))
			if used > 1<<20 {
				t.Errorf("it allocated %d KiB", used>>10)
			}
			if len(loaded.Objects) != 1 || len(loaded.Warnings) != 0 {
				t.Errorf("%d objects, warnings %v", len(loaded.Objects), loaded.Warnings)
			}
		})
	}
}

// A file has a limit of its own for documents that need the parser.
func TestUnusualDocuments(t *testing.T) {
	text := strings.Repeat("---\n? kind\n: A\nmetadata: {name: x}\nlist:\n"+strings.Repeat("- a: bcde\n", 110), 10_000)
	loaded, used := loadCounted(t, file("a.yaml", text))
	if used > 1<<30 {
		t.Errorf("it allocated %d MiB", used>>20)
	}
	const want = "the file has more than the 4194304 bytes of unusual YAML that this program reads"
	if got := loaded.Objects[len(loaded.Objects)-1]; len(loaded.Objects) != 10_000 || got.Problem != want || got.Kind != manifest.UnknownKind {
		t.Errorf("%d objects, the last is %s: %s", len(loaded.Objects), got.Kind, got.Problem)
	}
}

// The limits of a payload hold for one file and for many, and reading stops at them.
func TestLimitsOfAPayload(t *testing.T) {
	if testing.Short() {
		t.Skip("reads megabytes in one goroutine, which takes minutes with the race detector and shows no race")
	}
	const (
		documents = "the payload has more than 20000 documents (--max-documents)"
		parsed    = "the payload has more than 67108864 bytes of text to parse (--max-parsed-size)"
		expanded  = "the payload's aliases expand to more than 16777216 bytes (--max-expanded-size)"
	)
	aliases := "kind: A\nmetadata: {name: x}\na: &a [" + strings.Repeat("xxxxxxxxxx,", 10_000) + "]\nb: [" + strings.Repeat("*a,", 60) + "]\n"
	unusual := "? kind\n: A\nmetadata: {name: x}\ndata: " + strings.Repeat("x", 1<<20) + "\n"
	for name, test := range map[string]struct {
		text  string
		files int
		want  string
		most  uint64 // MiB allocated
	}{
		"documents of a file":        {strings.Repeat("---\na: b\n", 1_000_000), 1, documents, 256},
		"documents of files":         {strings.Repeat("---\nkind: A\nmetadata: {name: x}\n", 1000), 1000, documents, 256},
		"JSON documents":             {strings.Repeat(`{"kind":"A","metadata":{"name":"x"}}`, 400_000), 1, documents, 256},
		"documents that may be null": {strings.Repeat("---\n!!null ''\n", 200_000), 1, documents, 1024},
		"text":                       {unusual, 200, parsed, 2048},
		"JSON text":                  {`{"kind":"A","metadata":{"name":"x"},"data":"` + strings.Repeat("x", 1<<20) + `"}`, 200, parsed, 1024},
		"short values":               {"kind: A\nmetadata: {name: x}\nlist: [" + strings.Repeat("1,", 90_000) + "]\n", 200, parsed, 4096},
		"aliases":                    {aliases, 200, expanded, 512},
		"aliases that are refused":   {strings.Replace(aliases, "b: [", "b: ["+strings.Repeat("*a,", 40), 1), 200, expanded, 512},
	} {
		t.Run(name, func(t *testing.T) {
			var files []payload.File
			for i := range test.files {
				files = append(files, file(fmt.Sprintf("%04d.yaml", i), test.text))
			}
			loaded, used := loadCounted(t, files...)
			if used > test.most<<20 {
				t.Errorf("it allocated %d MiB", used>>20)
			}
			if err := loaded.Err(); err == nil || err.Error() != test.want || fault.KindOf(err) != fault.Integrity {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if len(loaded.Objects) > 20_000 {
				t.Errorf("%d objects", len(loaded.Objects))
			}
			t.Logf("%d MiB", used>>20)
		})
	}
}

// The limits also count later conversions and the objects of an index.
func TestPayloadLimitsOfObjects(t *testing.T) {
	text := config("one").String() + "---\n" + config("two").String()
	files := payload.Files{Release: []payload.File{file("a.yaml", text)}}
	loaded := manifest.LoadWithin(document.Limits{Parsed: 600}, files, manifest.Render{}, nil)
	if err := loaded.Err(); err != nil {
		t.Fatal(err)
	}
	_, first := loaded.Objects[0].JSON()
	_, err := loaded.Objects[1].JSON()
	const want = "the payload has more than 600 bytes of text to parse (--max-parsed-size)"
	if first != nil || err == nil || err.Error() != "a.yaml#2: "+want || fault.KindOf(err) != fault.Integrity || loaded.Err().Error() != want {
		t.Errorf("errors %v and %v, the payload's %v", first, err, loaded.Err())
	}
	indexed := manifest.LoadIndexedWithin(document.Limits{Documents: 1}, nil, loaded.Index(), manifest.Render{})
	if err := indexed.Err(); err == nil || err.Error() != "the payload has more than 1 documents (--max-documents)" || len(indexed.Objects) != 0 {
		t.Errorf("of an index: %v, %d objects", err, len(indexed.Objects))
	}
}
