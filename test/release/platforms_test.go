package release

import (
	"archive/zip"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// standIn compiles nothing: the program that it builds is the name of its platform.
const standIn = `#!/bin/sh
[ "$1" = build ] || exec go "$@"
while [ $# -gt 0 ]; do
	[ "$1" != -o ] || out=$2
	shift
done
echo "$GOOS/$GOARCH" >"$out"
`

// TestEveryPlatform packs programs for all platforms, which are not compiled.
func TestEveryPlatform(t *testing.T) {
	tools := findTools(t)
	compiler := filepath.Join(t.TempDir(), "go")
	writeFile(t, compiler, standIn)
	if err := os.Chmod(compiler, 0o755); err != nil {
		t.Fatal(err)
	}
	s := tools.buildWith(t, newCheckout(t, t.TempDir()), func(build map[string]any) { build["gobinary"] = compiler })

	t.Run("files", func(t *testing.T) {
		var want []string
		for _, name := range []string{
			"linux_amd64.tar.gz", "linux_arm64.tar.gz", "linux_ppc64le.tar.gz", "linux_s390x.tar.gz",
			"linux_amd64.deb", "linux_arm64.deb", "linux_ppc64le.deb", "linux_s390x.deb",
			"darwin_amd64.tar.gz", "darwin_arm64.tar.gz", "windows_amd64.zip", "windows_arm64.zip",
		} {
			want = append(want, "oc-release-x_v"+s.version+"_"+name)
		}
		slices.Sort(want)
		if diff := cmp.Diff(want, checksummed(t, s)); diff != "" {
			t.Errorf("checksums.txt names (-want +got):\n%s", diff)
		}
	})
	t.Run("archive for Windows", func(t *testing.T) {
		want := map[string]string{
			"LICENSE": "-rw-r--r--", "README.md": "-rw-r--r--", "kubectl-release_x.exe": "-rwxr-xr-x",
			"kubectl_complete-release_x.cmd": "-rwxr-xr-x", "oc_complete-release_x.cmd": "-rwxr-xr-x",
		}
		if diff := cmp.Diff(want, zipEntries(t, s.path("oc-release-x_v"+s.version+"_windows_arm64.zip"))); diff != "" {
			t.Errorf("the archive holds (-want +got):\n%s", diff)
		}
	})
	t.Run("krew", func(t *testing.T) {
		manifest := finishedManifest(t, s)
		if got := strings.Count(readFile(t, manifest), "sha256: "); got != 7 {
			t.Errorf("the manifest has %d platforms, want 7: all that krew knows", got)
		}
		needs(t, "kubectl")
		// It installs the archive of every platform and looks for a licence.
		output(t, newKrewUser(t, tools).command(t, tools.krewCheck, "-manifest", manifest))
	})
}

// checksummed lists the files that checksums.txt names, sorted.
func checksummed(t *testing.T, s snapshot) []string {
	t.Helper()
	names := map[string]bool{}
	for line := range strings.Lines(readFile(t, s.path("checksums.txt"))) {
		_, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// zipEntries gives the mode of each file of an archive.
func zipEntries(t *testing.T, name string) map[string]string {
	t.Helper()
	reader, err := zip.OpenReader(name)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	entries := map[string]string{}
	for _, file := range reader.File {
		entries[file.Name] = file.Mode().String()
	}
	return entries
}
