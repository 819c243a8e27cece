package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// carried is a signed list of releases that was pulled into a layout. What it came from answers no more, and counts who asks.
type carried struct {
	source  *server
	release *testrelease.Release
	dir     string // of the layout
	archive string // the same as a tar file
	keys    []string
	key     *testsign.Key
	asked   atomic.Int64      // at the source and at its store of signatures, since it was pulled
	bodies  map[string][]byte // manifests of the source by digest
}

// carry pulls 4.14.0-multi with an image and a list of Docker's media types, a list of OCI's, and both kinds of signatures.
func carry(t *testing.T) *carried {
	t.Helper()
	authority := newAuthority(t)
	source, _ := bearer(t, authority, "")
	dir := t.TempDir()
	c := &carried{
		source: source, dir: filepath.Join(dir, "layout"), archive: filepath.Join(dir, "layout.tar"),
		key: testsign.NewKey(t, "release"), bodies: map[string][]byte{},
	}
	signer := testsign.NewSigner(t, "ed25519")
	var stopped atomic.Bool
	gone := func(w http.ResponseWriter, _ *http.Request) {
		c.asked.Add(1)
		w.WriteHeader(http.StatusGone)
	}
	signatures := http.NewServeMux()
	store := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if stopped.Load() {
			gone(w, r)
			return
		}
		signatures.ServeHTTP(w, r)
	}))
	store.TLS = authority.serve(t)
	store.StartTLS()
	t.Cleanup(store.Close)

	b := testrelease.New("4.14.0").
		WithManifest("0000_50_a_00_namespace.yaml", manifest).
		WithManifest(testsign.PolicyName, testsign.Policy(signer.PEM, "", source.host()+"/ocp")).
		WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{"verifier-public-key-x": testsign.Armored(t, c.key), "store-x": "https://signatures.example.invalid"}))
	images := testsign.NewImages()
	sign := func(path string, r *testrelease.Release) {
		for _, image := range r.Images {
			layer := signer.SignatureLayer(t, image.Manifest.Digest, source.host()+"/"+path)
			images.AddSignatures(t, oci.Repository{Host: source.host(), Path: path}, image.Manifest.Digest, layer)
		}
	}
	for name, component := range map[string]*testrelease.Builder{
		"docker":      testrelease.New("1.0.0").WithComponent("d").WithDockerMediaTypes(),
		"docker-list": testrelease.New("1.0.0").WithComponent("dl").WithDockerMediaTypes().WithList("amd64", "arm64"),
		"list":        testrelease.New("1.0.0").WithComponent("l").WithList("amd64", "arm64"),
	} {
		image := build(t, component.WithLabel("io.openshift.release", ""))
		if err := image.PushTo(source.Server, "ocp/art", name); err != nil {
			t.Fatal(err)
		}
		sign("ocp/art", image)
		b.WithComponent(name, testrelease.Image(source.host()+"/ocp/art@"+image.Root().Digest.String()))
	}
	c.release = build(t, b.WithList("amd64", "arm64"))
	if err := c.release.PushTo(source.Server, "ocp/release", "4.14.0-multi"); err != nil {
		t.Fatal(err)
	}
	sign("ocp/release", c.release)
	images.PushTo(t, source.Server)
	list := c.release.ListDigest()
	signatures.HandleFunc("/sha256="+list.Encoded()+"/signature-1", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(c.key.SignAtomic(t, list))
	})
	c.keys = []string{
		"--keyring", write(t, filepath.Join(t.TempDir(), "key.asc"), testsign.Armored(t, c.key)),
		"--key", write(t, filepath.Join(t.TempDir(), "cosign.pub"), signer.PEM),
	}
	for _, to := range []string{"oci:" + c.dir, "oci-archive:" + c.archive} {
		got := fresh(t).run(slices.Concat([]string{"pull", source.host() + "/ocp/release:4.14.0-multi", "--to", to, "--signature", store.URL}, c.keys, source.access(t))...)
		if got.code != 0 || got.err != "" {
			t.Fatalf("pull to %s: exit code %d, %s", to, got.code, got.err)
		}
	}
	c.readSource(t)
	source.fault = func(http.Handler) http.Handler { return http.HandlerFunc(gone) }
	stopped.Store(true)
	return c
}

