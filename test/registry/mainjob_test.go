package registry

import (
	"path/filepath"
	"strings"
	"testing"
)

const mirrorSet = `apiVersion: config.openshift.io/v1
kind: ImageDigestMirrorSet
metadata:
  name: releases
spec:
  imageDigestMirrors:
  - source: quay.invalid/ocp
    mirrors:
    - mirror.example.com/ocp
    mirrorSourcePolicy: NeverContactSource
`

// list returns the document of a release with its own name, not that of its mirror.
const list = `apiVersion: release-x.openshift.io/v1alpha1
items:
- aliases:
  - machine-config-etcd
  apiVersion: release-x.openshift.io/v1alpha1
  digest: ` + component + `
  groups:
  - bootstrap
  - control-plane
  image: quay.invalid/ocp/art@` + component + `
  kind: ComponentImage
  metadata:
    name: etcd
  purpose: etcd database
kind: ComponentImageList
metadata: {}
release:
  digest: THIS
  image: quay.invalid/ocp/release@THIS
  reference: quay.invalid/ocp/release@THIS
  version: 4.14.0
`

// All at once: a mirror with a token server and a private CA, behind a proxy. No name can be resolved without the proxy.
func TestMirrorTokensAndProxyTogether(t *testing.T) {
	s, tokens := bearer(t, newAuthority(t), "https://auth.example.com/token", "mirror.example.com", "auth.example.com")
	r := s.push(t, "quay.invalid")
	proxy := startProxy(t, map[string]string{
		"mirror.example.com:443": s.host(),
		"auth.example.com:443":   tokens.Listener.Addr().String(),
	}, s.add)
	c := fresh(t)
	c.env = map[string]string{"HTTPS_PROXY": proxy.URL}
	run := func(args ...string) result {
		got := c.run(append(args, "--release", "quay.invalid/ocp/release@"+r.Digest().String(),
			"--idms-file", write(t, filepath.Join(t.TempDir(), "idms.yaml"), mirrorSet),
			"--certificate-authority", s.authority.file,
			"--authfile", authFile(t, "mirror.example.com/ocp", login(user, password)))...)
		noSecret(t, got)
		return got
	}
	// again lists the requests of a run that has all but one part in its cache.
	again := func(what string) []string {
		return []string{
			"CONNECT mirror.example.com:443", what + " 401",
			"CONNECT auth.example.com:443", "GET token of repository:ocp/release:pull as puller", what + " 200",
		}
	}
	want(t, run("images"), 0, images, "")
	s.want(t, "CONNECT mirror.example.com:443", "GET image 401",
		"CONNECT auth.example.com:443", "GET token of repository:ocp/release:pull as puller",
		"GET image 200", "GET payload 200")
	want(t, run("images", "-o", "yaml"), 0, strings.ReplaceAll(list, "THIS", r.Digest().String()), "")
	s.want(t)
	want(t, run("info"), 0, strings.NewReplacer("HOST", "quay.invalid", "THIS", r.Digest().String()).Replace(info), "")
	s.want(t, again("GET config")...)
	want(t, run("manifests", "--hash", "--feature-gates", "none"), 0, hash, "")
	s.want(t, again("GET operator")...)
	want(t, run(append([]string{"verify", "--jq", `.checks[]|select(.name=="image")|.result+" "+.reason`}, sign(t, r)...)...), 0, "PASS present and pullable\n", "")
	s.wantSorted(t, append(again("GET image"), "HEAD config 200", "HEAD operator 200", "HEAD payload 200",
		"HEAD etcd 401", "GET token of repository:ocp/art:pull as puller", "HEAD etcd 200")...)
}
