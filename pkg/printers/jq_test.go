package printers_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// expressions are those that must give what jq gives.
func expressions() []string {
	return []string{
		".", ".release.version", ".items[0]", ".items[].metadata.name", ".items[].nope", ".items|length", "keys", "keys_unsorted",
		`.items[]|select(.purpose)|.metadata.name`, `[.items[].digest]`, `.items|map(.metadata.name)|join(",")`,
		`.items[]|"\(.metadata.name)=\(.image)"`, `.items|sort_by(.commit)|.[].metadata.name`, `.items|group_by(.purpose)|length`,
		`.items|map({(.metadata.name): .image})|add`, `[.items[]|.versions[]?]`, `.items|INDEX(.metadata.name)|keys`, `.items[0]|to_entries|map(.key)`,
		`.items|first|.groups|index("control-plane")`, `[paths]|length`, `[..|strings]|unique|length`, `.items[0]|del(.versions)|tojson`,
		`.items[0].image|split("@")`, `.items[0].image|test("sha256:")`, `.items[0].image|capture("(?<repo>.*)@(?<digest>.*)")`,
		`.items[0].image|@sh`, `.items[0].image|@uri`, `.items[0].image|@base64`, `.items|map(.metadata.name)|@csv`, `.items|map(.metadata.name)|@tsv`,
		`.items|any(.digest==null)`, `null`, `1.5`, `1e3`, `9007199254740991`, `"a\u00e9\n"`, `.items[0].versions[0].displayName`, `.items[0].versions`,
		`if .release then "yes" else "no" end`, `try error("x") catch .`, `reduce .items[] as $i (0; .+1)`, `limit(2;.items[].metadata.name)`,
		`.items[0]|with_entries(select(.key|startswith("c")))`, `def f: .metadata.name; .items|map(f)`, `.items[1:]|length`, `env|length`, `$ENV|length`,
		`[.items[].metadata.name|ascii_upcase]`, `.items[0].metadata|tostring`, `input_line_number? // "none"`, `.items|length as $n|$n+1`, `@json "x\(.release)"`,
		`.items[0].commit|explode|implode`, `[range(3)]`, `.items|min_by(.commit).commit`, `.items[].groups[]?`, `halt`, `empty`, ``, `# only a comment`, `"a\nb"|test("a.b";"s")`, `"a\nb"|test("a.b";"p")`, `"a-b-c"|gsub("-";"_")`, `[leaf_paths]|length`, `[recurse_down]|length`, `.items[2].digest//"none"`,
	}
}

