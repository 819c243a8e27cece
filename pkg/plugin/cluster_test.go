package plugin_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

const forms = "quay.io/org/repo:tag, 4.14.0, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR, file:FILE or -"

// pinned pushes a release into a registry. It returns the pull spec by digest, the registry, and the flag that makes the
// registry trusted: --insecure does not apply to hosts that a cluster names.
func pinned(t *testing.T, b *testrelease.Builder, tags ...string) (pullSpec, registry, trust string) {
	t.Helper()
	server, r := testrelease.TLSRegistry(t), build(t, b)
	for _, tag := range append(tags, "pinned") {
		if err := r.PushTo(server, "ocp/release", tag); err != nil {
			t.Fatal(err)
		}
	}
	digest := r.Digest()
	if list := r.ListDigest(); list != "" {
		digest = list
	}
	return host(server) + "/ocp/release@" + digest.String(), host(server), "--certificate-authority=" + caFile(t, server.Certificate())
}

// writeFile writes a file and returns its path.
func writeFile(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// in runs a command with the kubeconfig of a cluster in the environment.
func in(t *testing.T, s *testcluster.Server, args ...string) result {
	t.Helper()
	return call{env: map[string]string{"KUBECONFIG": s.Kubeconfig(t, testcluster.Token)}}.run(t, args...)
}

func TestReleaseOfCluster(t *testing.T) {
	image, _, trust := pinned(t, small())
	s := testcluster.New(t).WithRelease("4.14.0", image)
	want(t, in(t, s, "images", trust, "-o", "name"), 0, "etcd\nhyperkube\nmachine-config-operator\npod\n", "")
	digest := image[strings.Index(image, "@")+1:]
	want(t, in(t, s, "images", trust, "--jq", ".release|.reference,.image,.digest"), 0, image+"\n"+image+"\n"+digest+"\n", "")
	got := in(t, s, "images", "pod", "--release", image, trust, "-o", "name")
	want(t, got, 0, "pod\n", "")
	got = in(t, s, "images", trust, "-o", "name", "-v=1")
	if note := "no release given: " + image + ", which is 4.14.0, is the release of the cluster at " + s.Host() + "\n"; !strings.HasPrefix(got.err, note) {
		t.Errorf("got %s, want %s first", got.err, note)
	}
	want(t, run(t, "images", trust, "--kubeconfig", s.Kubeconfig(t, testcluster.Token), "-o", "name", "--context", "admin"), 0, "etcd\nhyperkube\nmachine-config-operator\npod\n", "")
}

// A password must not go to an unverified registry that only the cluster names.
func TestInsecureAppliesToTypedHosts(t *testing.T) {
	image, registry, _ := pinned(t, small())
	s := testcluster.New(t).WithRelease("4.14.0", image)
	for _, args := range [][]string{{"images", "--insecure"}, {"images", "4.14.0", "--insecure"}} {
		got := in(t, s, args...)
		if got.code != 5 || !strings.Contains(got.err, "certificate signed by unknown authority") {
			t.Errorf("%s: exit code %d, %s", args, got.code, got.err)
		}
	}
	want(t, in(t, s, "images", "4.14.0", "pod", "-o", "name", "--insecure", "--release-repository", registry+"/a/b"), 0, "pod\n", "")
	want(t, in(t, s, "images", image, "pod", "-o", "name", "--insecure"), 0, "pod\n", "")
}

func TestClusterIsAskedOnlyWithoutRelease(t *testing.T) {
	release := layout(t, small())
	s := testcluster.New(t)
	kubeconfig := s.Kubeconfig(t, testcluster.Token)
	for _, c := range []struct {
		call call
		args string
	}{
		{call{env: map[string]string{"KUBECONFIG": kubeconfig, "OCP_RELEASE_IMAGE": release}}, "images"},
		{call{env: map[string]string{"KUBECONFIG": kubeconfig}}, "images " + release},
		{call{env: map[string]string{"KUBECONFIG": kubeconfig}}, "manifests --release " + release},
		{call{env: map[string]string{"KUBECONFIG": kubeconfig}}, "version"},
		{call{env: map[string]string{"KUBECONFIG": kubeconfig}}, "images --help"},
	} {
		if got := c.call.run(t, strings.Fields(c.args)...); got.code != 0 {
			t.Errorf("%s: %s", c.args, got.err)
		}
	}
	if got := s.Requests(); len(got) > 0 {
		t.Errorf("the cluster was asked: %q", got)
	}
}

// The errors if neither the command line nor a cluster names a release.
func TestNoCluster(t *testing.T) {
	dir := t.TempDir()
	const contexts = "apiVersion: v1\nkind: Config\ncontexts:\n- {name: two, context: {cluster: c}}\n- {name: one, context: {cluster: c}}\nclusters:\n- {name: c, cluster: {server: 'https://h'}}\n"
	unchosen := writeFile(t, "unchosen", contexts)
	none := "error: no release given: want " + forms + ", or set OCP_RELEASE_IMAGE; "
	asking := "error: no release given, and reading the release of the cluster failed: "
	for _, test := range []struct {
		name, env, args string
		code            int
		want            string
	}{
		{name: "nothing", code: 2, want: none + "no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG"},
		{name: "files that are missing", env: dir + "/none:" + dir + "/nothing", code: 2, want: none + "no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG"},
		{name: "empty file", env: writeFile(t, "empty", ""), code: 2, want: none + "no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG"},
		{name: "no current context", env: unchosen, code: 2, want: none + "no cluster is chosen: the kubeconfig has no current context, and --context is not given; the kubeconfig has one, two"},
		{name: "unknown context", env: unchosen, args: "--context three", code: 2, want: asking + `--context "three": the kubeconfig has one, two`},
		{name: "context without a kubeconfig", args: "--context three", code: 2, want: asking + `--context "three": the kubeconfig has no contexts`},
		{name: "unknown cluster", env: unchosen, args: "--context one --cluster x", code: 2, want: asking + `the kubeconfig: cluster "x" does not exist`},
		{name: "named file is missing", args: "--kubeconfig " + dir + "/none", code: 8, want: "error: --kubeconfig: stat " + dir + "/none: no such file or directory"},
		{name: "invalid timeout", env: unchosen, args: "--context one --request-timeout x", code: 2, want: `error: --request-timeout "x": want a time such as 5s or 2m`},
		{name: "offline", env: unchosen, args: "--context one --offline", code: 5, want: asking + "--offline was given, so no cluster is asked"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := call{env: map[string]string{"KUBECONFIG": test.env}}.run(t, append([]string{"images"}, strings.Fields(test.args)...)...)
			want(t, got, test.code, "", test.want+"\n")
		})
	}
	broken := writeFile(t, "broken", "token: canary\n  x: [")
	got := call{env: map[string]string{"KUBECONFIG": broken}}.run(t, "images")
	if got.code != 2 || !strings.Contains(got.err, broken) || strings.Contains(got.err, "canary") {
		t.Errorf("broken kubeconfig: %+v", got)
	}
}

