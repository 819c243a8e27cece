package plugin_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testcluster"
	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
)

// verified has the fields that programs read of a verification.
type verified struct {
	Checks  []map[string]string `json:"checks"`
	Skipped []string            `json:"skipped"`
	Passed  *bool               `json:"passed"`
}

// short returns NAME=RESULT of every check, with the reason for which it was skipped.
func (v verified) short() string {
	var all []string
	for _, c := range v.Checks {
		text := c["name"] + "=" + c["result"]
		if because := c["skippedBecause"]; because != "" {
			text += "(" + because + ")"
		}
		all = append(all, text)
	}
	return strings.Join(all, " ")
}

// verify runs verify -o json and compares its exit code, its verdict and its checks.
func verify(t *testing.T, code int, checks, message string, args ...string) verified {
	t.Helper()
	got := run(t, append([]string{"verify", "-o", "json"}, args...)...)
	var v verified
	if err := json.Unmarshal([]byte(got.out), &v); err != nil {
		t.Fatalf("%v: %s%s", err, got.out, got.err)
	}
	if got.code != code || v.Passed == nil || *v.Passed != (code == 0) {
		t.Errorf("exit code %d, want %d; passed is %v", got.code, code, v.Passed)
	}
	if diff := cmp.Diff(checks, v.short()); diff != "" {
		t.Errorf("checks (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(message, got.err); diff != "" {
		t.Errorf("stderr (-want +got)\n%s", diff)
	}
	return v
}

const (
	noDigest   = "a signature covers a digest, and this source has none: read the release from a registry, a layout or an OCI archive"
	onPurpose  = "; --skip signature leaves that out on purpose\n"
	unverified = "digest-chain=SKIPPED(no-digest) version=SKIPPED(no-version) references=PASS signature=SKIPPED(no-digest) sigstore=SKIPPED(no-digest) image=SKIPPED(offline) payload-hash=SKIPPED(offline)"
)

// A source without a digest cannot be signed. An attacker may choose the format of an archive, so unsigned sources never
// pass.
func TestUnsignedSourcesNeverPass(t *testing.T) {
	dir := t.TempDir()
	archive, directory := filepath.Join(dir, "old.tar"), filepath.Join(dir, "directory")
	if err := build(t, ordered()).WriteDockerArchive(archive, "quay.io/a/b:c"); err != nil {
		t.Fatal(err)
	}
	if err := ordered().WriteDirectory(directory); err != nil {
		t.Fatal(err)
	}
	key := keyFile(t, testsign.NewKey(t, "release"))
	cluster := testcluster.New(t).Kubeconfig(t, testcluster.Token)
	for _, source := range []string{"docker-archive:" + archive, "dir:" + directory} {
		verify(t, 7, unverified, "error: "+source+": no signature could be checked: "+noDigest+onPurpose, source, "--offline")
		failed := strings.Replace(unverified, "signature=SKIPPED(no-digest)", "signature=FAIL", 1)
		for _, asked := range [][]string{{"--keyring", key}, {"--signature", dir}, {"--trust-cluster", "--kubeconfig", cluster}} {
			verify(t, 6, failed, "error: "+source+": a check failed\n", append(asked, source, "--offline")...)
		}
		left := strings.Replace(unverified, " signature=SKIPPED(no-digest)", "", 1)
		v := verify(t, 0, left, "", source, "--offline", "--skip", "signature")
		if diff := cmp.Diff([]string{"signature"}, v.Skipped); diff != "" {
			t.Error(diff)
		}
	}
}

// Without the network, a signature that is not stored cannot be checked. That is neither a failure nor a success.
func TestVerifyOfflineWithoutStoredSignature(t *testing.T) {
	key := testsign.NewKey(t, "release")
	b := ordered().WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{
		"verifier-public-key-x": testsign.Armored(t, key), "store-x": "https://signatures.example.com/x",
	}))
	release, signatures := layout(t, b), t.TempDir()
	checks := "digest-chain=PASS version=SKIPPED(no-version) references=PASS signature=SKIPPED(offline) sigstore=SKIPPED(no-key) image=SKIPPED(offline) payload-hash=SKIPPED(offline)"
	trusted := []string{release, "--offline", "--keyring", keyFile(t, key), "--signature", signatures}
	verify(t, 7, checks, "error: "+release+`: no signature could be checked: the release's store "https://signatures.example.com/x" was not asked: that needs the network; --signature names where one is stored, --skip signature leaves that out on purpose`+"\n", trusted...)
	d := build(t, b).Digest()
	writeSignature(t, signatures, d, key.SignAtomic(t, d))
	verify(t, 0, strings.Replace(checks, "signature=SKIPPED(offline)", "signature=PASS", 1), "", trusted...)
	// The keys of the cluster cannot be read.
	cluster := testcluster.New(t).Kubeconfig(t, testcluster.Token)
	verify(t, 7, checks, "error: "+release+": no signature could be checked: reading the cluster's keys: --offline was given, so no cluster is asked; --signature names where one is stored, --skip signature leaves that out on purpose\n",
		release, "--offline", "--trust-cluster", "--kubeconfig", cluster)
}

