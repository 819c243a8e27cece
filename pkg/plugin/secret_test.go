package plugin_test

import (
	"strings"
	"testing"
)

// No error shows a password, wherever the command line, the environment or a file has an address with one.
func TestErrorsShowNoPassword(t *testing.T) {
	const canary = "CANARY-8f1b"
	const host = "user:" + canary + "@127.0.0.1/ocp/release"
	conf := mirrorFile(t, "[[registry]]\nlocation = \""+host+"\"\n[[registry.mirror]]\nlocation = \""+host+"\"\n[[registry]]\nlocation = \"quay.invalid/ocp\"\nblocked = true\n")
	set := mirrorFile(t, "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nspec: {imageDigestMirrors: [{source: quay.invalid, mirrors: ['"+host+"']}]}\n")
	source := mirrorFile(t, "apiVersion: operator.openshift.io/v1alpha1\nkind: ImageContentSourcePolicy\nspec: {repositoryDigestMirrors: [{source: 'https://"+host+"', mirrors: []}]}\n")
	const fine = "quay.invalid/ocp/release:t"
	for name, args := range map[string][]string{
		"RELEASE":                       {"images", host + ":t"},
		"RELEASE with a scheme":         {"images", "docker://" + host},
		"RELEASE with another scheme":   {"images", "foo://" + host},
		"RELEASE over https":            {"images", "https://" + host},
		"RELEASE without a path":        {"images", "user:" + canary + "@quay.invalid"},
		"RELEASE that is long":          {"images", host + strings.Repeat("x", 5000)},
		"RELEASE with a blank":          {"images", "user:x " + canary + "@quay.invalid/r"},
		"RELEASE with two @":            {"images", "user:x@" + canary + "@quay.invalid/r"},
		"RELEASE with an @ and a slash": {"images", "user:x/y@" + canary + "@quay.invalid/r"},
		"RELEASE by a malformed digest": {"images", host + "@sha256:00"},
		"--release":                     {"images", "--release", host},
		"--release-repository":          {"images", "4.14.0", "--release-repository", host},
		"--release-repository as a URL": {"images", "4.14.0", "--release-repository", "https://" + host},
		"--release-image":               {"manifests", fine, "--release-image", host + ":t:t"},
		"--release-image as a URL":      {"manifests", fine, "--release-image", "https://" + host},
		"registries.conf":               {"images", fine, "--registries-conf", conf, "-v=6"},
		"mirror set":                    {"images", fine, "--idms-file", set, "-v=6"},
		"source of a policy":            {"images", fine, "--icsp-file", source, "-v=6"},
		"--to":                          {"mirror", fine, "--to", host},
		"--to as a URL":                 {"mirror", fine, "--to", "https://" + host},
		"--to with a tag":               {"mirror", fine, "--to", host + ":t"},
		"--to of oc-mirror":             {"mirror", fine, "--to", "user:" + canary + "@127.0.0.1", "--layout", "oc-mirror"},
		"--to-release-image":            {"mirror", fine, "--to", "127.0.0.1/x", "--to-release-image", host + ":t"},
		"--to-release-image as a URL":   {"mirror", fine, "--to", "127.0.0.1/x", "--to-release-image", "https://" + host},
		"RELEASE to mirror":             {"mirror", host + ":t", "--to", "127.0.0.1/x", "--progress", "json"},
		"JSON":                          {"images", "--error-format", "json", "--release", "foo://" + host},
	} {
		t.Run(name, func(t *testing.T) {
			got := run(t, args...)
			if got.code == 0 || got.err == "" {
				t.Errorf("exit code %d, stderr %q", got.code, got.err)
			}
			if strings.Contains(got.err+got.out, canary) {
				t.Errorf("the password is in %s%s", got.out, got.err)
			}
		})
	}
}
