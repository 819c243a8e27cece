package plugin_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// complete returns the words that a shell is offered for the last argument, and the directive in the last line.
func (c call) complete(t *testing.T, args ...string) string {
	t.Helper()
	return strings.TrimSuffix(good(t, c.run(t, append([]string{"__completeNoDesc"}, args...)...)), "\n")
}

func lines(list ...string) string { return strings.Join(list, "\n") }

func TestCompletion(t *testing.T) {
	release := layout(t, small().
		WithManifest("0000_30_etcd-operator_01_deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: etcd-operator\n  namespace: openshift-etcd\n  annotations:\n    capability.openshift.io/name: Lamp\n").
		WithManifest("0000_31_etcd-operator_02_deployment.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: etcd-proxy\n  namespace: openshift-etcd\n"))
	dir := strings.TrimPrefix(release, "oci:")
	if err := small().WriteDirectory(filepath.Join(filepath.Dir(dir), "folder")); err != nil {
		t.Fatal(err)
	}
	parent := filepath.ToSlash(filepath.Dir(dir)) + "/"
	kubeconfig := writeFile(t, "kubeconfig", "apiVersion: v1\nkind: Config\ncontexts:\n- {name: admin, context: {cluster: a, user: u}}\n- {name: default/api-host:6443/kube:admin, context: {cluster: a, user: u}}\n- {name: $(id), context: {cluster: a, user: u}}\n")

	for name, test := range map[string]struct {
		args []string
		env  map[string]string
		want string
	}{
		"commands":                       {args: []string{"i"}, want: lines("images", "info", ":4")},
		"commands of a command":          {args: []string{"cache", ""}, want: lines("add", "clean", "list", ":4")},
		"a flag":                         {args: []string{"images", "--gr"}, want: lines("--group", ":4")},
		"a form of output":               {args: []string{"images", "-o", "p"}, want: lines("pullspec", ":4")},
		"another command's form":         {args: []string{"graph", "-o", "t"}, want: lines("template", "templatefile", "tree", ":4")},
		"a form behind =":                {args: []string{"images", "--output=pull"}, want: lines("pullspec", ":4")},
		"forms of a release":             {args: []string{"info", ""}, want: lines("dir:", "docker-archive:", "file:", "oci-archive:", "oci:", ":6")},
		"a layout":                       {args: []string{"info", "oci:" + parent}, want: lines("oci:"+parent+"folder/", "oci:"+parent+"layout", ":6")},
		"a directory":                    {args: []string{"info", "dir:" + parent + "f"}, want: lines("dir:"+parent+"folder/", ":6")},
		"a file":                         {args: []string{"info", "file:" + parent + "folder/release-manifests/i"}, want: lines("file:"+parent+"folder/release-manifests/image-references", ":4")},
		"the tags of a layout":           {args: []string{"info", release + ":"}, want: lines(release+":4.14.0", ":4")},
		"a layout that is typed":         {args: []string{"info", release}, want: lines(release, release+":4.14.0", ":4")},
		"the second release of a diff":   {args: []string{"diff", release, "dir:" + parent + "f"}, want: lines("dir:"+parent+"folder/", ":6")},
		"no third release of a diff":     {args: []string{"diff", release, release, ""}, want: ":4"},
		"a capability for a diff":        {args: []string{"diff", "oci:/nowhere", release, "--capabilities", "L"}, want: lines("Lamp", ":4")},
		"no second release":              {args: []string{"info", release, ""}, want: ":4"},
		"components":                     {args: []string{"images", release, "machine-config-"}, want: lines("machine-config-etcd", "machine-config-infra", "machine-config-operator", "machine-config-server", ":4")},
		"components but those typed":     {args: []string{"images", release, "etcd", "e"}, want: ":4"},
		"components of --release":        {args: []string{"images", "--release", release, "e"}, want: lines("etcd", ":4")},
		"components for env":             {args: []string{"env", release, "po"}, want: lines("pod", ":4")},
		"a component for --image-for":    {args: []string{"info", release, "--image-for", "et"}, want: lines("etcd", ":4")},
		"a component for the variable":   {args: []string{"info", "--image-for", "et"}, env: map[string]string{"OCP_RELEASE_IMAGE": release}, want: lines("etcd", ":4")},
		"a group":                        {args: []string{"images", release, "--group", ""}, want: lines("bootstrap", "control-plane", "operators", ":4")},
		"the second of a list":           {args: []string{"images", release, "--group", "bootstrap,o"}, want: lines("bootstrap,operators", ":4")},
		"kinds":                          {args: []string{"manifests", release, ""}, want: lines("deployment/", "namespace/", ":6")},
		"objects of a kind":              {args: []string{"manifests", release, "deploy/"}, want: lines("deploy/etcd-operator", "deploy/etcd-proxy", ":4")},
		"--kind":                         {args: []string{"manifests", release, "--kind", ""}, want: lines("Deployment", "Namespace", ":4")},
		"--level":                        {args: []string{"manifests", release, "--level", ""}, want: lines("30", "31", "50", ":4")},
		"--component":                    {args: []string{"manifests", release, "--component", ""}, want: lines("a", "etcd-operator", ":4")},
		"--namespace":                    {args: []string{"manifests", release, "-n", ""}, want: lines("openshift-etcd", ":4")},
		"a capability of the release":    {args: []string{"graph", release, "--capabilities", "v4.11,L"}, want: lines("v4.11,Lamp", ":4")},
		"capabilities without a release": {args: []string{"graph", "--capabilities", "v4.1"}, want: lines("v4.11", "v4.12", "v4.13", "v4.14", "v4.15", "v4.16", "v4.17", "v4.18", ":4")},
		"a profile":                      {args: []string{"manifests", "--profile", "self"}, want: lines("self-managed-high-availability", ":4")},
		"a feature set":                  {args: []string{"manifests", "--feature-set", "Tech"}, want: lines("TechPreviewNoUpgrade", ":4")},
		"a strategy":                     {args: []string{"graph", "--strategy", ""}, want: lines("install", "reconcile", "update", ":4")},
		"a format of env":                {args: []string{"env", "--format", "g"}, want: lines("github", ":4")},
		"a check":                        {args: []string{"verify", "--skip", "s"}, want: lines("signature", "sigstore", ":4")},
		"a cloud":                        {args: []string{"extract", "--credentials-requests", "--cloud", "a"}, want: lines("alibabacloud", "aws", "azure", ":4")},
		"an architecture":                {args: []string{"images", "--arch", "a"}, want: lines("amd64", "arm64", ":4")},
		"a format of errors":             {args: []string{"images", "--error-format", ""}, want: lines("json", "text", ":4")},
		"contexts":                       {args: []string{"images", "--kubeconfig", kubeconfig, "--context", ""}, want: lines("admin", "default/api-host:6443/kube:admin", ":4")},
		"contexts of a missing file":     {args: []string{"images", "--kubeconfig", "/nowhere", "--context", ""}, want: ":4"},
		"files for the shell":            {args: []string{"images", "--authfile", ""}, want: ":0"},
		"directories for the shell":      {args: []string{"images", "--cache-dir", ""}, want: ":16"},
		"a directory for extract":        {args: []string{"extract", "--to", ""}, want: ":16"},
		"nothing for a number":           {args: []string{"images", "--max-files", ""}, want: ":4"},
		"no arguments":                   {args: []string{"version", ""}, want: ":4"},
		"a release that is not there":    {args: []string{"images", "oci:/nowhere", ""}, want: ":4"},
		"standard input":                 {args: []string{"images", "-", ""}, want: ":4"},
		"a version without a cache":      {args: []string{"images", "4.14.0", ""}, want: ":4"},
		"an unreadable limit":            {args: []string{"images", "--max-layer-size", "x", release, ""}, want: ":4"},
	} {
		t.Run(name, func(t *testing.T) {
			got := call{env: test.env, stdin: "{"}.complete(t, test.args...)
			if got != test.want {
				t.Errorf("got\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// Completion reads the cache and contacts no registry, no cluster and no credential helper.
func TestCompletionContactsNothing(t *testing.T) {
	c, run := watch(t), cached(t)
	c.push(t, small(), "ocp/release", "4.14.0-x86_64")
	repository := host(c.Server) + "/ocp/release"
	good(t, run.run(t, with("images", repository+":4.14.0-x86_64")...))
	c.asked()

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var called atomic.Bool
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			called.Store(true)
			connection.Close()
		}
	}()
	run.home = t.TempDir()
	helped := filepath.Join(run.home, "helped")
	helper := filepath.Join(run.home, "docker-credential-helper")
	if err := os.WriteFile(helper, []byte("#!/bin/sh\n: > '"+helped+"'\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", run.home+string(os.PathListSeparator)+os.Getenv("PATH"))
	auth := writeFile(t, "auth.json", fmt.Sprintf(`{"credsStore":"helper","credHelpers":{%q:"helper"}}`, host(c.Server)))
	run.env = map[string]string{"KUBECONFIG": writeFile(t, "kubeconfig", fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "http://%s"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: %q, interactiveMode: Never}}}]
`, listener.Addr(), helper))}

	asked := []string{"images", "--insecure", "--authfile", auth, "--release-repository", repository}
	for name, test := range map[string]struct{ args, want []string }{
		"the cached release":        {[]string{"4"}, []string{"4.14.0-x86_64", ":4"}},
		"its components":            {[]string{"4.14.0-x86_64", "e"}, []string{"etcd", ":4"}},
		"its components, by tag":    {[]string{repository + ":4.14.0-x86_64", "e"}, []string{"etcd", ":4"}},
		"one that is not cached":    {[]string{repository + ":4.15.0-x86_64", "e"}, []string{":4"}},
		"a version, by its flag":    {[]string{"--release", "4.15.0", "e"}, []string{":4"}},
		"with the cluster's secret": {[]string{"--pull-secret-from-cluster", "4.15.0", "e"}, []string{":4"}},
		"a context":                 {[]string{"--context", ""}, []string{"c", ":4"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := run.complete(t, append(asked[:len(asked):len(asked)], test.args...)...); got != lines(test.want...) {
				t.Errorf("got\n%s\nwant\n%s", got, lines(test.want...))
			}
		})
	}
	c.want(t)
	if called.Load() {
		t.Error("the cluster was contacted")
	}
	if _, err := os.Stat(helped); err == nil {
		t.Error("a credential helper was run")
	}
}

// Completion offers no names with characters that a shell acts on.
func TestCompletionOmitsUnsafeNames(t *testing.T) {
	odd := []string{"$(id)", "`id`", "a b", "a;id", "a|id", "a&id", "a>b", "a'b", `a"b`, `a\b`, "a*", "a?", "a[b]", "{a,b}", "~root", "!1", "#a", "a\tb", "a\x1b[31m", "%1", "a\u202eb", "ä", strings.Repeat("a", 600)}
	b := testrelease.New("4.14.0").WithComponent("plain").WithComponent("-rf").WithComponent("=ls")
	dir := t.TempDir()
	for i, name := range odd {
		b = b.WithComponent(name).WithManifest(fmt.Sprintf("0000_50_a_%02d.yaml", i), fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %q\n", name))
		_ = os.Mkdir(filepath.Join(dir, name), 0o700) // not every name is one of a file
	}
	if err := os.Mkdir(filepath.Join(dir, "plain"), 0o700); err != nil {
		t.Fatal(err)
	}
	directory := filepath.Join(t.TempDir(), "folder")
	if err := b.WriteDirectory(directory); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"images", "dir:" + directory, ""}, lines("plain", ":4")},
		{[]string{"manifests", "dir:" + directory, "configmap/"}, ":4"},
		{[]string{"info", "dir:" + dir + "/"}, lines("dir:"+dir+"/plain/", ":6")},
	} {
		if got := (call{}).complete(t, test.args...); got != test.want {
			t.Errorf("%s: got\n%s\nwant\n%s", test.args, got, test.want)
		}
	}
}

// Completion offers nothing from releases that exceed a limit, are damaged or never end.
func TestCompletionOfHostileReleases(t *testing.T) {
	broken := writeFile(t, "broken", "{")
	for name, args := range map[string][]string{
		"beyond a limit":   {"images", layout(t, small()), "--max-file-size", "10", ""},
		"too many objects": {"manifests", layout(t, small().WithManifest("0000_50_b.yaml", "kind: A\n---\nkind: B\n")), "--max-documents", "1", ""},
		"broken":           {"images", "file:" + broken, ""},
		"not a layout":     {"images", "oci:" + broken, ""},
		"a YAML bomb":      {"manifests", layout(t, small().WithManifest("0000_50_bomb.yaml", bomb())), "--max-expanded-size", "1", "configmap/"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := (call{}).complete(t, args...); got != ":4" {
				t.Errorf("got %s", got)
			}
		})
	}
}

// Completion prints nothing on standard error and always exits 0.
func TestCompletionIsQuiet(t *testing.T) {
	testguard.Finishes(t, "completion", func() {
		for _, args := range [][]string{
			{"__complete"},
			{"__complete", "nothing", ""},
			{"__complete", "images", "--arch", "mips", "oci:/nowhere", ""},
			{"__complete", "images", "-v", "9", "4.14.0", ""},
			{"__complete", "images", "--timeout", "-1s", "4.14.0", ""},
			{"__complete", "images", "--error-format", "json", "4.14.0", ""},
			{"__completeNoDesc", "-", ""},
		} {
			if got := run(t, args...); got.code != 0 || got.err != "" {
				t.Errorf("%q: exit code %d, stderr %q", args, got.code, got.err)
			}
		}
	})
}
