package main

import (
	"strings"
	"testing"
)

// Each manifest is the real one with one thing broken, so that a rule that cannot fail shows.
func TestBrokenManifests(t *testing.T) {
	const zeros = `"0000000000000000000000000000000000000000000000000000000000000000"`
	tests := []struct {
		name, old, new, want string
	}{
		{"old API", "v1alpha2", "v1alpha1", `apiVersion: "krew.googlecontainertools.github.com/v1alpha1", want`},
		{"other kind", "kind: Plugin", "kind: Receipt", `kind: "Receipt", want "Plugin"`},
		{"underscore in the name", "name: release-x", "name: release_x", `metadata.name: "release_x" is not`},
		{"path in the name", "name: release-x", "name: ../release-x", `metadata.name: "../release-x" is not`},
		{"another name", "name: release-x", "name: release-y", `metadata.name: "release-y", want "release-x"`},
		{"version without v", "version: v0.1.0", "version: 0.1.0", `version: "0.1.0" does not begin with v`},
		{"version of two numbers", "version: v0.1.0", "version: v0.1", `version: "v0.1": No Major.Minor.Patch elements found`},
		{"no short description", "shortDescription: Read, compare and mirror OpenShift releases", "shortDescription: ''", "shortDescription: empty"},
		{"line break in the short description", "shortDescription: Read, compare and mirror OpenShift releases", `shortDescription: "Read\nand"`, "shortDescription: more than one line"},
		{"long short description", "Read, compare and mirror", "Read, compare, verify, extract, explain, save and mirror", "shortDescription: a line of 75 characters"},
		{"long description", "    images by name", "    a line that goes on and on beyond what a terminal shows; images by name", "description: a line of"},
		{"unknown field of the spec", "caveats: |", "caveat: |", `unknown field "caveat"`},
		{"homepage by http", "homepage: https:", "homepage: http:", `homepage: "http://github.com/release-x/oc-release-x" is no https`},
		{"unknown field", "kind: Plugin", "kind: Plugin\nextra: true", `unknown field "extra"`},
		{"duplicate key", "kind: Plugin", "kind: Plugin\nkind: Plugin", `key "kind" already set`},
		{"upper-case sha256", zeros, `"` + strings.Repeat("A", 64) + `"`, "is not 64 lower-case hex digits"},
		{"short sha256", zeros, `"0000"`, `sha256: "0000" is not 64`},
		{"sha256 with its name", zeros, `"sha256:` + strings.Repeat("0", 64) + `"`, "is not 64 lower-case hex digits"},
		{"uri by http", "uri: https:", "uri: http:", "is no https address"},
		{"archive in rar", "windows_amd64.zip", "windows_amd64.rar", "of a .tar.gz or .zip"},
		{"name with a hyphen", "bin: kubectl-release_x\n", "bin: kubectl-release-x\n", `bin: "kubectl-release-x", want "kubectl-release_x"`},
		{"no .exe", "bin: kubectl-release_x.exe", "bin: kubectl-release_x", `bin: "kubectl-release_x", want "kubectl-release_x.exe"`},
		{"program in a directory", "bin: kubectl-release_x\n", "bin: bin/kubectl-release_x\n", "is not at the top of the archive"},
		{"empty files", "bin: kubectl-release_x\n", "bin: kubectl-release_x\n      files: []\n", "files: given but empty"},
		{"file without a target", "bin: kubectl-release_x\n", "bin: kubectl-release_x\n      files:\n        - from: a\n", "files: from and to"},
		{"architecture that krew does not know", "arch: arm64", "arch: s390x", "is no platform of krew's"},
		{"two for one platform", "arch: arm64", "arch: amd64", "linux/amd64 is selected by platforms[0] too"},
		{"overlap by a missing architecture", "          os: linux\n          arch: arm64", "          os: linux", "linux/amd64 is selected by platforms[0] too"},
		{"other selector key", "os: linux", "system: linux", `key "system" is neither os nor arch`},
		{"empty selector", "        matchLabels:\n          os: linux\n          arch: amd64", "        matchLabels: {}", "selector: empty"},
	}
	text := readFile(t, "plugin.yaml")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			broken := strings.Replace(text, test.old, test.new, 1)
			if broken == text {
				t.Fatalf("the manifest has no %q to break", test.old)
			}
			p, err := parseManifest([]byte(broken))
			if err == nil {
				err = check(p)
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error with %q", err, test.want)
			}
		})
	}
	t.Run("no platforms", func(t *testing.T) {
		head, _, _ := strings.Cut(text, "  platforms:")
		p, err := parseManifest([]byte(head))
		if err != nil {
			t.Fatal(err)
		}
		if err := check(p); err == nil || !strings.Contains(err.Error(), "platforms: none") {
			t.Errorf("got %v, want an error with %q", err, "platforms: none")
		}
	})
}
