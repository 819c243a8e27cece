package plugin_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

func TestInfo(t *testing.T) {
	release := layout(t, small())
	digest := build(t, small()).Digest().String()
	got := good(t, run(t, "info", release))
	var trimmed []string
	for _, line := range strings.Split(got, "\n") {
		trimmed = append(trimmed, strings.TrimRight(line, " "))
	}
	want := `Name:           4.14.0
Digest:         ` + digest + `
Created:        ` + testrelease.Created().UTC().Format("2006-01-02T15:04:05Z") + `
OS/Arch:        linux/amd64
Manifests:      1
Metadata files: 1

Pull From: quay.io/openshift-release-dev/ocp-release@` + digest + `

Release Metadata:
  Version:  4.14.0
  Upgrades: 4.13.9, 4.13.10
URL
Component Versions:
  kubernetes 1.27.6

Images:
  NAME                    DIGEST
  etcd                    ` + digestOf("etcd") + `
  hyperkube               ` + digestOf("hyperkube") + `
  machine-config-operator ` + digestOf("machine-config-operator") + `
  pod                     ` + digestOf("pod") + `

`
	if i := strings.Index(strings.Join(trimmed, "\n"), "  Metadata:\n"); i >= 0 {
		rest := strings.Join(trimmed, "\n")[i:]
		want = strings.Replace(want, "URL\n", rest[:strings.Index(rest, "\n\n")+2], 1)
	} else {
		want = strings.Replace(want, "URL\n", "\n", 1)
	}
	if text := strings.Join(trimmed, "\n"); text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
	if arch := good(t, run(t, "info", release, "--jq", ".release.architecture")); arch != "amd64\n" {
		t.Errorf("architecture %q", arch)
	}
}

// On a narrow terminal, digests of components are shortened; the digest of the release is not.
func TestInfoOnTerminal(t *testing.T) {
	release := layout(t, small())
	piped := good(t, run(t, "info", release))
	if got := good(t, call{terminal: true, width: 200}.run(t, "info", release)); got != piped {
		t.Errorf("200 columns:\n%s", got)
	}
	got := good(t, call{terminal: true, width: 80}.run(t, "info", release))
	want := "  etcd                    " + digestOf("etcd")[:len("sha256:")+12] + "\n"
	if !strings.Contains(got, want) || !strings.Contains(got, build(t, small()).Digest().String()) {
		t.Errorf("%q is missing in\n%s", want, got)
	}
	if got := good(t, call{terminal: true, width: 80}.run(t, "info", release, "--pullspecs")); !strings.Contains(got, digestOf("etcd")) {
		t.Errorf("--pullspecs are short:\n%s", got)
	}
}