// readSource reads from the source the manifests that index.json names, and those of the lists among them.
func (c *carried) readSource(t *testing.T) {
	t.Helper()
	client := c.source.client(t)
	fetch := func(ctx context.Context, d oci.Descriptor) (body []byte, mediaType string, err error) {
		for _, path := range []string{"ocp/release", "ocp/art"} {
			if body, mediaType, _, err = client.Source(c.source.repository(path)).Manifest(ctx, d.Digest.String()); err == nil {
				return body, mediaType, nil
			}
		}
		return nil, "", err
	}
	for _, e := range c.entries(t) {
		err := oci.Walk(t.Context(), oci.Descriptor{Digest: e.digest, Size: -1}, fetch, func(v oci.Visited) error {
			if v.Manifest != nil {
				c.bodies[v.Digest.String()] = v.Body
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// layoutEntry is an entry of index.json.
type layoutEntry struct {
	tag, mediaType string
	digest         digest.Digest
}

func (c *carried) entries(t *testing.T) (entries []layoutEntry) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct{ Manifests []oci.Descriptor }
	if err := json.Unmarshal(text, &index); err != nil {
		t.Fatal(err)
	}
	for _, d := range index.Manifests {
		entries = append(entries, layoutEntry{d.Annotations["org.opencontainers.image.ref.name"], d.MediaType, d.Digest})
	}
	return entries
}

// load is the command that loads the layout into a registry.
func (c *carried) load(t *testing.T, target *server, more ...string) []string {
	t.Helper()
	return slices.Concat([]string{"mirror", "--from", "oci:" + c.dir, "--to", target.host() + "/ocp/m"}, target.access(t), more)
}

// What was pulled is loaded where nothing but the target answers. It has the same bytes there, and all commands and other programs
// read it.
func TestCarriedReleases(t *testing.T) {
	c := carry(t)
	for kind, target := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			got := fresh(t).run(c.load(t, target, c.keys...)...)
			got.out = hideSizes(got.out)
			want(t, got, 0, "Copied 4.14.0 to "+target.host()+"/ocp/m:4.14.0-multi\n  Images:      4, and 7 signatures\n  Manifests:   17 copied, 0 were there\n"+
				"  Blobs:       19 copied (SIZE), 0 were there (SIZE)\n  Time:        0s\nNot copied: boot images and operator catalogs, which no release image contains\n", "")
			c.wantManifests(t, target)
			c.wantReadable(t, kind, target)
			c.wantCopies(t, target)
			if n := c.asked.Load(); n > 0 {
				t.Errorf("the source was asked %d times", n)
			}
		})
	}
}

// wantManifests compares the manifests of the target with the source's.
func (c *carried) wantManifests(t *testing.T, target *server) {
	t.Helper()
	repository := target.client(t).Source(target.repository("ocp/m"))
	var tags []string
	for _, e := range c.entries(t) {
		tags = append(tags, e.tag)
		body, mediaType, _, err := repository.Manifest(t.Context(), e.tag)
		if err != nil || !bytes.Equal(body, c.bodies[e.digest.String()]) || oci.ManifestType(mediaType) == "" {
			t.Errorf("%s: %v, %s, %s", e.tag, err, mediaType, body)
		}
	}
	if len(tags) != 11 || !slices.Contains(tags, "4.14.0-multi-docker") || !slices.Contains(tags, "sha256-"+c.release.Images[1].Manifest.Digest.Encoded()+".sig") {
		t.Errorf("tags %q", tags)
	}
}

// wantReadable reads the release from the target by the names that it had at the source.
func (c *carried) wantReadable(t *testing.T, kind string, target *server) {
	t.Helper()
	conf := ""
	for _, path := range []string{"ocp/release", "ocp/art"} {
		conf += "[[registry]]\nlocation = \"" + c.source.host() + "/" + path + "\"\n[[registry.mirror]]\nlocation = \"" + target.host() + "/ocp/m\"\ninsecure = true\n"
	}
	access := []string{"--registries-conf", write(t, filepath.Join(t.TempDir(), "registries.conf"), conf), "--authfile", authFile(t, target.host(), login(user, password))}
	if kind == "tokens" { // the mirror is insecure, its token server is not
		access = append(access, "--certificate-authority", target.authority.file)
	}
	reference := c.source.host() + "/ocp/release@" + c.release.ListDigest().String()

	got := fresh(t).run(append([]string{"images", reference, "-o", "pullspec"}, access...)...)
	want(t, got, 0, c.source.host()+"/ocp/art@"+c.digestOf(t, "docker")+"\n"+c.source.host()+"/ocp/art@"+c.digestOf(t, "docker-list")+"\n"+c.source.host()+"/ocp/art@"+c.digestOf(t, "list")+"\n", "")

	to := filepath.Join(t.TempDir(), "to")
	want(t, fresh(t).run(append([]string{"extract", reference, "--to", to}, access...)...), 0, "", "")
	if got, err := os.ReadFile(filepath.Join(to, "0000_50_a_00_namespace.yaml")); err != nil || string(got) != manifest {
		t.Errorf("%v: the manifest is\n%s", err, got)
	}

	const checks = `[.checks[]|select(.name != "payload-hash")|.name+"="+.result]|unique|join(" ")` // a list itself has no sigstore signature
	verify := slices.Concat([]string{"verify", reference, "--jq", checks, "--signature", filepath.Join(c.dir, "signatures")}, c.keys, access)
	want(t, fresh(t).run(verify...), 0, "digest-chain=PASS image=PASS references=PASS signature=PASS sigstore=PASS sigstore=SKIPPED version=SKIPPED\n", "")
}

// digestOf is the digest of a component.
func (c *carried) digestOf(t *testing.T, component string) string {
	t.Helper()
	for _, e := range c.entries(t) {
		if e.tag == "4.14.0-multi-"+component {
			return e.digest.String()
		}
	}
	t.Fatalf("there is no %s", component)
	return ""
}

// wantCopies copies every image from the target with skopeo, if it is there.
func (c *carried) wantCopies(t *testing.T, target *server) {
	t.Helper()
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Log("there is no skopeo to read the copies with")
		return
	}
	auth := authFile(t, target.host(), login(user, password))
	for _, e := range c.entries(t) {
		dir := t.TempDir()
		out, err := exec.Command(skopeo, "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", "--src-authfile", auth, "--src-cert-dir", filepath.Dir(target.authority.file),
			"docker://"+target.host()+"/ocp/m:"+e.tag, "dir:"+dir).CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", e.tag, err, out)
			continue
		}
		body, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
		if err != nil || !bytes.Equal(body, c.bodies[e.digest.String()]) {
			t.Errorf("%s: skopeo has %s, %v", e.tag, body, err)
		}
	}
}