// A sigstore key alone does not change that. If another signature is checked, the given key still counts.
func TestVerifyOfflineWithSigstoreKey(t *testing.T) {
	c, p, key, signatures := watch(t), cached(t), testsign.NewKey(t, "release"), t.TempDir()
	r := c.push(t, layered().Clone().WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{
		"verifier-public-key-x": testsign.Armored(t, key), "store-x": "https://signatures.example.com/x",
	})), "ocp/release", "4.14.0")
	release := host(c.Server) + "/ocp/release:4.14.0"
	good(t, p.run(t, with("info", release)...))
	good(t, p.run(t, with("manifests", release, "--hash")...))
	public := filepath.Join(t.TempDir(), "cosign.pub")
	if err := os.WriteFile(public, []byte(testsign.NewSigner(t, "p256").PEM), 0o600); err != nil {
		t.Fatal(err)
	}
	args := with("verify", release, "--offline", "--key", public, "--keyring", keyFile(t, key), "--signature", signatures, "--jq", `[.checks[]|select(.name|startswith("sig"))|.name+"="+.result]|join(" ")`)
	const needs = "a sigstore signature is next to the image in its registry, and no registry is asked"
	got := p.run(t, args...)
	if got.code != 7 || got.out != "signature=SKIPPED sigstore=SKIPPED\n" || !strings.Contains(got.err, ": no signature could be checked: ") {
		t.Errorf("code %d, %s%s", got.code, got.out, got.err)
	}
	writeSignature(t, signatures, r.Digest(), key.SignAtomic(t, r.Digest()))
	want(t, p.run(t, args...), 7, "signature=PASS sigstore=SKIPPED\n",
		"error: "+release+": the check sigstore that you named keys for could not be made: "+needs+"; --skip sigstore leaves that out on purpose\n")
	want(t, p.run(t, append(args, "--skip", "sigstore")...), 0, "signature=PASS\n", "")
}

func TestVerifySkip(t *testing.T) {
	s := signedRelease(t)
	trusted := []string{s.release, "--insecure", "--keyring", s.keyring, "--signature", s.signatures}
	v := verify(t, 0, "digest-chain=PASS references=PASS signature=PASS payload-hash=SKIPPED(no-cluster)", "",
		append(trusted, "--skip", "version,image", "--skip", "sigstore", "--skip", "image")...)
	if diff := cmp.Diff([]string{"image", "sigstore", "version"}, v.Skipped); diff != "" {
		t.Error(diff)
	}
	verify(t, 0, "", "", s.release, "--insecure", "--skip", "digest-chain,version,references,signature,sigstore,image,payload-hash")
	want(t, run(t, "verify", "oci:/nowhere", "--skip", "signatures"), 2, "", "error: --skip \"signatures\" is not a check; did you mean signature?\n")
	want(t, run(t, "verify", "oci:/nowhere", "--skip", "x,y"), 2, "", "error: --skip \"x\" is not a check; checks are digest-chain, version, references, signature, sigstore, image, payload-hash\n")
	changed := layout(t, s.builder().WithStored(testrelease.PayloadPart, func(data []byte) []byte { return data[:len(data)-1] }))
	if got := run(t, "verify", changed, "--offline", "--skip", "digest-chain"); got.code != 6 || got.out != "" {
		t.Errorf("a broken chain, left out: exit code %d, %s%s", got.code, got.out, got.err)
	}
}

// A warning with --strict fails the verification.
func TestVerifyStrictDoesNotPass(t *testing.T) {
	s := signedRelease(t)
	release := strings.TrimSuffix(s.release, "4.14.0") + "4.15.0"
	if err := build(t, s.builder()).PushTo(s.server, "ocp/release", "4.15.0"); err != nil {
		t.Fatal(err)
	}
	checks := "digest-chain=PASS version=SKIPPED(tag) references=PASS signature=PASS sigstore=SKIPPED(no-key) image=PASS payload-hash=SKIPPED(no-cluster)"
	warning := "Warning: " + release + " is release 4.14.0, not 4.15.0\n"
	trusted := []string{release, "--insecure", "--keyring", s.keyring, "--signature", s.signatures}
	verify(t, 0, checks, warning, trusted...)
	verify(t, 7, checks, warning+"error: there was a warning, and --strict was given\n", append(trusted, "--strict")...)
}

