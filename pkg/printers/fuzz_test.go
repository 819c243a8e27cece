package printers_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// FuzzOutputFlags gives any values to the flags of the output: they are taken or refused as a mistake of the
// user's, and a caret stands under its line.
func FuzzOutputFlags(f *testing.F) {
	f.Add(".items[] | | .x", "a=b", "", "")
	f.Add(`"a"|test(["(?!b)", "gx"])|sub("\\1"; ""; "l")`, "", "", "")
	f.Add("input", "", "", "")
	f.Add("\xff\n| $x", "1=", "", "{.a")
	f.Add("", "", "custom-columns=A:.b,C:{.d[*]}", ".metadata.name")
	f.Add("", "", "jsonpath={.items[?(@.a==1)]}", "")
	f.Add("", "", "go-template={{range .}}", "")
	f.Fuzz(func(t *testing.T, jq, argument, output, sortBy string) {
		if form, _, _ := strings.Cut(output, "="); strings.HasSuffix(form, "file") {
			t.Skip("reads files")
		}
		_, err := printers.NewOutput(options(func(o *printers.Options) {
			o.Output, o.SortBy = output, sortBy
			if jq != "" {
				o.JQ, o.HasJQ = jq, true
			}
			if argument != "" {
				o.JQArgs = []string{argument}
			}
		}))
		if err == nil {
			return
		}
		if fault.KindOf(err) != fault.Usage {
			t.Fatalf("kind %v: %v", fault.KindOf(err), err)
		}
		if mistake, ok := errors.AsType[*printers.SyntaxError](err); ok {
			line, caret, found := strings.Cut(mistake.Caret(), "\n")
			if !found || !strings.HasSuffix(caret, "^") || strings.Contains(caret, "\n") || len([]rune(caret)) > len([]rune(line))+1 {
				t.Fatalf("the caret does not stand under its line:\n%s", mistake.Caret())
			}
		}
	})
}
