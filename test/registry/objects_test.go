package registry

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"
)

// What mirror writes beside a loaded release is enough to read and to verify it by its names at the source, which does not answer:
// for this program with each kind of file, and for skopeo.
func TestFilesForClustersOfCarriedReleases(t *testing.T) {
	c := carry(t)
	for kind, target := range map[string]*server{"open": open(t), "htpasswd": basic(t)} {
		t.Run(kind, func(t *testing.T) {
			dir := t.TempDir()
			got := fresh(t).run(c.load(t, target, append(c.keys, "--manifests-to", dir, "--insecure")...)...)
			if got.code != 0 || got.err != "" {
				t.Fatalf("exit code %d, %s", got.code, got.err)
			}
			auth := authFile(t, target.host(), login(user, password))
			for name, access := range map[string][]string{
				"registries.conf": {"--registries-conf", filepath.Join(dir, "registries.conf"), "--authfile", auth},
				"idms.yaml":       append(target.access(t), "--idms-file", filepath.Join(dir, "idms.yaml")),
			} {
				t.Run(name, func(t *testing.T) { c.wantReadableThrough(t, dir, access) })
			}
			t.Run("skopeo", func(t *testing.T) { c.wantReadableBySkopeo(t, dir, auth) })
		})
	}
	if n := c.asked.Load(); n > 0 {
		t.Errorf("the source was asked %d times", n)
	}
}

func (c *carried) wantReadableThrough(t *testing.T, dir string, access []string) {
	t.Helper()
	reference := c.source.host() + "/ocp/release@" + c.release.ListDigest().String()
	want(t, fresh(t).run(append([]string{"images", reference, "-o", "name"}, access...)...), 0, "docker\ndocker-list\nlist\n", "")
	want(t, fresh(t).run(append([]string{"extract", reference, "--to", filepath.Join(t.TempDir(), "to")}, access...)...), 0, "", "")
	const failed = `[.checks[]|select(.result != "PASS")|.name]|unique|join(" ")`
	verify := slices.Concat([]string{"verify", reference, "--jq", failed, "--signature", filepath.Join(dir, "signatures")}, c.keys, access)
	want(t, fresh(t).run(verify...), 0, "payload-hash sigstore version\n", "") // skipped: there is no cluster, lists have no sigstore signature, no version was asked for
}

// wantReadableBySkopeo copies images that a policy requires to be signed, and the release by its tag. A build of skopeo that does not
// know such signatures copies them without a policy.
func (c *carried) wantReadableBySkopeo(t *testing.T, dir, auth string) {
	t.Helper()
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Skip("there is no skopeo")
	}
	policy := []string{"--policy", write(t, filepath.Join(t.TempDir(), "policy.json"), c.policy(t))}
	for name, d := range map[string]digest.Digest{
		"release@" + c.release.Images[0].Manifest.Digest.String(): c.release.Images[0].Manifest.Digest,
		"art@" + c.digestOf(t, "docker"):                          digest.Digest(c.digestOf(t, "docker")),
		"release:4.14.0-multi":                                    c.release.ListDigest(),
	} {
		to := t.TempDir()
		copied := func(policy ...string) (out []byte, err error) {
			return exec.CommandContext(t.Context(), skopeo, slices.Concat(policy, []string{
				"--registries.d", filepath.Join(dir, "registries.d"), "--registries-conf", filepath.Join(dir, "registries.conf"),
				"copy", "--quiet", "--all", "--preserve-digests", "--remove-signatures", "--src-authfile", auth, "docker://" + c.source.host() + "/ocp/" + name, "dir:" + to,
			})...).CombinedOutput()
		}
		signed := policy
		if d == c.release.ListDigest() {
			signed = []string{"--insecure-policy"} // a list has no signature
		}
		out, err := copied(signed...)
		if err != nil && bytes.Contains(out, []byte("sigstore disabled")) {
			t.Log("skopeo does not know sigstore signatures")
			out, err = copied("--insecure-policy")
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
			continue
		}
		body, err := os.ReadFile(filepath.Join(to, "manifest.json"))
		if err != nil || digest.FromBytes(body) != d {
			t.Errorf("%s: skopeo has %s, %v", name, body, err)
		}
	}
}

// policy is a policy.json that requires signatures of images of the source.
func (c *carried) policy(t *testing.T) string {
	t.Helper()
	text, err := json.Marshal(map[string]any{
		"default": []any{map[string]any{"type": "reject"}},
		"transports": map[string]any{"docker": map[string]any{c.source.host() + "/ocp": []any{map[string]any{
			"type": "sigstoreSigned", "keyPath": c.keys[3], "signedIdentity": map[string]any{"type": "matchRepository"},
		}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
