package plugin_test

import (
	"crypto/sha256"
	"encoding/pem"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
)

func TestMirrorCopiesSignatures(t *testing.T) {
	for name, test := range map[string]struct {
		flags               []string
		release, components string // repositories at the target
	}{
		"oc":        {[]string{"--to", "TARGET/ocp/m"}, "ocp/m", "ocp/m"},
		"oc-mirror": {[]string{"--to", "TARGET", "--layout", "oc-mirror"}, "openshift/release-images", "openshift/release"},
		"elsewhere": {[]string{"--to", "TARGET/ocp/m", "--to-release-image", "TARGET/ocp/r"}, "ocp/r", "ocp/m"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCopies(t)
			r := c.push(t, c.release(t, "4.14.0", c.scopes(), "a", "b"), "4.14.0-x86_64")
			a, b := componentDigest(t, "a"), componentDigest(t, "b")
			c.sign(t, "ocp/release", r.Digest())
			c.sign(t, "ocp/art", a)
			c.sign(t, "ocp/art", b)
			got := c.run(t, append(test.flags, "SOURCE/ocp/release:4.14.0-x86_64")...)
			if got.code != 0 || got.err != "" {
				t.Fatalf("exit code %d, %s", got.code, got.err)
			}
			sameManifest(t, c.source, "ocp/release/manifests/"+sigTag(r.Digest()), c.target, test.release+"/manifests/"+sigTag(r.Digest()))
			for _, d := range []string{sigTag(a), sigTag(b)} {
				sameManifest(t, c.source, "ocp/art/manifests/"+d, c.target, test.components+"/manifests/"+d)
			}
			seen := map[string]int{}
			for _, repository := range []string{test.release, test.components} {
				seen[repository] = len(tags(t, c.target.Server, repository))
			}
			want := map[string]int{test.release: 2, test.components: 4}
			if test.release == test.components {
				want = map[string]int{test.release: 6}
			}
			if diff := cmp.Diff(want, seen); diff != "" {
				t.Errorf("tags (-want +got):\n%s", diff)
			}
		})
	}
}

// A list has no signature. Each of its children has one.
func TestMirrorCopiesSignaturesOfChildren(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", c.scopes()[:1], "a").WithList("amd64", "arm64"), "4.14.0-multi")
	for _, image := range r.Images {
		c.sign(t, "ocp/release", image.Manifest.Digest)
	}
	got := c.run(t, "SOURCE/ocp/release:4.14.0-multi", "--to", "TARGET/ocp/m")
	want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-multi"}, 2, 2, 6, 0, "9 copied (SIZE), 0 were there (SIZE)", ""), "")
	for _, image := range r.Images {
		sameManifest(t, c.source, "ocp/release/manifests/"+sigTag(image.Manifest.Digest), c.target, "ocp/m/manifests/"+sigTag(image.Manifest.Digest))
	}
	if diff := cmp.Diff([]string{"4.14.0-multi", "4.14.0-multi-a"}, tags(t, c.target.Server, "ocp/m")[:2]); diff != "" {
		t.Error(diff)
	}
}

func TestMirrorListsMissingSignatures(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", c.scopes(), "a", "b"), "4.14.0")
	a, b := componentDigest(t, "a"), componentDigest(t, "b")
	c.sign(t, "ocp/art", a)
	missing := "SOURCE/ocp/art has no tag " + sigTag(b)
	args := []string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m"}

	got := c.run(t, append(args, "--require-signatures")...)
	want(t, got, 6, "", "error: nothing was copied, because of --require-signatures: "+missing+"; and 1 more\n")
	wantRequests(t, "target", c.target.asked(), map[string]int{"HEAD manifest": 1, "GET tags": 1})

	got = c.run(t, args...)
	want(t, got, 7, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 3, 1, 4, 0, "9 copied (SIZE), 0 were there (SIZE)", "  Missing signatures:\n    "+missing+"\n    SOURCE/ocp/release has no tag "+sigTag(r.Digest())+"\n"),
		"error: everything was copied, but clusters of this release require signatures that the source does not have: "+missing+"; and 1 more\n")

	c.sign(t, "ocp/art", b)
	c.sign(t, "ocp/release", r.Digest())
	got = c.run(t, args...)
	want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 3, 3, 2, 4, "2 copied (SIZE), 1 were there (SIZE)", ""), "")
}

func TestMirrorOfReleasesThatDemandNoSignature(t *testing.T) {
	c := newCopies(t)
	c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14.0")
	got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--require-signatures")
	want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 0, 2, 0, "5 copied (SIZE), 0 were there (SIZE)", ""), "")
	// A policy for other clusters demands none either.
	c.push(t, c.release(t, "4.14.1", nil, "a").WithManifest(testsign.PolicyName, testsign.Policy(c.signer.PEM, "TechPreviewNoUpgrade", c.scopes()...)), "4.14.1")
	got = c.run(t, "SOURCE/ocp/release:4.14.1", "--to", "TARGET/ocp/m", "--require-signatures")
	want(t, got, 0, summary([]string{"4.14.1 to TARGET/ocp/m:4.14.1-x86_64"}, 2, 0, 2, 0, "2 copied (SIZE), 3 were there (SIZE)", ""), "")
}