// A payload that took the place of the signed one is refused, and nothing of it is pushed.
func TestCarriedReleasesThatWereReplaced(t *testing.T) {
	c, other := carry(t), open(t)
	replaced := build(t, testrelease.New("4.14.0").WithComponent("etcd").WithList("amd64", "arm64"))
	if err := replaced.PushTo(other.Server, "ocp/release", "4.14.0-multi"); err != nil {
		t.Fatal(err)
	}
	pull := slices.Concat([]string{"pull", other.host() + "/ocp/release:4.14.0-multi", "--to", "oci:" + c.dir, "--only-release", "--skip-signatures"}, other.access(t))
	want(t, fresh(t).run(pull...), 6, "", "error: oci:"+c.dir+":4.14.0-multi is "+c.release.ListDigest().String()+" at the target, and not "+
		replaced.ListDigest().String()+": nothing was copied; --force replaces it\n")
	if got := fresh(t).run(append(pull, "--force")...); got.code != 0 {
		t.Fatal(got.err)
	}
	keyring := c.keys[:2]
	for name, test := range map[string]struct {
		signature []byte
		want      string
	}{
		"unsigned":         {nil, "not signed: no signature of " + replaced.ListDigest().String() + " in oci:" + c.dir + ":4.14.0-multi\n"},
		"by another key":   {testsign.NewKey(t, "foreign").SignAtomic(t, replaced.ListDigest()), ", which is not in the keyring " + keyring[1] + "\n"},
		"of another image": {c.key.SignAtomic(t, c.release.ListDigest()), "it is about another image, " + c.release.ListDigest().String() + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(c.dir, "signatures", "sha256="+replaced.ListDigest().Encoded())
			if test.signature != nil {
				if err := os.MkdirAll(dir, 0o700); err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(dir, "signature-1"), string(test.signature))
				defer os.RemoveAll(dir)
			}
			target := open(t)
			var requests []string
			target.fault = func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					requests = append(requests, r.Method+" "+r.URL.Path)
					next.ServeHTTP(w, r)
				})
			}
			got := fresh(t).run(c.load(t, target, keyring...)...)
			if got.code != 6 || got.out != "" || !strings.HasPrefix(got.err, "error: nothing was copied: oci:"+c.dir+":4.14.0-multi: signature: ") || !strings.Contains(got.err, test.want) {
				t.Errorf("exit code %d, stdout %q, stderr %q", got.code, got.out, got.err)
			}
			if diff := cmp.Diff([]string(nil), requests); diff != "" {
				t.Errorf("requests to the target:\n%s", diff)
			}
		})
	}
	if n := c.asked.Load(); n > 0 {
		t.Errorf("the source was asked %d times", n)
	}
}
