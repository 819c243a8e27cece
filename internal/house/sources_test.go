package house_test

import (
	"errors"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestSources(t *testing.T) {
	for dir, sources := range readSources(t) {
		found, err := violations(dir, sources)
		if err != nil {
			t.Errorf("%s: %v", dir, err)
		}
		for _, violation := range found {
			t.Error(violation)
		}
	}
}

func TestViolations(t *testing.T) {
	const head = "// Package x is one.\npackage x\n"
	tests := []struct {
		name, dir, source string
		want              []string
	}{
		{"nothing", "pkg/x", head, nil},
		{"init", "pkg/x", head + "func init() {}", []string{"pkg/x/x.go:3: func init: it runs at every start"}},
		{"init of a type", "pkg/x", head + "type t struct{}\nfunc (t) init() {}", nil},
		{
			"regexp at package level", "pkg/x", head + "import \"regexp\"\nvar r = regexp.MustCompile(`a`)",
			[]string{"pkg/x/x.go:4: regexp.MustCompile at package level: it runs at every start, sync.OnceValue makes it wait"},
		},
		{
			"regexp under another name", "pkg/x", head + "import re \"regexp\"\nvar r = map[string]any{`a`: re.MustCompile(`a`)}",
			[]string{"pkg/x/x.go:4: regexp.MustCompile at package level: it runs at every start, sync.OnceValue makes it wait"},
		},
		{
			"template at package level", "pkg/x", head + "import \"text/template\"\nvar r = template.Must(nil, nil)",
			[]string{"pkg/x/x.go:4: text/template.Must at package level: it runs at every start, sync.OnceValue makes it wait"},
		},
		{
			"version at package level", "pkg/x", head + "import \"github.com/blang/semver/v4\"\nvar r = semver.MustParse(`1.0.0`)",
			[]string{"pkg/x/x.go:4: github.com/blang/semver/v4.MustParse at package level: it runs at every start, sync.OnceValue makes it wait"},
		},
		{
			"digest at package level", "pkg/x", head + "import \"github.com/opencontainers/go-digest\"\nvar r = digest.FromString(``)",
			[]string{"pkg/x/x.go:4: github.com/opencontainers/go-digest.FromString at package level: it runs at every start, sync.OnceValue makes it wait"},
		},
		{
			"own function at package level", "pkg/x", head + "var r = f()\nfunc f() int { return 1 }",
			[]string{"pkg/x/x.go:3: f at package level: it runs at every start, sync.OnceValue makes it wait"},
		},
		{
			"function literal called at package level", "pkg/x", head + "var r = func() int { return 1 }()",
			[]string{"pkg/x/x.go:3: a function literal at package level: it runs at every start, sync.OnceValue makes it wait"},
		},
		{"regexp that waits", "pkg/x", head + "import (\"regexp\"; \"sync\")\nvar r = sync.OnceValue(func() any { return regexp.MustCompile(`a`) })", nil},
		{"regexp in a function", "pkg/x", head + "import \"regexp\"\nfunc f() { _ = regexp.MustCompile(`a`) }", nil},
		{"sentinel error", "pkg/x", head + "import \"errors\"\nvar errX = errors.New(`x`)", nil},
		{"conversion", "pkg/x", head + "type t string\nvar a = t(`x`)\nvar b = []byte(`x`)\nvar c = new(int)", nil},
		{
			"environment", "pkg/x", head + "import \"os\"\nfunc f() string { return os.Getenv(`A`) }",
			[]string{"pkg/x/x.go:4: os.Getenv outside cmd/: take it from the caller"},
		},
		{
			"environment as a value", "pkg/x", head + "import \"os\"\nvar lookup = os.LookupEnv",
			[]string{"pkg/x/x.go:4: os.LookupEnv outside cmd/: take it from the caller"},
		},
		{
			"streams", "pkg/x", head + "import (\"fmt\"; \"os\")\nfunc f() { fmt.Fprintln(os.Stdout); fmt.Println(); os.Exit(1) }",
			[]string{
				"pkg/x/x.go:4: fmt.Println outside cmd/: take it from the caller",
				"pkg/x/x.go:4: os.Exit outside cmd/: take it from the caller",
				"pkg/x/x.go:4: os.Stdout outside cmd/: take it from the caller",
			},
		},
		{"environment in cmd", "cmd/x", "// Command x is one.\npackage main\nimport \"os\"\nfunc f() string { return os.Getenv(`A`) }", nil},
		{"environment in a package for tests", "internal/x", head + "import (\"os\"; \"testing\")\nfunc f(testing.TB) string { return os.Getenv(`A`) }", nil},
		{"something else called os", "pkg/x", head + "func f(os t) { os.Getenv() }\ntype t interface { Getenv() }", nil},
		{
			"exported without a sentence", "pkg/x", head + "func F() {}\ntype T int\nfunc (T) M() {}\nfunc (t) M() {}\ntype t int\nconst C = 1\nvar V = 1",
			[]string{
				"pkg/x/x.go:3: F is exported without a comment",
				"pkg/x/x.go:4: T is exported without a comment",
				"pkg/x/x.go:5: M is exported without a comment",
				"pkg/x/x.go:8: C is exported without a comment",
				"pkg/x/x.go:9: V is exported without a comment",
			},
		},
		{
			"exported with a sentence", "pkg/x", head + "// F is.\nfunc F() {}\n// The kinds.\nconst (\n\tA = 1 // is\n\tB = 2\n)\ntype (\n\t// T is.\n\tT int\n)",
			nil,
		},
		{"obvious methods", "pkg/x", head + "// T is.\ntype T int\nfunc (T) Error() string { return `` }\nfunc (*T) String() string { return `` }", nil},
		{
			"asks whether a flag was given", "pkg/plugin", head + "func f(c *cobra.Command) bool { return c.Flags().Changed(`x`) || c.Flag(`x`).Changed }",
			[]string{"pkg/plugin/x.go:3: Changed: a request has what its run needs, so a flag that may be absent has a type that says so"},
		},
		{"a field of something else", "pkg/printers", head + "func f(c t) bool { return c.Changed }", nil},
		{
			"writes to the factory", "pkg/plugin", head + "func (f *factory) a() { f.flags.strict = true }\nfunc b(g *factory) func() { return func() { g.count++ } }\nfunc c() { f := newFactory(); f.Out = nil }",
			[]string{
				"pkg/plugin/x.go:3: f.flags.strict is written: commands read the factory, newFactory alone fills it",
				"pkg/plugin/x.go:4: g.count is written: commands read the factory, newFactory alone fills it",
				"pkg/plugin/x.go:5: f.Out is written: commands read the factory, newFactory alone fills it",
			},
		},
		{"reads the factory", "pkg/plugin", head + "func (f *factory) a() { f := f.flags; g.flags = f }", nil},
		{"util", "pkg/util", "// Package util is one.\npackage util", []string{"pkg/util: the name util does not say what the package does"}},
		{"no package comment", "pkg/x", "package x", []string{"pkg/x: no package comment"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := violations(test.dir, map[string]string{"x.go": test.source})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

// readSources returns the sources of every package of this module without tests, by directory and file.
func readSources(t *testing.T) map[string]map[string]string {
	t.Helper()
	root := filepath.Join("..", "..")
	packages := map[string]map[string]string{}
	for _, top := range []string{"cmd", "internal", "pkg"} {
		top = filepath.Join(root, top)
		if _, err := os.Stat(top); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && entry.Name() == "testdata" {
				return fs.SkipDir
			}
			if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			dir, err := filepath.Rel(root, filepath.Dir(path))
			if err != nil {
				return err
			}
			dir = filepath.ToSlash(dir)
			if packages[dir] == nil {
				packages[dir] = map[string]string{}
			}
			packages[dir][entry.Name()] = readFile(t, path)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return packages
}

// violations returns the violations of the style in the sources of one package, sorted.
func violations(dir string, sources map[string]string) ([]string, error) {
	p := inspection{dir: dir, files: token.NewFileSet(), functions: map[string]bool{}}
	for _, name := range sortedKeys(sources) {
		file, err := parser.ParseFile(p.files, dir+"/"+name, sources[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.add(file)
	}
	p.inspect()
	slices.Sort(p.found)
	return slices.Compact(p.found), nil
}