// TestSameAsJQ checks that X --jq E prints the same as X -o json | jq -r E.
func TestSameAsJQ(t *testing.T) {
	jq, err := exec.LookPath("jq")
	if err != nil {
		t.Skip("jq is not installed: the built-in one is compared with nothing")
	}
	document, err := print(t, func(o *printers.Options) { o.Output = "json" })
	if err != nil {
		t.Fatal(err)
	}
	// input* and the environment are not to be had in ours; jq sees an empty environment too.
	refused := map[string]bool{`input_line_number? // "none"`: true}
	for _, expression := range expressions() {
		if refused[expression] {
			continue
		}
		t.Run(expression, func(t *testing.T) {
			command := exec.Command(jq, "-r", "-c", "-S", expression)
			command.Stdin, command.Env = strings.NewReader(document), []string{}
			want, err := command.Output()
			if err != nil {
				t.Fatalf("jq: %v", err)
			}
			got, err := print(t, func(o *printers.Options) { o.JQ, o.HasJQ = expression, true })
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

func TestJQVariables(t *testing.T) {
	got, err := print(t, func(o *printers.Options) {
		o.JQ, o.HasJQ, o.JQArgs = `.items[]|select(.metadata.name==$n)|.image,$other`, true, []string{"n=etcd", "other=a=b"}
	})
	if err != nil || got != "quay.io/a/b@sha256:aa\na=b\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestJQExactNumbers(t *testing.T) {
	output, err := printers.NewOutput(options(func(o *printers.Options) { o.JQ, o.HasJQ = ".n, .f, (.n|.+1)", true }))
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	document := map[string]any{"n": json.Number("9007199254740993"), "f": json.Number("1.10")}
	if err := output.Print(context.Background(), &b, printers.View{Document: document}); err != nil {
		t.Fatal(err)
	}
	if want := "9007199254740993\n1.10\n9007199254740994\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

func TestJQSmallNumbers(t *testing.T) {
	got, err := print(t, func(o *printers.Options) {
		o.JQ, o.HasJQ = `1e-5, 1e-7, [{a: -0.00000012}], 1.5, 0, 0.25, 1e-10 * 1e10`, true
	})
	if want := "0.00001\n0.0000001\n[{\"a\":-0.00000012}]\n1.5\n0\n0.25\n1\n"; err != nil || got != want {
		t.Errorf("got %q, %v", got, err)
	}
}

// Regular expressions that are not literals, or belong to functions that the query defines, are not checked before it runs.
func TestJQRegularExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		`"a\nb"|test("a.b"; "s")`:                      "false\n",
		`"a\nb"|test("a.b"; "p")`:                      "true\n",
		`"aA"|[match(["a", "gsi"]).string]`:            `["a","A"]` + "\n",
		`def test(f): "mine"; test("(?=a)")`:           "mine\n",
		`try ("a"|test("(?=a)" + "b")) catch "caught"`: "caught\n",
		`"a,b"|split(", *"; null)`:                     `["a","b"]` + "\n",
		`"a.b"|split(".")`:                             `["a","b"]` + "\n",
		`"(?=a)"|split("(?=")`:                         `["","a)"]` + "\n",
	} {
		got, err := print(t, func(o *printers.Options) { o.JQ, o.HasJQ = expression, true })
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v", expression, got, err)
		}
	}
}

func TestJQMistakes(t *testing.T) {
	for _, test := range []struct{ expression, want, caret string }{
		{".items[] | | .x", `--jq: unexpected token "|"`, "    .items[] | | .x\n               ^"},
		{".items[", `--jq: unexpected EOF`, "    .items[\n           ^"},
		{".a | nope(1)", `--jq: function not defined: nope/1`, "    .a | nope(1)\n         ^"},
		{".a\n| $x", `--jq: variable not defined: $x`, "    | $x\n      ^"},
		{"input", `--jq: input(s)/0 is not allowed`, "    input\n    ^"},
		{"inputs", `--jq: input(s)/0 is not allowed`, "    inputs\n    ^"},
		{"input_filename", `--jq: function not defined: input_filename/0`, "    input_filename\n    ^"},
		{"input_line_number", `--jq: function not defined: input_line_number/0`, "    input_line_number\n    ^"},
		{"debug", `--jq: function not defined: debug/0`, "    debug\n    ^"},
		{`debug("x")`, `--jq: function not defined: debug/1`, "    debug(\"x\")\n    ^"},
		{"$__loc__", `--jq: variable not defined: $__loc__`, "    $__loc__\n    ^"},
		{`import "a" as a; .`, `--jq: cannot load module: "a"`, "    import \"a\" as a; .\n                      ^"},
		{
			`"a"|test("^(?!b)")`, "--jq: regular expression \"^(?!b)\": invalid or unsupported Perl syntax: `(?!`; RE2 has no lookaround and no backreferences",
			"    \"a\"|test(\"^(?!b)\")\n             ^",
		},
		{
			`[.items[]|select(.x|capture("(?<!a)b"; "g"))]`, "--jq: regular expression \"(?<!a)b\": invalid named capture: `(?<!a)b`; RE2 has no lookaround and no backreferences",
			"    [.items[]|select(.x|capture(\"(?<!a)b\"; \"g\"))]\n                                ^",
		},
		{`"a"|test("a b"; "x")`, `--jq: the flag "x" of regular expressions is not supported: want g, i, s or p`, "    \"a\"|test(\"a b\"; \"x\")\n                    ^"},
		{`"a"|match(["a", "gn"])`, `--jq: the flag "n" of regular expressions is not supported: want g, i, s or p`, "    \"a\"|match([\"a\", \"gn\"])\n                    ^"},
		{`def f(g): g; f("a"|gsub("("; "b"))`, "--jq: regular expression \"(\": missing closing ): `(`; RE2 has no lookaround and no backreferences", "    def f(g): g; f(\"a\"|gsub(\"(\"; \"b\"))\n                            ^"},
		{`"a"|sub("a"; "b"; "l")`, `--jq: the flag "l" of regular expressions is not supported: want g, i, s or p`, "    \"a\"|sub(\"a\"; \"b\"; \"l\")\n                      ^"},
		{`include "a"; .`, `--jq: cannot load module: "a"`, "    include \"a\"; .\n                  ^"},
	} {
		t.Run(test.expression, func(t *testing.T) {
			_, err := printers.NewOutput(options(func(o *printers.Options) { o.JQ, o.HasJQ = test.expression, true }))
			mistake, ok := errors.AsType[*printers.SyntaxError](err)
			if !ok || fault.KindOf(err) != fault.Usage {
				t.Fatalf("got %v", err)
			}
			if err.Error() != test.want || mistake.Caret() != test.caret {
				t.Errorf("got  %s\n%s\nwant %s\n%s", err, mistake.Caret(), test.want, test.caret)
			}
		})
	}
}

func TestJQRuntime(t *testing.T) {
	for _, test := range []struct{ expression, out, want string }{
		{`"first", (.items|.x)`, "first\n", `--jq: expected an object but got: array ([{"aliases":["machine-con ...])`},
		{`error("no")`, "", `--jq: error: no`},
		{`1, halt_error`, "1\n", `--jq: halt_error: {"apiVersion":"release-x. ...}`},
	} {
		got, err := print(t, func(o *printers.Options) { o.JQ, o.HasJQ = test.expression, true })
		if got != test.out || err == nil || err.Error() != test.want || fault.KindOf(err) != fault.Usage {
			t.Errorf("%s: got %q, %v", test.expression, got, err)
		}
	}
}

func TestJQStopsAtDeadline(t *testing.T) {
	for name, expression := range map[string]string{
		"a loop without end": "repeat(.)|empty",
		"one long step":      `[range(200000)] - [range(200000;400000)]`, // compares each with each
	} {
		t.Run(name, func(t *testing.T) {
			output, err := printers.NewOutput(options(func(o *printers.Options) { o.JQ, o.HasJQ = expression, true }))
			if err != nil {
				t.Fatal(err)
			}
			cause := errors.New("out of time")
			ctx, cancel := context.WithTimeoutCause(context.Background(), 500*time.Millisecond, cause)
			defer cancel()
			testguard.Finishes(t, name, func() {
				if err := output.Print(ctx, &bytes.Buffer{}, printers.ComponentImages(components())); !errors.Is(err, cause) {
					t.Errorf("got %v, want %v", err, cause)
				}
			})
		})
	}
}

func TestJQOnATerminal(t *testing.T) {
	for _, test := range []struct {
		color bool
		want  string
	}{
		{false, "{\n  \"a\": [\n    1,\n    null\n  ],\n  \"e\": {},\n  \"l\": [],\n  \"s\": \"x\\n\"\n}\nraw\n"},
		{true, "\x1b[1;39m{\x1b[0m\n  \x1b[34;1m\"a\"\x1b[0m\x1b[1;39m:\x1b[0m \x1b[1;39m[\x1b[0m\n    \x1b[0;39m1\x1b[0m\x1b[1;39m,\x1b[0m\n    \x1b[0;90mnull\x1b[0m\n  \x1b[1;39m]\x1b[0m\x1b[1;39m,\x1b[0m\n" +
			"  \x1b[34;1m\"e\"\x1b[0m\x1b[1;39m:\x1b[0m \x1b[1;39m{\x1b[0m\x1b[1;39m}\x1b[0m\x1b[1;39m,\x1b[0m\n  \x1b[34;1m\"l\"\x1b[0m\x1b[1;39m:\x1b[0m \x1b[1;39m[\x1b[0m\x1b[1;39m]\x1b[0m\x1b[1;39m,\x1b[0m\n" +
			"  \x1b[34;1m\"s\"\x1b[0m\x1b[1;39m:\x1b[0m \x1b[0;32m\"x\\n\"\x1b[0m\n\x1b[1;39m}\x1b[0m\nraw\n"},
	} {
		got, err := print(t, func(o *printers.Options) {
			o.JQ, o.HasJQ = `{a:[1,null],s:"x\n",e:{},l:[]},"raw"`, true
			o.Terminal, o.Color = true, test.color
		})
		if err != nil || got != test.want {
			t.Errorf("color %v: got %q, %v", test.color, got, err)
		}
	}
}
