package yamlheader

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/document"
)

func TestEmpty(t *testing.T) {
	for text, want := range map[string]bool{
		"":                        true,
		"\n \n\r\n":               true,
		"---\n":                   true,
		"---":                     true,
		"--- \r\n":                true,
		"--- # one\n# two\n":      true,
		"---\nnull\n":             true,
		"  ~  # none\r\n\n# c":    true,
		"# c\nNULL\n":             true,
		"Null":                    true,
		"null\nnull\n":            false, // a text of two words
		"null: 1\n":               false,
		"nullify\n":               false,
		"null#\n":                 false,
		"---# one\n":              false, // a text
		"---\t\n":                 false,
		"---\r":                   false,
		"--- ~\n":                 false,
		"---\n---\n":              false,
		"...\n":                   false,
		"a: b\n":                  false,
		"# \xff\n":                false,
		"# \x01\n":                false,
		"# c\r# d\n":              false,
		"\ufeff---\n":             false,
		"!!null x\n":              false,
		"%YAML 1.1\n---\n":        false,
		strings.Repeat("#\n", 99): true,
	} {
		if got := Empty([]byte(text)); got != want {
			t.Errorf("%q: %t, want %t", text, got, want)
		}
		checkEmpty(t, []byte(text))
	}
}

// checkEmpty fails if Empty is true for a document that the parser refuses or that has content.
func checkEmpty(t *testing.T, text []byte) {
	t.Helper()
	if !Empty(text) {
		return
	}
	if object, err := document.ToJSON(text, nil); string(object) != "null" {
		t.Fatalf("the parser says %s, %v: %q", object, err, text)
	}
}

func FuzzEmpty(f *testing.F) {
	f.Add("", []byte{0, 1, 4})
	f.Add("x", []byte{0, 4, 2, 1, 3})
	pieces := []string{"---", "\n", " ", "# c", "null", "~", "\r\n", "\r", "\t", "NULL", "Null", "...", "a", ":", "-", "\"", "#", "%", "\u00e9", "\u0085"}
	f.Fuzz(func(t *testing.T, text string, picks []byte) {
		var out strings.Builder
		for _, pick := range picks[:min(len(picks), 40)] {
			if int(pick) < len(pieces) {
				out.WriteString(pieces[pick])
			} else {
				out.WriteString(text[:min(len(text), 9)])
			}
		}
		checkEmpty(t, []byte(out.String()))
	})
}