// A pod may have the address of its API server but no token for it.
func TestPodWithoutServiceAccount(t *testing.T) {
	if _, err := os.Stat("/var/run/secrets/kubernetes.io/serviceaccount"); err == nil {
		t.Skip("this is a pod with a service account")
	}
	t.Setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1")
	t.Setenv("KUBERNETES_SERVICE_PORT", "1")
	got := call{env: map[string]string{"KUBERNETES_SERVICE_HOST": "127.0.0.1"}}.run(t, "images")
	want(t, got, 2, "", "error: no release given: want "+forms+", or set OCP_RELEASE_IMAGE; no cluster is configured: name a kubeconfig with --kubeconfig or $KUBECONFIG\n")
}

func TestKubeconfigInHome(t *testing.T) {
	s := testcluster.New(t).WithRelease("4.14.0", "")
	home := t.TempDir()
	if err := os.Mkdir(filepath.Join(home, ".kube"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(s.Kubeconfig(t, testcluster.Token), filepath.Join(home, ".kube", "config")); err != nil {
		t.Fatal(err)
	}
	want(t, call{home: home}.run(t, "images"), 3, "", "error: no release given, and the cluster at "+s.Host()+" names none yet: its ClusterVersion has no status.desired.image\n")
}

// The errors of clusters whose release cannot be read.
func TestReleaseOfClusterCannotBeRead(t *testing.T) {
	asking := "error: no release given, and reading the release of the cluster failed: "
	plain := testcluster.New(t)
	forbidden := testcluster.New(t).Forbid(testcluster.ClusterVersion)
	odd := testcluster.New(t).WithRelease("4.14.0", "no pull spec")
	slow := testcluster.New(t).Before(func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true })
	for _, test := range []struct {
		name       string
		kubeconfig string
		args       string
		code       int
		want       string
	}{
		{"unreachable", testcluster.WriteKubeconfig(t, "https://"+refusing, testcluster.Token, nil), "", 5, asking + "the API server " + refusing + " cannot be reached: dial tcp " + refusing + ": connect: connection refused"},
		{"no OpenShift", plain.Kubeconfig(t, testcluster.Token), "", 3, asking + "the server " + plain.Host() + " is not OpenShift: it has no ClusterVersion"},
		{"forbidden", forbidden.Kubeconfig(t, testcluster.Token), "", 4, asking + "the API server " + forbidden.Host() +
			" refuses clusterversions.config.openshift.io/version: the user viewer lacks the permission to get clusterversions.config.openshift.io in the cluster"},
		{"expired token", plain.Kubeconfig(t, "canary-expired"), "", 4, asking + "the API server " + plain.Host() + " does not accept the credentials: log in again, or give --token"},
		{"token of the command line", plain.Kubeconfig(t, testcluster.Token), "--token canary-other", 4, asking + "the API server " + plain.Host() + " does not accept the credentials: log in again, or give --token"},
		{"no token", plain.Kubeconfig(t, ""), "", 4, asking + "the API server " + plain.Host() + " was asked without credentials: log in, or give --token"},
		{"unknown CA", testcluster.WriteKubeconfig(t, plain.URL, testcluster.Token, nil), "", 5, asking + "the certificate of the API server " + plain.Host() +
			" is not trusted: x509: certificate signed by unknown authority; the kubeconfig's certificate-authority must be the one that signed it"},
		{"slow", slow.Kubeconfig(t, testcluster.Token), "--request-timeout 50ms", 5, asking + "the API server " + slow.Host() + " does not answer within 50ms; --request-timeout sets how long to wait"},
		{"not a pull spec", odd.Kubeconfig(t, testcluster.Token), "", 3, "error: the cluster at " + odd.Host() + ` names "no pull spec" as the image of 4.14.0, which is not a pull spec`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := run(t, append([]string{"images", "--kubeconfig", test.kubeconfig, "-v=9"}, strings.Fields(test.args)...)...)
			want(t, got, test.code, "", test.want+"\n")
		})
	}
}