// A mirror can serve an older release, which is signed too, under the name of a newer one.
func TestVerifyFailsIfVersionDiffers(t *testing.T) {
	key, signatures := testsign.NewKey(t, "release"), t.TempDir()
	server := testrelease.Registry(t)
	older := testrelease.New("9.9.1").WithComponent("etcd")
	for tag, b := range map[string]*testrelease.Builder{
		"9.9.2-x86_64": older, "9.9.1-x86_64": older, "9.9.1-s390x": older.Clone().WithArchitecture("arm64"), "9.9.1-multi": older, "9.9.3": older,
	} {
		r := build(t, b)
		if err := r.PushTo(server, "ocp/release", tag); err != nil {
			t.Fatal(err)
		}
		writeSignature(t, signatures, r.Digest(), key.SignAtomic(t, r.Digest()))
	}
	common := []string{"--insecure", "--release-repository", host(server) + "/ocp/release", "--keyring", keyFile(t, key), "--signature", signatures, "--skip", "image"}
	const others = " references=PASS signature=PASS sigstore=SKIPPED(no-key) payload-hash=SKIPPED(no-cluster)"
	for _, test := range []struct{ version, reason string }{
		{"9.9.1", ""},
		{"9.9.1-x86_64", ""},
		{"9.9.2", "9.9.2 is release 9.9.1, not 9.9.2"},
		{"9.9.2-x86_64", "9.9.2-x86_64 is release 9.9.1, not 9.9.2"},
		{"9.9.1-s390x", "9.9.1-s390x is an image for aarch64, not for s390x"},
		{"9.9.1-multi", "9.9.1-multi is an image for one architecture, not a list for several"},
		{"9.9.3", "9.9.3 is release 9.9.1, not 9.9.3"},
	} {
		t.Run(test.version, func(t *testing.T) {
			args := append([]string{test.version}, common...)
			if test.reason == "" {
				verify(t, 0, "digest-chain=PASS version=PASS"+others, "", args...)
				return
			}
			v := verify(t, 6, "digest-chain=PASS version=FAIL"+others, "error: "+test.version+": a check failed\n", args...)
			if got := v.Checks[1]["reason"]; got != test.reason {
				t.Errorf("got %s, want %s", got, test.reason)
			}
			// If the check is skipped, there is a warning as in other commands.
			got := run(t, append([]string{"verify"}, append(args, "--skip", "version")...)...)
			if got.code != 0 || got.err != "Warning: "+test.reason+"\n" {
				t.Errorf("without the check: exit code %d, %s", got.code, got.err)
			}
		})
	}
}

// A component referenced by a tag may change after the release was signed.
func TestVerifyFailsReferenceByTag(t *testing.T) {
	release := layout(t, testrelease.New("4.14.0").WithComponent("etcd").WithComponent("odd", testrelease.Image("quay.io/a/b:latest")))
	v := verify(t, 6, "references=FAIL", "Warning: the component \"odd\" is not referenced by a digest: \"quay.io/a/b:latest\"\nerror: "+release+": a check failed\n",
		release, "--offline", "--skip", "digest-chain,version,signature,sigstore,image,payload-hash")
	if got, want := v.Checks[0]["reason"], "odd is not referenced by a digest: quay.io/a/b:latest"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Reasons and warnings show no password of a pull spec in the release.
func TestVerifyShowsNoPassword(t *testing.T) {
	for _, image := range []string{"https://user:CANARY@127.0.0.1:1/a/b:c", "user:CANARY@127.0.0.1:1/a/b@sha256:" + strings.Repeat("0", 64)} {
		release := layout(t, testrelease.New("4.14.0").WithComponent("odd", testrelease.Image(image)))
		got := run(t, "verify", release, "--skip", "digest-chain,version,signature,sigstore,payload-hash", "-o", "json", "-v=9")
		if got.code != 6 || strings.Count(got.out, "***@127.0.0.1:1/a/b") != 2 || !strings.Contains(got.err, "***@127.0.0.1:1/a/b") || strings.Contains(got.out+got.err, "CANARY") {
			t.Errorf("code %d, %s%s", got.code, got.out, got.err)
		}
	}
}

// A cached release is verified without the network as far as possible. Reasons say what is missing.
func TestVerifyOfflineFromCache(t *testing.T) {
	key := testsign.NewKey(t, "release")
	b := ordered().WithManifest(testsign.VerificationName, testsign.Verification(map[string]string{
		"verifier-public-key-x": testsign.Armored(t, key), "store-x": "https://signatures.example.com/x",
	}))
	release, c := push(t, testrelease.Registry(t), b), cached(t)
	c.run(t, "verify", release, "--insecure", "--skip", "signature,sigstore,image")
	got := c.run(t, "verify", release, "--insecure", "--offline", "--keyring", keyFile(t, key), "--jq", ".passed")
	want(t, got, 7, "false\n", "error: "+release+`: no signature could be checked: the release's store "https://signatures.example.com/x" was not asked: that needs the network; `+
		"cache add keeps one for later, --signature names where one is stored, --skip signature leaves that out on purpose\n")
}
