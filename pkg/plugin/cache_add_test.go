package plugin_test

import (
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// published is a release in a registry with both kinds of signatures, and the files with their keys.
type published struct {
	*traffic
	release      string // by tag
	digest       digest.Digest
	keyring, key string
	signatures   string
}

// publish pushes a signed release and the image of its one component into a registry.
func publish(t *testing.T) published {
	t.Helper()
	c := watch(t)
	component := c.push(t, testrelease.New("1.0.0").WithComponent("x"), "ocp/etcd", "t").Digest()
	r := c.push(t, layered().Clone().WithReferences(`{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.14.0"},"spec":{"tags":[`+
		`{"name":"etcd","from":{"kind":"DockerImage","name":"`+host(c.Server)+`/ocp/etcd@`+component.String()+`"}}]}}`), "ocp/release", "4.14.0")
	p := published{traffic: c, release: host(c.Server) + "/ocp/release:4.14.0", digest: r.Digest(), signatures: t.TempDir()}
	key, signer := testsign.NewKey(t, "release"), testsign.NewSigner(t, "p256")
	p.keyring, p.key = keyFile(t, key), filepath.Join(t.TempDir(), "cosign.pub")
	writeSignature(t, p.signatures, p.digest, key.SignAtomic(t, p.digest))
	if err := os.WriteFile(p.key, []byte(signer.PEM), 0o600); err != nil {
		t.Fatal(err)
	}
	images := testsign.NewImages()
	images.AddSignatures(t, oci.SplitRepository("r"), p.digest, signer.SignatureLayer(t, p.digest, "quay.io/ocp/release:4.14.0"))
	c.around = func(next http.Handler, _ string, w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		if m, ok := images.Manifests["r:"+name]; ok && strings.Contains(r.URL.Path, "/ocp/release/") {
			w.Header().Set("Content-Type", m.MediaType)
			w.Header().Set("Docker-Content-Digest", digest.FromBytes(m.Body).String())
			_, _ = w.Write(m.Body)
			return
		}
		if data, ok := images.Blobs[digest.Digest(name)]; ok {
			_, _ = w.Write(data)
			return
		}
		next.ServeHTTP(w, r)
	}
	return p
}

// After cache add, info, manifests and verify send no requests.
func TestCacheAdd(t *testing.T) {
	p, run := publish(t), cached(t)
	verify := []string{"verify", p.release, "--offline", "--keyring", p.keyring, "--key", p.key, "--jq", `[.checks[]|.name+"="+.result]|join(" ")`}
	info, manifests := good(t, cached(t).run(t, with("info", p.release)...)), good(t, cached(t).run(t, with("manifests", p.release)...))
	want(t, run.run(t, "cache", "add", p.release, "--insecure", "--signature", p.signatures), 0,
		"cached release 4.14.0 ("+p.digest.String()+"): 1 OpenPGP signatures, 1 sigstore signatures\n", "")
	p.asked()
	want(t, run.run(t, "info", p.release, "--offline"), 0, info, "")
	want(t, run.run(t, "manifests", p.release, "--offline"), 0, manifests, "")
	want(t, run.run(t, "manifests", p.release, "--offline", "--hash"), 0, good(t, cached(t).run(t, with("manifests --hash", p.release)...)), "")
	p.asked()
	want(t, run.run(t, verify...), 0, "digest-chain=PASS version=PASS references=PASS signature=PASS sigstore=PASS image=SKIPPED payload-hash=SKIPPED\n", "")
	p.want(t)
	want(t, run.run(t, "cache", "add", p.release, "--insecure", "--deep"), 0,
		"cached release 4.14.0 ("+p.digest.String()+"): 0 OpenPGP signatures, 1 sigstore signatures, 1 component manifests\n", "")
	if got := run.run(t, verify...); got.code != 0 {
		t.Errorf("signatures that were kept are gone: %d, %s%s", got.code, got.out, got.err)
	}
}

// A second run requests only what may have changed: the tag and the signatures.
func TestCacheAddAgain(t *testing.T) {
	p, run := publish(t), cached(t)
	for range 2 {
		p.asked()
		good(t, run.run(t, "cache", "add", p.release, "--insecure", "--deep"))
	}
	p.want(t, "HEAD /v2/ocp/release/manifests/"+strings.Replace(p.digest.String(), ":", "-", 1)+".sig", "HEAD tag")
}

func TestCacheAddMistakes(t *testing.T) {
	p, run := publish(t), cached(t)
	release := []string{"cache", "add", p.release, "--insecure"}
	want(t, run.run(t, append(release, "--no-cache")...), 2, "", "error: cache add writes to the cache, and --no-cache disables it: leave --no-cache out\n")
	want(t, run.run(t, append(release, "--offline")...), 2, "", "error: cache add downloads a release, and --offline forbids that: leave --offline out\n")
	other := layout(t, small())
	want(t, run.run(t, "cache", "add", other), 2, "", "error: "+other+": only releases from registries are cached; this one is local already\n")
	want(t, call{}.run(t, release...), 8, "", "error: there is no cache directory: name one with --cache-dir\n")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, run.run(t, append(release, "--cache-dir", file)...), 8, "", "error: release 4.14.0 cannot be cached: mkdir "+file+": not a directory\n")
	p.around = func(next http.Handler, _ string, w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".sig") || strings.Contains(r.URL.Path, "/ocp/etcd/") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	}
	got := run.run(t, append(release, "--deep")...)
	if got.code != 7 || !strings.HasPrefix(got.err, "error: release 4.14.0 is not cached completely: looking for a signature: ") || !strings.HasSuffix(got.err, "; and 1 more\n") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
}
