package markdown_test

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/release-x/oc-release-x/pkg/printers/markdown"
	"github.com/release-x/oc-release-x/pkg/printers/safe"
)

func TestCode(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"  ":                    "  ",
		"etcd":                  "`etcd`",
		"a|b":                   "`a|b`",
		"a`b``c":                "```a`b``c```",
		"`":                     "`` ` ``",
		" a ":                   "`  a  `",
		"@user #1 <b> \n&amp;":  "`@user #1 <b> \\n&amp;`",
		"\x1b[31m\u202e":        "`\\x1b[31m\\u202e`",
		`\`:                     "`\\`",
		"[x](javascript:void)*": "`[x](javascript:void)*`",
	} {
		if got := markdown.Code(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		"The version v1beta1 of widgets.example.com is gone, and 12 others.": "The version `v1beta1` of `widgets.example.com` is gone, and 12 others.",
		"@user #1 GH-1 *a* <b> www. x: y|z":                                  "`@user` `#1` `GH-1` `*a*` `<b>` www. x: `y|z`",
		"the gate's name well-known":                                         "the gate's name well-known",
		"- a":                                                                "`-` a",
		"deadbeef1234567":                                                    "`deadbeef1234567`",
	} {
		if got := markdown.Prose(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLink(t *testing.T) {
	const address = "https://github.com/a/b/compare/1...2"
	if got, want := markdown.Link("1...2", address), "[`1...2`]("+address+")"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, address := range []string{"", "http://a", "https://a b", "https://a)b", "javascript:x", "https://a|b", "https:///a", "https://a?b=c"} {
		if got := markdown.Link("text", address); got != "`text`" {
			t.Errorf("%q: %q", address, got)
		}
	}
}

func TestBlock(t *testing.T) {
	if got, want := markdown.Block("diff", []string{"a", "````", "b\n"}), "`````diff\na\n````\nb\\n\n`````\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// render returns Markdown as GitHub's own program reads it: the names of the elements, the texts of code, and the other text.
func render(t *testing.T, source string) (elements, codes []string, rest string) {
	t.Helper()
	command := exec.Command("cmark-gfm", "-e", "table", "-e", "autolink", "-e", "strikethrough", "-e", "tagfilter", "--unsafe")
	command.Stdin = strings.NewReader(source)
	page, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range root.Descendants() {
		switch {
		case node.Type == html.ElementNode:
			elements = append(elements, node.Data)
			if node.Data == "code" {
				codes = append(codes, "")
			}
		case node.Parent.Data == "code":
			codes[len(codes)-1] += strings.TrimSuffix(node.Data, "\n")
		default:
			rest += node.Data
		}
	}
	return elements, codes, rest
}

func needsProgram(f *testing.F) {
	f.Helper()
	if _, err := exec.LookPath("cmark-gfm"); err != nil {
		f.Skip("cmark-gfm is not installed")
	}
}

// FuzzCode checks that a text is code, and nothing else, in cells, lines, HTML and blocks.
func FuzzCode(f *testing.F) {
	needsProgram(f)
	for _, seed := range []string{"a|b", `\`, `\|`, `\\|`, "`", "``|`", "|`", " a ", "<b>&amp;", "@user #1", "a\n| b |", "https://example.com", "``` |", "~~a~~", "\x1b\u202e\x00", "www.example.com a@b.c"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want := safe.Line(text)
		if strings.TrimSpace(want) == "" {
			return
		}
		code := markdown.Code(text)
		source := markdown.Head("", "") + markdown.Row(code, code) + "\n" + code + "\n\n<details><summary>" + markdown.HTMLCode(text) +
			"</summary>\n\n" + markdown.Block("", []string{text}) + "\n</details>\n"
		elements, codes, rest := render(t, source)
		const expected = "html head body table thead tr th th tbody tr td code td code p code details summary code pre code"
		if got := strings.Join(elements, " "); got != expected || strings.TrimSpace(rest) != "" {
			t.Fatalf("%q gives %s and the text %q\n%s", text, got, rest, source)
		}
		for i, got := range codes {
			if got != want {
				t.Errorf("code %d of %q is %q\n%s", i, text, got, source)
			}
		}
	})
}

// FuzzProse checks that what could act in a sentence is code.
func FuzzProse(f *testing.F) {
	needsProgram(f)
	f.Add("The version v1 of a.b is @gone, #12; `x | y")
	f.Add("``a b`` ` c")
	f.Fuzz(func(t *testing.T, text string) {
		source := markdown.Head("") + markdown.Row(markdown.Prose(text)) + "\nA line: " + markdown.Prose(text) + "\n"
		elements, _, rest := render(t, source)
		got := strings.ReplaceAll(strings.Join(elements, " "), " code", "")
		if got != "html head body table thead tr th tbody tr td p" || strings.ContainsAny(rest, "@#<>[]*_|~`\\&") {
			t.Errorf("%q gives %s and the text %q\n%s", text, got, rest, source)
		}
	})
}
