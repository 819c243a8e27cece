package plugin_test

import (
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
)

// signed is a release and its component image in a registry, with a key and a signature in files.
type signed struct {
	server              *httptest.Server
	release             string // by tag
	digest, component   digest.Digest
	keyring, signatures string
}

// signedRelease makes and signs a release of one component.
func signedRelease(t *testing.T) signed {
	t.Helper()
	s := signed{server: testrelease.Registry(t)}
	component := build(t, testrelease.New("1.0.0").WithComponent("x"))
	if err := component.PushTo(s.server, "ocp/etcd", "t"); err != nil {
		t.Fatal(err)
	}
	s.component = component.Digest()
	b := s.builder()
	s.release, s.digest = push(t, s.server, b), build(t, b).Digest()
	key := testsign.NewKey(t, "release")
	s.keyring, s.signatures = keyFile(t, key), filepath.Join(t.TempDir(), "signatures")
	writeSignature(t, s.signatures, s.digest, key.SignAtomic(t, s.digest))
	return s
}

func (s signed) builder() *testrelease.Builder {
	return ordered().Clone().WithReferences(`{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.14.0"},"spec":{"tags":[` +
		`{"name":"etcd","from":{"kind":"DockerImage","name":"` + host(s.server) + `/ocp/etcd@` + s.component.String() + `"}}]}}`)
}

func keyFile(t *testing.T, key *testsign.Key) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key.asc")
	if err := os.WriteFile(file, []byte(testsign.Armored(t, key)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func writeSignature(t *testing.T, signatures string, d digest.Digest, message []byte) {
	t.Helper()
	dir := filepath.Join(signatures, "sha256="+d.Encoded())
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "signature-1"), message, 0o600); err != nil {
		t.Fatal(err)
	}
}

// results returns the results of the checks, NAME=RESULT in order.
func (s signed) results(t *testing.T, code int, args ...string) string {
	t.Helper()
	got := run(t, append([]string{"verify", "--insecure", "--jq", `[.checks[]|.name+"="+.result]|join(" ")`}, args...)...)
	if got.code != code {
		t.Errorf("exit code %d, want %d: %s", got.code, code, got.err)
	}
	return strings.TrimSpace(got.out)
}

const allGood = "digest-chain=PASS version=PASS references=PASS signature=PASS sigstore=SKIPPED image=PASS payload-hash=SKIPPED"

// The demonstration: a release signed with a test key, the same with one byte changed, and the same with another key.
func TestVerifyDemo(t *testing.T) {
	s := signedRelease(t)
	if got := s.results(t, 0, s.release, "--keyring", s.keyring, "--signature", s.signatures); got != allGood {
		t.Errorf("a good release: %s", got)
	}
	changed := layout(t, s.builder().WithStored(testrelease.PayloadPart, func(data []byte) []byte {
		data = append([]byte{}, data...)
		data[len(data)/2] ^= 1
		return data
	}))
	if got := s.results(t, 6, changed, "--keyring", s.keyring, "--signature", s.signatures); got !=
		"digest-chain=FAIL version=SKIPPED references=SKIPPED signature=SKIPPED sigstore=SKIPPED image=SKIPPED payload-hash=SKIPPED" {
		t.Errorf("one byte changed: %s", got)
	}
	foreign := keyFile(t, testsign.NewKey(t, "foreign"))
	if got := s.results(t, 6, s.release, "--keyring", foreign, "--signature", s.signatures); got != strings.Replace(allGood, "signature=PASS", "signature=FAIL", 1) {
		t.Errorf("a foreign key: %s", got)
	}
}

