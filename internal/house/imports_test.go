// Package house_test checks the rules of ARCHITECTURE.md: which package may import which, which packages the program may contain,
// and what sources must not do.
package house_test

import (
	"bufio"
	"bytes"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const program = module + "/cmd/oc-release-x"

func TestImports(t *testing.T) {
	for _, violation := range importViolations(loadGraph(t)) {
		t.Error(violation)
	}
}

// TestStartUp keeps the start-up fast by the packages that the program imports. A measured time would depend on the machine.
func TestStartUp(t *testing.T) {
	g := loadGraph(t)
	for _, line := range unwantedPackages(g, program) {
		t.Error("unwanted in the program: " + line)
	}
}

// A rule for a package that does not exist checks nothing.
func TestRulesNameExistingPackages(t *testing.T) {
	g := loadGraph(t)
	for _, name := range []string{"cmd/oc-release-x", "pkg/plugin", "pkg/printers", "pkg/payload", "pkg/payload/image", "pkg/payload/registry", "pkg/payload/cluster", "pkg/payload/fault", "pkg/payload/graph", "pkg/payload/verify", "pkg/payload/verify/presence", "pkg/payload/verify/trust", "pkg/printers/graphpage", "pkg/printers/safe"} {
		if _, ok := g[module+"/"+name]; !ok {
			t.Errorf("there is no package %s: correct rules_test.go", name)
		}
	}
}

func TestImportViolations(t *testing.T) {
	ours := func(imports ...string) []string {
		for i, name := range imports {
			if strings.HasPrefix(name, "pkg/") || strings.HasPrefix(name, "internal/") {
				imports[i] = module + "/" + name
			}
		}
		return imports
	}
	tests := []struct {
		name string
		g    graph
		want []string
	}{
		{"cobra in plugin", graph{module + "/pkg/plugin": ours("github.com/spf13/cobra")}, nil},
		{
			"cobra in printers",
			graph{module + "/pkg/printers": ours("github.com/spf13/cobra")},
			[]string{"pkg/printers imports github.com/spf13/cobra, which only pkg/plugin/... may"},
		},
		{
			"gojq in plugin",
			graph{module + "/pkg/plugin": ours("github.com/itchyny/gojq")},
			[]string{"pkg/plugin imports github.com/itchyny/gojq, which only pkg/printers/... may"},
		},
		{
			"printers of cli-runtime in plugin",
			graph{module + "/pkg/plugin": ours("k8s.io/cli-runtime/pkg/printers")},
			[]string{"pkg/plugin imports k8s.io/cli-runtime/pkg/printers, which only pkg/printers/... may"},
		},
		{"flags of cli-runtime in plugin", graph{module + "/pkg/plugin": ours("k8s.io/cli-runtime/pkg/genericclioptions")}, nil},
		{
			"flags of cli-runtime in cluster",
			graph{module + "/pkg/payload/cluster": ours("k8s.io/cli-runtime/pkg/genericclioptions")},
			[]string{"pkg/payload/cluster imports k8s.io/cli-runtime/pkg/genericclioptions, which only pkg/plugin/... may"},
		},
		{"regclient's types in image", graph{module + "/pkg/payload/image": ours("github.com/regclient/regclient/types/mediatype")}, nil},
		{
			"regclient's client in image",
			graph{module + "/pkg/payload/image": ours("github.com/regclient/regclient")},
			[]string{"pkg/payload/image imports github.com/regclient/regclient, which only pkg/payload/registry/... may"},
		},
		{
			"regclient's layouts in mirror",
			graph{module + "/pkg/payload/mirror": ours("github.com/regclient/regclient/scheme/ocidir")},
			[]string{"pkg/payload/mirror imports github.com/regclient/regclient/scheme/ocidir, which only pkg/payload/registry/... may"},
		},
		{
			"files in payload",
			graph{module + "/pkg/payload": ours("os", "path")},
			[]string{"pkg/payload imports os, which only " + strings.Join(notPure(), ", ") + " may"},
		},
		{"a library reads files", graph{module + "/pkg/payload": ours("example.org/yaml"), "example.org/yaml": {"os"}}, nil},
		{"payload knows fault", graph{module + "/pkg/payload": ours("pkg/payload/fault")}, nil},
		{
			"payload knows printers",
			graph{module + "/pkg/payload/manifest": ours("pkg/printers/v1alpha1")},
			[]string{"pkg/payload/manifest reaches pkg/printers/v1alpha1: pkg/payload/manifest → pkg/printers/v1alpha1"},
		},
		{"payload reaches registry through another", graph{
			module + "/pkg/payload":          ours("example.org/x"),
			"example.org/x":                  ours("pkg/payload/registry"),
			module + "/pkg/payload/registry": nil,
		}, []string{"pkg/payload reaches pkg/payload/registry: pkg/payload → example.org/x → pkg/payload/registry"}},
		{
			"printers know image",
			graph{module + "/pkg/printers": ours("pkg/payload/image")},
			[]string{"pkg/printers reaches pkg/payload/image: pkg/printers → pkg/payload/image"},
		},
		{
			"image knows plugin",
			graph{module + "/pkg/payload/image": ours("pkg/plugin")},
			[]string{"pkg/payload/image reaches pkg/plugin: pkg/payload/image → pkg/plugin"},
		},
		{
			"registry knows image",
			graph{module + "/pkg/payload/registry": ours("pkg/payload/image")},
			[]string{"pkg/payload/registry reaches pkg/payload/image: pkg/payload/registry → pkg/payload/image"},
		},
		{"image knows registry", graph{module + "/pkg/payload/image": ours("pkg/payload/registry", "pkg/payload")}, nil},
		{
			"cluster knows registry",
			graph{module + "/pkg/payload/cluster": ours("pkg/payload/registry")},
			[]string{"pkg/payload/cluster reaches pkg/payload/registry: pkg/payload/cluster → pkg/payload/registry"},
		},
		{"cluster knows manifest", graph{module + "/pkg/payload/cluster": ours("pkg/payload/manifest", "k8s.io/client-go/rest")}, nil},
		{
			"an API server in image",
			graph{module + "/pkg/payload/image": ours("k8s.io/client-go/rest")},
			[]string{"pkg/payload/image imports k8s.io/client-go/rest, which only pkg/plugin/..., pkg/payload/cluster/... may"},
		},
		{
			"verify knows printers",
			graph{module + "/pkg/payload/verify": ours("pkg/printers")},
			[]string{"pkg/payload/verify reaches pkg/printers: pkg/payload/verify → pkg/printers"},
		},
		{"verify knows image and cluster", graph{module + "/pkg/payload/verify": ours("pkg/payload/image", "pkg/payload/cluster", "pkg/payload/verify/trust")}, nil},
		{
			"trust knows image",
			graph{module + "/pkg/payload/verify/trust": ours("pkg/payload/image")},
			[]string{"pkg/payload/verify/trust reaches pkg/payload/image: pkg/payload/verify/trust → pkg/payload/image"},
		},
		{
			"the program builds test releases",
			graph{module + "/cmd/oc-release-x": ours("internal/testrelease")},
			[]string{"cmd/oc-release-x reaches internal/testrelease: cmd/oc-release-x → internal/testrelease"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := importViolations(test.g); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestUnwantedPackages(t *testing.T) {
	const own = module + "/pkg/printers"
	for pattern, reason := range unwanted() {
		name, below := strings.CutSuffix(pattern, "/...")
		if below {
			name += "/sub"
		}
		t.Run(name, func(t *testing.T) {
			g := graph{program: {own}, own: {"example.org/x"}, "example.org/x": {name}}
			want := []string{name + " (" + reason + "): cmd/oc-release-x → pkg/printers → example.org/x → " + name}
			if got := unwantedPackages(g, program); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	t.Run("only in tests", func(t *testing.T) {
		g := graph{program: {own}, own: {"k8s.io/client-go/rest"}, module + "/internal/x": {"testing"}}
		if got := unwantedPackages(g, program); got != nil {
			t.Errorf("got %q, want nothing", got)
		}
	})
}

// loadGraph lists the packages of this module and their dependencies with go list, without tests.
func loadGraph(t *testing.T) graph {
	t.Helper()
	const format = "{{.ImportPath}}{{range .Imports}} {{.}}{{end}}"
	// -e: a package that does not compile yet is listed with what it imports.
	list := exec.CommandContext(t.Context(), "go", "list", "-e", "-deps", "-f", format, module+"/...")
	out, err := list.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("go list: %v\n%s", err, exit.Stderr)
		}
		t.Fatalf("go list: %v", err)
	}
	return parseGraph(t, out)
}

func parseGraph(t *testing.T, out []byte) graph {
	t.Helper()
	g := graph{}
	lines := bufio.NewScanner(bytes.NewReader(out))
	lines.Buffer(nil, len(out)+1)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		g[fields[0]] = fields[1:]
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return g
}