// --timeout ends the wait for a cluster. The error says what the command waited for.
func TestTimeoutWhileClusterIsAsked(t *testing.T) {
	var asked atomic.Bool
	s := testcluster.New(t).Before(func(_ http.ResponseWriter, r *http.Request) bool {
		asked.Store(true)
		<-r.Context().Done()
		return true
	})
	kubeconfig := s.Kubeconfig(t, testcluster.Token)
	// A busy machine may need longer to send the request.
	for timeout := 250 * time.Millisecond; ; timeout *= 2 {
		got := run(t, "images", "--kubeconfig", kubeconfig, "-v=9", "--timeout", timeout.String())
		if asked.Load() || timeout > time.Minute {
			want(t, got, 5, "", "error: not finished within --timeout "+timeout.String()+": asking for clusterversions.config.openshift.io/version from the cluster at "+
				s.Host()+"; another run would start from the beginning: allow more time\n")
			return
		}
	}
}

func TestVersionsKnownToCluster(t *testing.T) {
	multi, _, _ := pinned(t, small().WithList("amd64", "arm64"))
	single, registry, trust := pinned(t, small(), "4.14.0-x86_64", "4.14.0-aarch64", "4.14.0-multi")
	tagged := registry + "/ocp/release:4.14.0-"
	version := func(architecture, image string) *testcluster.Server {
		return testcluster.New(t).With(testcluster.ClusterVersion, `{"status":{"desired":{"version":"4.13.0","image":"q.io/a/b:c"},
			"availableUpdates":[{"version":"4.14.0","image":"`+image+`","architecture":"`+architecture+`"}]}}`)
	}
	one, several := version("", single), version("Multi", multi)
	for _, test := range []struct {
		name  string
		s     *testcluster.Server
		args  string
		image string // what was opened
	}{
		{"bare", one, "4.14.0", single},
		{"bare, several", several, "4.14.0", multi},
		{"multi, by tag", one, "4.14.0-multi", tagged + "multi"},
		{"multi", several, "4.14.0-multi", multi},
		{"architecture, by tag", one, "4.14.0-x86_64", tagged + "x86_64"},
		{"architecture, several, by tag", several, "4.14.0-x86_64", tagged + "x86_64"},
		{"--arch, by tag", one, "4.14.0 --arch arm64", tagged + "aarch64"},
		{"--arch, several", several, "4.14.0 --arch arm64", multi},
		{"the whole word is a version", testcluster.New(t).WithRelease("4.14.0-multi", single), "4.14.0-multi", single},
		{"another version, by tag", testcluster.New(t).WithRelease("4.14.1", single), "4.14.0", tagged + "x86_64"},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := append([]string{"images", trust, "--release-repository", registry + "/ocp/release", "-v=1", "--jq", ".release.reference"}, strings.Fields(test.args)...)
			got := in(t, test.s, args...)
			asked := strings.Fields(test.args)[0]
			if got.code != 0 || got.out != asked+"\n" || !strings.Contains(got.err, asked+" is "+test.image) {
				t.Errorf("exit code %d, %q, want %s opened:\n%s", got.code, got.out, test.image, got.err)
			}
		})
	}
	got := in(t, one, "images", "4.14.0-x86_64", trust, "--release-repository", registry+"/ocp/release", "-v=1", "pod", "-o", "name")
	if note := "the cluster at " + one.Host() + " does not say for which architecture its 4.14.0 is, so 4.14.0-x86_64 is the one of the tag\n"; !strings.HasPrefix(got.err, note) {
		t.Errorf("got %s, want %s first", got.err, note)
	}
	got = in(t, one, "images", "4.14.0", trust, "-v=1", "pod", "-o", "name")
	if note := "4.14.0 is " + single + ", an available update of the cluster at " + one.Host() + "\n"; !strings.HasPrefix(got.err, note) {
		t.Errorf("got %s, want %s first", got.err, note)
	}
	want(t, in(t, one, "images", "4.14.0", "pod", "-o", "name", trust), 0, "pod\n", "")
}