func TestVerifyTable(t *testing.T) {
	s := signedRelease(t)
	got := run(t, "verify", s.release, "--insecure", "--keyring", s.keyring, "--signature", s.signatures)
	if got.code != 0 || got.err != "" {
		t.Fatalf("exit code %d, %s", got.code, got.err)
	}
	lines := strings.Split(got.out, "\n")
	for i, want := range []string{
		"CHECK RESULT SUBJECT REASON",
		"digest-chain PASS " + s.release + " image " + s.digest.String() + ", its configuration, image-references; the layers that hold the payload, the others are there",
		"version PASS " + s.release + " the release says that it is 4.14.0",
		"references PASS 1 components each by digest",
		"signature PASS image, keyring " + s.keyring + " signed 2023-11-01T12:00:00Z by release <release@example.com>, key " + testsign.NewKey(t, "release").Fingerprint() +
			", as quay.io/example/release:1, for " + s.digest.String() + ", found in " + filepath.Join(s.signatures, "sha256="+s.digest.Encoded(), "signature-1"),
		"sigstore SKIPPED image no key to trust: ",
		"image PASS 1 component images present and pullable",
		"payload-hash SKIPPED <none> no cluster is connected",
	} {
		if line := strings.Join(strings.Fields(lines[i]), " "); !strings.HasPrefix(line, want) {
			t.Errorf("got  %s\nwant %s", line, want)
		}
	}
	key := strings.TrimSpace(good(t, run(t, "verify", s.release, "--insecure", "--keyring", s.keyring, "--signature", s.signatures,
		"--jq", `.checks[]|select(.name=="signature")|.key+" "+.digest`)))
	if want := testsign.NewKey(t, "release").Fingerprint() + " " + s.digest.String(); key != want {
		t.Errorf("key and digest %s, want %s", key, want)
	}
}

func TestVerifyImages(t *testing.T) {
	s := signedRelease(t)
	trusted := []string{"--keyring", s.keyring, "--signature", s.signatures}
	if got := s.results(t, 0, append(trusted, s.release, "--deep")...); got != allGood {
		t.Errorf("--deep: %s", got)
	}
	absent := s
	absent.component = digest.FromString("absent")
	got := run(t, "verify", push(t, s.server, absent.builder()), "--insecure")
	if got.code != 6 || !strings.Contains(got.out, "\nimage          FAIL      etcd ") {
		t.Errorf("exit code %d, %s %s", got.code, got.out, got.err)
	}
}

func TestVerifyExitCodes(t *testing.T) {
	s := signedRelease(t)
	trusted := []string{"--keyring", s.keyring, "--signature", s.signatures}
	unsigned := s.results(t, 6, s.release)
	if unsigned != strings.Replace(allGood, "signature=PASS", "signature=FAIL", 1) {
		t.Errorf("no trusted key: %s", unsigned)
	}
	unreachable := testrelease.New("4.14.0").WithComponent("etcd", testrelease.Image("127.0.0.1:1/a/b@"+s.component.String()))
	release := push(t, s.server, unreachable)
	d := build(t, unreachable).Digest()
	writeSignature(t, s.signatures, d, testsign.NewKey(t, "release").SignAtomic(t, d))
	if got := s.results(t, 5, append(trusted, release)...); got != strings.Replace(allGood, "image=PASS", "image=SKIPPED", 1) {
		t.Errorf("a registry that cannot be reached: %s", got)
	}
	want(t, run(t, "verify", "oci:/nowhere"), 3, "", "error: oci:/nowhere: stat /nowhere: no such file or directory\n")
	want(t, run(t, "verify", s.release, "--offline", "--signature", "https://example.com/s"), 2, "",
		"error: --signature https://example.com/s: --offline was given, so no server is asked\n")
	want(t, run(t, "verify", s.release, "--keyring", "/nowhere"), 8, "", "error: --keyring: there is no keyring /nowhere\n")
}