func TestMirrorSkipsSignatures(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", c.scopes(), "a"), "4.14.0")
	c.sign(t, "ocp/release", r.Digest())
	got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--skip-signatures")
	want(t, got, 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 0, 2, 0, "5 copied (SIZE), 0 were there (SIZE)", "  Signatures:  left out (--skip-signatures)\n"), "")
	if diff := cmp.Diff([]string{"4.14.0-x86_64", "4.14.0-x86_64-a"}, tags(t, c.target.Server, "ocp/m")); diff != "" {
		t.Error(diff)
	}
}

// A release with a signature that is not valid is refused before any blob but those of its payload is read.
func TestMirrorRefusesInvalidSignatures(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", c.scopes(), "a"), "4.14.0")
	trusted := testsign.NewSigner(t, "ed25519")
	c.signer = testsign.NewSigner(t, "p256")
	key := writeFile(t, "cosign.pub", trusted.PEM)
	c.sign(t, "ocp/release", r.Digest())
	got := c.run(t, "SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m", "--key", key)
	want(t, got, 6, "", "error: nothing was copied: SOURCE/ocp/release:4.14.0: sigstore: SOURCE/ocp/release:"+sigTag(r.Digest())+
		", layer 1: it is not signed by the key sha256:"+keyID(t, trusted)+": by another one, or it was changed\n")
	wantRequests(t, "target", c.target.asked(), map[string]int{})
	wantRequests(t, "source", c.source.asked(), map[string]int{"GET manifest": 2, "GET blob": 3})
}

// A signature can be added at any time. The target gets it, and loses none.
func TestMirrorReplacesSignaturesBySupersets(t *testing.T) {
	c := newCopies(t)
	r := c.push(t, c.release(t, "4.14.0", nil, "a"), "4.14.0")
	a, second := componentDigest(t, "a"), testsign.NewSigner(t, "p256")
	args := []string{"SOURCE/ocp/release:4.14.0", "--to", "TARGET/ocp/m"}
	c.sign(t, "ocp/release", r.Digest())
	c.sign(t, "ocp/art", a)
	if got := c.run(t, args...); got.code != 0 {
		t.Fatal(got.err)
	}
	path := "ocp/m/manifests/" + sigTag(a)
	_, small := get(t, c.target.Server, "/v2/"+path)
	same := func() {
		t.Helper()
		sameManifest(t, c.source, "ocp/art/manifests/"+sigTag(a), c.target, path)
	}
	same()
	c.sign(t, "ocp/art", a, second)
	want(t, c.run(t, args...), 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 2, 1, 3, "0 copied (SIZE), 2 were there (SIZE)", ""), "")
	same()
	_, big := get(t, c.target.Server, "/v2/"+path)
	if err := testrelease.PushManifest(c.source.Server, "ocp/art", sigTag(a), testrelease.MediaTypeOCIManifest, small); err != nil {
		t.Fatal(err)
	}
	want(t, c.run(t, args...), 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 2, 0, 4, "0 copied (SIZE), 0 were there (SIZE)", ""), "")
	if _, now := get(t, c.target.Server, "/v2/"+path); string(now) != string(big) {
		t.Errorf("the target has %s", now)
	}
	// Those of a trusted key replace what is there.
	key := writeFile(t, "cosign.pub", c.signer.PEM)
	want(t, c.run(t, append(args, "--key", key)...), 0, summary([]string{"4.14.0 to TARGET/ocp/m:4.14.0-x86_64"}, 2, 2, 1, 3, "0 copied (SIZE), 2 were there (SIZE)", ""), "")
	same()
}

// keyID is the SHA-256 of a public key.
func keyID(t *testing.T, s testsign.Signer) string {
	t.Helper()
	block, _ := pem.Decode([]byte(s.PEM))
	return fmt.Sprintf("%x", sha256.Sum256(block.Bytes))
}

// The OpenPGP signature that mirror found is in the cache for verify --offline.
func TestMirrorKeepsOpenPGPSignatures(t *testing.T) {
	p, run := publish(t), cached(t)
	good(t, run.run(t, "mirror", p.release, "--to", host(testrelease.Registry(t))+"/mirror/release", "--insecure",
		"--keyring", p.keyring, "--signature", p.signatures, "--key", p.key))
	good(t, run.run(t, "cache", "add", p.release, "--insecure")) // finds no OpenPGP signature
	want(t, run.run(t, "verify", p.release, "--offline", "--keyring", p.keyring, "--jq", `.checks[]|select(.name == "signature")|.result`), 0, "PASS\n", "")
}

func TestMirrorRefusesOffline(t *testing.T) {
	got := run(t, "mirror", "4.14.0", "--to", "registry.example.com/ocp/release", "--offline")
	want(t, got, 2, "", "error: mirror copies releases over the network, and --offline forbids that: leave --offline out; see `oc release-x mirror --help`\n")
}
