package plugin_test

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/plugin"
)

// refusing is an address that refuses connections: nothing listens on its port, and no system assigns it.
const refusing = "127.0.0.1:1"

// call describes a run of the command line. Nothing of this machine is in its environment.
type call struct {
	stdin    string
	env      map[string]string
	home     string // "" for an empty one
	terminal bool
	width    int       // columns of the terminal
	name     string    // how the program was called; "" for oc release-x
	noticing bool      // stderr is a terminal
	out      io.Writer // in place of what result.out collects
	cache    string    // the user's directory for caches, "" for none
	ctx      context.Context
}

// result is the output and exit code of a run.
type result struct {
	out, err string
	code     int
}

func (c call) run(t *testing.T, args ...string) result {
	t.Helper()
	if c.home == "" {
		c.home = t.TempDir()
	}
	// cli-runtime reads the environment of the process to find a cluster.
	t.Setenv("KUBECONFIG", cmp.Or(c.env["KUBECONFIG"], filepath.Join(c.home, ".kube", "config")))
	t.Setenv("KUBERNETES_SERVICE_HOST", c.env["KUBERNETES_SERVICE_HOST"])
	var out, errOut bytes.Buffer
	env := plugin.Environment{
		Streams: plugin.Streams{In: strings.NewReader(c.stdin), Out: &out, ErrOut: &errOut, OutTerminal: c.terminal, ErrTerminal: c.noticing, Width: c.width},
		Getenv:  func(name string) string { return c.env[name] },
		Home:    c.home,
		Name:    cmp.Or(c.name, "oc release-x"),

		CacheHome: c.cache,
	}
	if c.out != nil {
		env.Out = c.out
	}
	if c.ctx == nil {
		c.ctx = context.Background()
	}
	code := plugin.Execute(c.ctx, env, args)
	return result{out: out.String(), err: errOut.String(), code: code}
}

func run(t *testing.T, args ...string) result { t.Helper(); return call{}.run(t, args...) }

// want fails the test if the output or exit code of a run differs.
func want(t *testing.T, got result, code int, out, errOut string) {
	t.Helper()
	if diff := gocmp.Diff(out, got.out); diff != "" {
		t.Errorf("stdout (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(errOut, got.err); diff != "" {
		t.Errorf("stderr (-want +got):\n%s", diff)
	}
	if got.code != code {
		t.Errorf("exit code %d, want %d", got.code, code)
	}
}

// good fails the test unless a run exits 0 with nothing on standard error. It returns the standard output.
func good(t *testing.T, got result) string {
	t.Helper()
	if got.code != 0 || got.err != "" {
		t.Fatalf("exit code %d, stderr %s", got.code, got.err)
	}
	return got.out
}

// small returns a release of four components.
func small() *testrelease.Builder {
	return testrelease.New("4.14.0").
		WithPrevious("4.13.9", "4.13.10").
		WithComponent("etcd", testrelease.Source("https://github.com/openshift/etcd")).
		WithComponent("hyperkube", testrelease.Source("https://github.com/openshift/kubernetes"), testrelease.Versions("kubernetes=1.27.6", "")).
		WithComponent("machine-config-operator").
		WithComponent("pod").
		WithManifest("0000_50_a_00_namespace.yaml", "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: a\n")
}

// layout writes a release as an OCI layout and returns its reference.
func layout(t *testing.T, b *testrelease.Builder) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	if err := build(t, b).WriteLayout(dir, "4.14.0"); err != nil {
		t.Fatal(err)
	}
	return "oci:" + dir
}

func build(t *testing.T, b *testrelease.Builder) *testrelease.Release {
	t.Helper()
	r, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return r
}