// If standard output is closed, the exit code still says that a check failed.
func TestVerifyFailsWithClosedOutput(t *testing.T) {
	s := signedRelease(t)
	for _, test := range []struct {
		name, keyring string
		write         error
		code          int
		want          string
	}{
		{"a good release, the reader has left", s.keyring, syscall.EPIPE, 0, ""},
		{"a foreign key, the reader has left", keyFile(t, testsign.NewKey(t, "foreign")), syscall.EPIPE, 6, "error: " + s.release + ": a check failed\n"},
		{"a good release, the disk is full", s.keyring, syscall.ENOSPC, 8, "error: write /dev/stdout: no space left on device\n"},
		{"a foreign key, the disk is full", keyFile(t, testsign.NewKey(t, "foreign")), syscall.ENOSPC, 8, "error: write /dev/stdout: no space left on device\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, form := range [][]string{nil, {"-o", "json"}, {"--jq", ".checks[]"}} {
				out := writerFunc(func([]byte) (int, error) { return 0, &os.PathError{Op: "write", Path: "/dev/stdout", Err: test.write} })
				got := call{out: out}.run(t, append([]string{"verify", s.release, "--insecure", "--keyring", test.keyring, "--signature", s.signatures}, form...)...)
				want(t, got, test.code, "", test.want)
			}
		})
	}
}

// Each manifest is fetched once. Layers without the payload are checked only with HEAD requests.
func TestVerifyRequests(t *testing.T) {
	c := watch(t)
	component := c.push(t, testrelease.New("1.0.0").WithComponent("x"), "org/etcd", "e")
	c.push(t, testrelease.New("4.14.0").WithComponent("etcd", testrelease.Image(host(c.Server)+"/org/etcd@"+component.Digest().String())).
		WithBaseLayer(testrelease.File("a", "x")).WithBaseLayer(testrelease.File("b", "x")).
		WithOperatorManifest("0000_00_a.yaml", object("ConfigMap", "a")).WithManifest("0000_50_b.yaml", object("ConfigMap", "b")), "org/release", "t")
	run(t, "verify", host(c.Server)+"/org/release:t", "--insecure", "--no-cache")
	c.want(t, "GET tag", "GET payload", "GET layer 2", "GET config",
		"HEAD config", "HEAD layer 0", "HEAD layer 1", "HEAD layer 2", "HEAD payload", "HEAD image")
}

// verify asks the registry for images that are in the cache: they may be gone.
func TestVerifyAsksForCachedImages(t *testing.T) {
	s := signedRelease(t)
	front, gone := watch(t), false
	front.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if gone && strings.Contains(r.URL.Path, "/manifests/"+s.digest.String()) {
			http.NotFound(w, r)
			return
		}
		s.server.Config.Handler.ServeHTTP(w, r)
	})
	pullSpec, c := host(front.Server)+"/ocp/release@"+s.digest.String(), cached(t)
	good(t, c.run(t, "info", pullSpec, "--insecure"))
	gone = true
	got := c.run(t, "verify", pullSpec, "--insecure", "--keyring", s.keyring, "--signature", s.signatures, "--jq", `.checks[]|select(.name=="digest-chain")|.result`)
	if got.code != 6 || got.out != "FAIL\n" {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
}

// A changed byte in a layer without the payload fails the digest chain too.
func TestVerifyReadsEveryLayer(t *testing.T) {
	s := signedRelease(t)
	changed := s.builder().WithBaseLayer(testrelease.File("usr/bin/a", "x")).WithStored(testrelease.LayerPart(0), func(data []byte) []byte {
		data = append([]byte{}, data...)
		data[len(data)/2] ^= 1
		return data
	})
	want(t, run(t, "images", layout(t, changed), "-o", "name"), 0, "etcd\n", "")
	got := run(t, "verify", layout(t, changed), "--offline", "--jq", `.checks[]|select(.name=="digest-chain")|.result`)
	if got.out != "FAIL\n" || got.code != 6 {
		t.Errorf("exit code %d, %s %s", got.code, got.out, got.err)
	}
}

