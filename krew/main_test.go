package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// manifest is a finished manifest of one platform.
const manifest = `apiVersion: krew.googlecontainertools.github.com/v1alpha2
kind: Plugin
metadata:
  name: release-x
spec:
  caveats: |
    Run it as "kubectl release-x" or "oc release-x".

    The images of OpenShift Container Platform need a pull secret: give its file
    with --registry-config, or keep it where "podman login" writes.
  description: |
`

func TestRunWritesTheManifestOfARelease(t *testing.T) {
	dist := t.TempDir()
	all := ""
	for i, name := range []string{"linux_amd64.tar.gz", "linux_arm64.tar.gz", "linux_ppc64le.tar.gz", "darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "windows_amd64.zip", "windows_arm64.zip"} {
		all += fmt.Sprintf("%064x  oc-release-x_v1.2.3_%s\n", i+1, name)
	}
	write(t, filepath.Join(dist, "metadata.json"), `{"project_name":"oc-release-x","tag":"v1.2.3","version":"1.2.3"}`)
	write(t, filepath.Join(dist, "checksums.txt"), all)

	name, err := run("plugin.yaml", dist, "", "")
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dist, "krew", "release-x.yaml"); name != want {
		t.Errorf("wrote %s, want %s", name, want)
	}
	p, err := parseManifest([]byte(readFile(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	if err := check(p); err != nil {
		t.Error(err)
	}
	if p.Spec.Version != "v1.2.3" || len(p.Spec.Platforms) != 7 {
		t.Errorf("version %s with %d platforms, want v1.2.3 with 7", p.Spec.Version, len(p.Spec.Platforms))
	}
	last := p.Spec.Platforms[6]
	if got, want := last.URI, "https://github.com/release-x/oc-release-x/releases/download/v1.2.3/oc-release-x_v1.2.3_windows_arm64.zip"; got != want {
		t.Errorf("uri: %s\nwant %s", got, want)
	}
	if got, want := last.Sha256, fmt.Sprintf("%064x", 7); got != want {
		t.Errorf("sha256: %s\nwant %s", got, want)
	}
	if text := readFile(t, name); !strings.HasPrefix(text, manifest) {
		t.Errorf("the manifest begins with\n%.400s\nwant\n%s", text, manifest)
	}
}

func TestRunTakesPlatformsFromElsewhere(t *testing.T) {
	dist := t.TempDir()
	sum := strings.Repeat("a", 64)
	write(t, filepath.Join(dist, "metadata.json"), `{"version":"0.1.1-snapshot.abc"}`)
	write(t, filepath.Join(dist, "checksums.txt"), sum+"  oc-release-x_v0.1.1-snapshot.abc_linux_arm64.tar.gz\n")
	name, err := run("plugin.yaml", dist, "linux/arm64", "http://127.0.0.1:8080/x/")
	if err != nil {
		t.Fatal(err)
	}
	p, err := parseManifest([]byte(readFile(t, name)))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Spec.Platforms) != 1 {
		t.Fatalf("%d platforms, want 1", len(p.Spec.Platforms))
	}
	one := p.Spec.Platforms[0]
	if got, want := one.URI, "http://127.0.0.1:8080/x/oc-release-x_v0.1.1-snapshot.abc_linux_arm64.tar.gz"; got != want {
		t.Errorf("uri: %s\nwant %s", got, want)
	}
	if one.Sha256 != sum || one.name() != "linux/arm64" {
		t.Errorf("sha256 %s of %s, want %s of linux/arm64", one.Sha256, one.name(), sum)
	}
}

func TestRunRefuses(t *testing.T) {
	const metadata, checksum = `{"version":"1.2.3"}`, "00  oc-release-x_v1.2.3_linux_amd64.tar.gz\n"
	for name, test := range map[string]struct{ metadata, checksums, platforms, want string }{
		"an archive that was not built": {metadata, checksum, "", "checksums.txt has no oc-release-x_v1.2.3_linux_arm64.tar.gz, which the manifest names for linux/arm64"},
		"a platform without a manifest": {metadata, checksum, "linux/s390x", "the manifest has no platform linux/s390x"},
		"something else than checksums": {metadata, "<html>\n", "", `checksums.txt: "<html>" is not a checksum and file name`},
		"something else than metadata":  {"<html>", checksum, "", "reading metadata.json: invalid character '<' looking for beginning of value"},
	} {
		t.Run(name, func(t *testing.T) {
			dist := t.TempDir()
			write(t, filepath.Join(dist, "metadata.json"), test.metadata)
			write(t, filepath.Join(dist, "checksums.txt"), test.checksums)
			if _, err := run("plugin.yaml", dist, test.platforms, ""); err == nil || err.Error() != test.want {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
			if _, err := os.Stat(filepath.Join(dist, "krew")); err == nil {
				t.Error("something was written")
			}
		})
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