// If the cluster does not answer, for any reason, a version is looked up by its tag.
func TestVersionsWithoutCluster(t *testing.T) {
	_, registry, trust := pinned(t, small(), "4.14.0-x86_64")
	plain := testcluster.New(t)
	forbidden := testcluster.New(t).Forbid(testcluster.ClusterVersion)
	slow := testcluster.New(t).Before(func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true })
	for name, test := range map[string]struct{ kubeconfig, note string }{
		"unreachable":   {testcluster.WriteKubeconfig(t, "https://"+refusing, testcluster.Token, nil), "the API server " + refusing + " cannot be reached: dial tcp " + refusing + ": connect: connection refused"},
		"no OpenShift":  {plain.Kubeconfig(t, testcluster.Token), "the server " + plain.Host() + " is not OpenShift: it has no ClusterVersion"},
		"expired token": {plain.Kubeconfig(t, "canary"), "the API server " + plain.Host() + " does not accept the credentials: log in again, or give --token"},
		"forbidden": {forbidden.Kubeconfig(t, testcluster.Token), "the API server " + forbidden.Host() +
			" refuses clusterversions.config.openshift.io/version: the user viewer lacks the permission to get clusterversions.config.openshift.io in the cluster"},
		"slow": {slow.Kubeconfig(t, testcluster.Token), "no answer within 3s"},
	} {
		t.Run(name, func(t *testing.T) {
			args := []string{"images", "4.14.0", "pod", "-o", "name", trust, "--release-repository", registry + "/ocp/release"}
			if name != "slow" {
				want(t, call{env: map[string]string{"KUBECONFIG": test.kubeconfig}}.run(t, args...), 0, "pod\n", "")
			}
			twice := []string{"-v=1", "--kubeconfig", test.kubeconfig, "--release", "4.14.0", "--release", "4.14.0"}
			got := run(t, append(append([]string{"images"}, args[2:]...), twice...)...)
			if first, _, _ := strings.Cut(got.err, "\n"); got.code != 0 || got.out != "pod\npod\n" || first != "the cluster is not asked about 4.14.0: "+test.note {
				t.Errorf("exit code %d, %s", got.code, got.err)
			}
			if n := strings.Count(got.err, "the cluster is not asked"); n != 1 {
				t.Errorf("the cluster is asked %d times", n)
			}
		})
	}
	broken := call{env: map[string]string{"KUBECONFIG": writeFile(t, "kubeconfig", "{")}}
	want(t, broken.run(t, "images", "4.14.0", "pod", "-o", "name", trust, "--release-repository", registry+"/ocp/release"), 0, "pod\n", "")
	got := run(t, "images", "4.14.0", "--kubeconfig", "/nowhere", "--release-repository", registry+"/ocp/release")
	want(t, got, 8, "", "error: --kubeconfig: stat /nowhere: no such file or directory\n")
	got = call{env: map[string]string{"KUBECONFIG": plain.Kubeconfig(t, "x")}}.run(t, "images", "4.14.0", "--context", "other", "--release-repository", registry+"/ocp/release")
	want(t, got, 2, "", "error: --context \"other\": the kubeconfig has admin\n")
}
