package completion

import (
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/completion"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// bin is a directory with the plugin under the names that krew gives it, built once for all tests.
var bin string

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "completion")
		if err != nil {
			log.Print(err)
			return 1
		}
		defer os.RemoveAll(dir)
		bin = dir
		build := exec.Command("go", "build", "-o", filepath.Join(bin, "kubectl-release_x"), "./cmd/oc-release-x")
		build.Dir, build.Stderr = filepath.Join("..", ".."), os.Stderr
		if err := build.Run(); err != nil {
			log.Print(err)
			return 1
		}
		return m.Run()
	}())
}

// machine is a user with the plugin, a directory with a release, and more directories on the PATH.
type machine struct {
	home string
	path []string
}

func newMachine(t *testing.T) *machine {
	t.Helper()
	m := &machine{home: t.TempDir(), path: []string{bin}}
	release, err := testrelease.New("4.14.0").WithComponent("etcd").WithComponent("machine-config-operator").WithComponent("$(touch evil)").Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := release.WriteLayout(filepath.Join(m.home, "release"), "4.14.0"); err != nil {
		t.Fatal(err)
	}
	return m
}

// needs skips the test without a program.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			t.Skipf("there is no %s here", program)
		}
	}
}

// needsBashCompletion skips the test without the functions that cobra's script for bash calls.
func needsBashCompletion(t *testing.T) {
	t.Helper()
	needs(t, "bash")
	if _, err := os.Stat(bashCompletion); err != nil {
		t.Skip("there is no bash-completion here")
	}
}

const bashCompletion = "/usr/share/bash-completion/bash_completion"

// withScripts installs the scripts of `completion install`.
func (m *machine) withScripts(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	m.path = append(m.path, dir)
	m.run(t, filepath.Join(bin, "kubectl-release_x"), "completion", "install", dir)
	return m
}

// withOC adds an oc that calls kubectl.
func (m *machine) withOC(t *testing.T) *machine {
	t.Helper()
	dir := t.TempDir()
	m.path = append(m.path, dir)
	if err := os.WriteFile(filepath.Join(dir, "oc"), []byte("#!/bin/sh\nexec kubectl \"$@\"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return m
}

// run runs a program in the user's home directory and returns its output.
func (m *machine) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = m.home
	cmd.Env = []string{
		"HOME=" + m.home, "XDG_CACHE_HOME=" + m.home, "XDG_CONFIG_HOME=" + m.home, "XDG_DATA_HOME=" + m.home, "TERM=dumb", "LC_ALL=C",
		"PATH=" + strings.Join(append(m.path, os.Getenv("PATH")), string(os.PathListSeparator)),
	}
	var errOut strings.Builder
	cmd.Stderr = &errOut
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", cmd, err, out, errOut.String())
	}
	return string(out)
}

// question is a command line up to the cursor, and the words that the shell should offer.
type question struct{ line, want string }

// questions returns the questions that each shell is asked.
func questions(tool string) []question {
	return []question{
		{tool + " release-x gra", "graph"},
		{tool + " release-x images --gr", "--group"},
		{tool + " release-x images -o pu", "pullspec"},
		{tool + " release-x images oci:rel", "oci:release"},
		{tool + " release-x images oci:release:", "oci:release:4.14.0"},
		{tool + " release-x images oci:release etc", "etcd"},
		{tool + " release-x images oci:release '$", ""},
		{"kubectl-release_x images oci:release machine-config-o", "machine-config-operator"},
	}
}

// kubectl finds the script on the PATH.
func TestKubectl(t *testing.T) {
	needs(t, "kubectl")
	m := newMachine(t).withScripts(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"gra"}, "graph\n:4\n"},
		{[]string{"images", "oci:release", ""}, "etcd\nmachine-config-etcd\nmachine-config-operator\nmachine-config-server\n:4\n"},
		{[]string{"images", "oci:release:"}, "oci:release:4.14.0\n:4\n"},
		{[]string{"images", "oci:release", "--group", "boot"}, "bootstrap\n:4\n"},
		{[]string{"images", "--authfile", ""}, ":0\n"},
	} {
		got := m.run(t, "kubectl", append([]string{"__completeNoDesc", "release-x"}, test.args...)...)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.args, diff)
		}
	}
}

// Both scripts print the words as oc and kubectl expect them.
func TestScripts(t *testing.T) {
	needs(t, "kubectl")
	m := newMachine(t).withOC(t).withScripts(t)
	for _, name := range completion.Names("linux") {
		if got := m.run(t, filepath.Join(m.path[len(m.path)-1], name), "images", "oci:release", "et"); got != "etcd\n:4\n" {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
