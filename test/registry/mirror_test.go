package registry

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// releaseOf is 4.14.0-multi, a list, in a registry, with a component that consists of three layers.
func (s *server) releaseOf(t *testing.T) *testrelease.Release {
	t.Helper()
	component := build(t, testrelease.New("1.0.0").WithBaseLayer(testrelease.File("a", "a")).WithBaseLayer(testrelease.File("b", "b")).WithComponent("x"))
	if err := component.PushTo(s.Server, "ocp/art", "etcd"); err != nil {
		t.Fatal(err)
	}
	release := build(t, testrelease.New("4.14.0").WithComponent("etcd", testrelease.Image(s.host()+"/ocp/art@"+component.Digest().String())).WithList("amd64", "arm64"))
	if err := release.PushTo(s.Server, "ocp/release", "4.14.0-multi"); err != nil {
		t.Fatal(err)
	}
	return release
}

// TestMirror copies a release from each kind of registry to each kind. skopeo reads all images from the target.
func TestMirror(t *testing.T) {
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		t.Log("there is no skopeo to read the copies with")
	}
	for from, source := range kinds(t) {
		release := source.releaseOf(t)
		for to, target := range targets(t) {
			t.Run(from+" to "+to, func(t *testing.T) {
				auth := authFile(t, source.host(), login(user, password), target.host(), login(user, password))
				ca := bundle(t, source, target)
				run, args := fresh(t), []string{"mirror", source.host() + "/ocp/release:4.14.0-multi", "--to", target.host() + "/ocp/m", "--authfile", auth, "--certificate-authority", ca}
				const blobs = "7 copied (SIZE), 0 were there (SIZE)"
				summary := func(manifests, blobs string) string {
					return "Copied 4.14.0 to " + target.host() + "/ocp/m:4.14.0-multi\n  Images:      2, and 0 signatures\n  Manifests:   " + manifests +
						"\n  Blobs:       " + blobs + "\n  Time:        0s\nNot copied: boot images and operator catalogs, which no release image contains\n"
				}
				got := run.run(args...)
				got.out = hideSizes(got.out)
				want(t, got, 0, summary("4 copied, 0 were there", blobs), "")
				got = run.run(args...)
				got.out = hideSizes(got.out)
				want(t, got, 0, summary("0 copied, 4 were there", "0 copied (SIZE), 0 were there (SIZE)"), "")
				if skopeo == "" {
					return
				}
				for tag, digest := range map[string]string{"4.14.0-multi": release.ListDigest().String(), "4.14.0-multi-etcd": ""} {
					dir := t.TempDir()
					out, err := exec.Command(skopeo, "--insecure-policy", "copy", "--quiet", "--all", "--preserve-digests", "--src-authfile", auth, "--src-cert-dir", filepath.Dir(ca),
						"docker://"+target.host()+"/ocp/m:"+tag, "dir:"+dir).CombinedOutput()
					if err != nil {
						t.Errorf("%s: %v\n%s", tag, err, out)
					}
					if digest == "" {
						continue
					}
					out, err = exec.Command(skopeo, "manifest-digest", filepath.Join(dir, "manifest.json")).Output()
					if err != nil || strings.TrimSpace(string(out)) != digest {
						t.Errorf("%s: skopeo read %s, %v", tag, out, err)
					}
				}
			})
		}
	}
}

// bundle writes the CA certificates of registries into one file.
func bundle(t *testing.T, servers ...*server) string {
	t.Helper()
	var certificates []byte
	for _, s := range servers {
		data, err := os.ReadFile(s.authority.file)
		if err != nil {
			t.Fatal(err)
		}
		certificates = append(certificates, data...)
	}
	return write(t, filepath.Join(t.TempDir(), "ca.crt"), string(certificates))
}

// hideSizes hides sizes, which differ because the payload has a port in it, and how long it took.
func hideSizes(text string) string {
	text = regexp.MustCompile(`\([\d.]+[KM]?i?\)`).ReplaceAllString(text, "(SIZE)")
	return regexp.MustCompile(`(?m)^(  Time:        )\S+$`).ReplaceAllString(text, "${1}0s")
}