// If a flag names a cluster that cannot be asked, the exit code says so. One that is only configured does not count.
func TestVerifyWithUnavailableCluster(t *testing.T) {
	s := signedRelease(t)
	trusted := []string{s.release, "--keyring", s.keyring, "--signature", s.signatures}
	c := testcluster.New(t)
	if got := s.results(t, 4, append(trusted, "--kubeconfig", c.Kubeconfig(t, "expired"))...); got != allGood {
		t.Errorf("an expired token: %s", got)
	}
	got := run(t, append([]string{"verify", "--insecure", "--kubeconfig", "/nowhere"}, trusted...)...)
	if got.code != 8 || got.out != "" {
		t.Errorf("a kubeconfig that is not there: exit code %d, %s", got.code, got.err)
	}
	got = run(t, append([]string{"verify", "--insecure", "--trust-cluster"}, s.release)...)
	if got.code != 2 || !strings.HasPrefix(got.err, "error: --trust-cluster: no cluster is configured") {
		t.Errorf("no cluster to trust: exit code %d, %s", got.code, got.err)
	}
}

// The cluster's administrator configured a signature store with its own CA certificate.
func TestVerifyWithStoresOfCluster(t *testing.T) {
	s := signedRelease(t)
	web := httptest.NewTLSServer(http.StripPrefix("/signatures", http.FileServer(http.Dir(s.signatures))))
	defer web.Close()
	caCertificate, _ := json.Marshal(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: web.Certificate().Raw})))
	c := testcluster.New(t).
		With("/api/v1/namespaces/openshift-config-managed/configmaps", `{"kind":"ConfigMapList"}`).
		With("/api/v1/namespaces/openshift-config/configmaps/store-ca", `{"kind":"ConfigMap","data":{"ca.crt":`+string(caCertificate)+`}}`).
		With(testcluster.ClusterVersion, `{"spec":{"signatureStores":[{"url":"`+web.URL+`/signatures","ca":{"name":"store-ca"}}]},"status":{"desired":{"version":"4.13.0"}}}`)
	got := run(t, "verify", s.release, "--insecure", "--keyring", s.keyring,
		"--kubeconfig", c.Kubeconfig(t, testcluster.Token), "--jq", `.checks[]|select(.name=="signature")|.result+" "+.reason`)
	if got.code != 0 || !strings.HasPrefix(got.out, "PASS ") || !strings.Contains(got.out, "found in "+web.URL+"/signatures/sha256=") {
		t.Errorf("exit code %d, %s %s", got.code, got.out, got.err)
	}
}

func TestVerifyComparesHashOfCluster(t *testing.T) {
	s := signedRelease(t)
	pullSpec := host(s.server) + "/ocp/release@" + s.digest.String()
	hash := strings.TrimSpace(good(t, run(t, "manifests", pullSpec, "--insecure", "--hash", "--feature-gates", "none")))
	for name, test := range map[string]struct {
		hash, image, want string
		code              int
	}{
		"the same":    {hash, pullSpec, "PASS the manifests are those that it loaded: " + hash, 0},
		"others":      {"AAAAAAAAAAA=", pullSpec, "FAIL it loaded other manifests: AAAAAAAAAAA=, these are " + hash, 6},
		"another one": {hash, host(s.server) + "/ocp/release@" + s.component.String(), "SKIPPED the cluster at HOST runs another release, 4.14.0 (" + host(s.server) + "/ocp/release@" + s.component.String() + ")", 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := testcluster.New(t).WithOperator().
				With(testcluster.ClusterVersion, `{"status":{"desired":{"version":"4.14.0","image":"`+test.image+`"},"versionHash":"`+test.hash+`","capabilities":{}}}`).
				With(testcluster.FeatureGate, `{"spec":{},"status":{"featureGates":[{"version":"4.14.0","enabled":[]}]}}`)
			got := run(t, "verify", s.release, "--insecure", "--keyring", s.keyring, "--signature", s.signatures,
				"--kubeconfig", c.Kubeconfig(t, testcluster.Token), "--jq", `.checks[]|select(.name=="payload-hash")|.result+" "+.reason`)
			if want := strings.ReplaceAll(test.want, "HOST", c.Host()); strings.TrimSpace(got.out) != want || got.code != test.code {
				t.Errorf("exit code %d\ngot  %s\nwant %s\n%s", got.code, got.out, want, got.err)
			}
		})
	}
}
