package document_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestDecode(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string // want is the value, or the error
		kind       fault.Kind
	}{
		"fields":                 {text: `{"spec":{"name":"a"}}`, want: "a"},
		"another case":           {text: `{"Spec":{"name":"b"},"spec":{"name":"a","NAME":"c"},"SPEC":7}`, want: "a"},
		"only another case":      {text: `{"Spec":{"name":"b"}}`, want: ""},
		"a key twice":            {text: `{"spec":{"name":"a"},"spec":{"name":"b"}}`, want: `the key "spec" appears twice in one object`, kind: fault.Integrity},
		"a key twice, deep":      {text: `{"x":[[{"y":{"z":1,"z":1}}]]}`, want: `the key "z" appears twice in one object`, kind: fault.Integrity},
		"a key twice, escaped":   {text: `{"spec":{},"sp\u0065c":{}}`, want: `the key "spec" appears twice in one object`, kind: fault.Integrity},
		"a key of two objects":   {text: `{"spec":{"name":"a"},"y":[{"spec":1},{"spec":1}]}`, want: "a"},
		"texts that are no keys": {text: `{"y":["a","a"],"z":"y","spec":{"name":"y"}}`, want: "y"},
		"no JSON":                {text: `{"spec":`, want: "unexpected end of JSON input"},
		"too long":               {text: `{"spec":"` + strings.Repeat("x", 16<<20) + `"}`, want: "the document has 16777227 bytes, more than the 16777216 that this program reads"},
		"too many values":        {text: `{"spec":[` + strings.Repeat("1,", 100_000) + `1]}`, want: "the document has more than the 100000 values that this program reads"},
	} {
		var into struct {
			Spec struct {
				Name string `json:"name"`
			} `json:"spec"`
		}
		err := document.Decode([]byte(test.text), &into)
		got := into.Spec.Name
		if err != nil {
			got = err.Error()
		}
		if got != test.want || fault.KindOf(err) != test.kind {
			t.Errorf("%s: kind %d: %s\nwant kind %d: %s", name, fault.KindOf(err), got, test.kind, test.want)
		}
	}
}

func TestText(t *testing.T) {
	const text = "a: é 😀\n"
	units := utf16.Encode([]rune(text))
	little, big := []byte("\xff\xfe"), []byte("\xfe\xff")
	for _, unit := range units {
		little = append(little, byte(unit), byte(unit>>8))
		big = append(big, byte(unit>>8), byte(unit))
	}
	for name, data := range map[string][]byte{
		"UTF-8": []byte(text), "UTF-8 with a mark": []byte("\ufeff" + text), "UTF-16LE": little, "UTF-16BE": big,
	} {
		if got, err := document.Text(data); err != nil || string(got) != text {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := document.Text(little[:len(little)-1]); err == nil || err.Error() != "it is truncated UTF-16: save it as UTF-8" {
		t.Errorf("half a character: %v", err)
	}
}

// The limits hold for UTF-16.
func TestAliasesInUTF16(t *testing.T) {
	text := "a: &a [" + strings.Repeat("x,", 10_000) + "]\nb: [" + strings.Repeat("*a,", 1000) + "]\n"
	data := []byte("\xff\xfe")
	for _, c := range []byte(text) {
		data = append(data, c, 0)
	}
	if _, err := document.ToJSON(data, nil); err == nil || err.Error() != "its aliases expand to more than the 16777216 bytes that this program reads" {
		t.Errorf("got %v", err)
	}
}

// The parser expands aliases before it finds the error, so they count.
func TestAliasesBeforeAnError(t *testing.T) {
	text := []byte("a: &a [" + strings.Repeat("x,", 10_000) + "]\nb: [" + strings.Repeat("*a,", 30) + "]\n<<: text\n")
	budget := document.NewBudget(document.Limits{})
	for range 20 {
		if _, err := document.ToJSON(text, budget); err == nil {
			t.Fatal("no error")
		}
	}
	if err := budget.Err(); err == nil || err.Error() != "the payload's aliases expand to more than 16777216 bytes (--max-expanded-size)" {
		t.Errorf("got %v", err)
	}
}

// A document may be nested as deep as MaxDepth: indented JSON repeats the depth on every line.
func TestDepth(t *testing.T) {
	const tooDeep = "the document is nested deeper than the 100 levels that this program reads"
	for name, test := range map[string]struct{ text, want string }{
		"lists at the limit":   {strings.Repeat("[", 100) + strings.Repeat("]", 100), ""},
		"lists beyond it":      {strings.Repeat("[", 101) + strings.Repeat("]", 101), tooDeep},
		"objects beyond it":    {strings.Repeat(`{"a": `, 101) + "1" + strings.Repeat("}", 101), tooDeep},
		"brackets in a string": {`{"a": "\"` + strings.Repeat("[", 200) + `"}`, ""},
		"lists side by side":   {"[" + strings.Repeat("[],", 200) + "[]]", ""},
	} {
		_, err := document.ToJSON([]byte(test.text), document.NewBudget(document.Limits{}))
		if test.want == "" && err != nil || test.want != "" && (err == nil || err.Error() != test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
}

// What values need in memory counts as parsed text, three bytes as one: a small object needs far more than its text.
func TestMemoryOfValues(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want int64 // the smallest budget in which it fits
	}{
		"long string":   {`"` + strings.Repeat("x", 3000) + `"`, 3002},
		"numbers":       {"[" + strings.Repeat("1,", 99) + "1]", 32 * 100},
		"small objects": {"[" + strings.Repeat(`{"a":1},`, 99) + `{"a":1}]`, (801 + 336*100 + 48*200) / 3},
	} {
		for less := range int64(2) {
			_, err := document.ToJSON([]byte(test.text), document.NewBudget(document.Limits{Parsed: test.want - less}))
			if (err == nil) != (less == 0) {
				t.Errorf("%s: with a budget of %d: %v", name, test.want-less, err)
			}
		}
	}
}

// FuzzAliases checks that the length of a document and the limit for aliases limit the length of the result.
func FuzzAliases(f *testing.F) {
	f.Add("a: &a [x, y]\nb: [*a, *a]\n")
	f.Add("a: &a {b: &b 1}\n<<: *a\nc: *b\n")
	f.Add("a: &a [*a]\n")
	f.Add("- &a 'x'\n- *a\n# &b *b\n- |\n  &c *c\n")
	f.Fuzz(func(t *testing.T, text string) {
		const most = 2000
		budget := document.NewBudget(document.Limits{Expanded: most})
		converted, err := document.ToJSON([]byte(text), budget)
		if err != nil {
			return
		}
		// A byte of text becomes up to six bytes of JSON, and a short value up to five with its comma.
		if limit := 8 * (len(text) + most); len(converted) > limit+64 {
			t.Errorf("%d bytes of %d: %q", len(converted), len(text), text)
		}
		if !json.Valid(converted) || bytes.Contains(converted, []byte("\n")) {
			t.Errorf("%q gives %q", text, converted)
		}
	})
}
