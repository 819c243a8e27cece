package release

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testPackage installs the package with dpkg into an empty root, runs what it installed, and removes it.
func testPackage(t *testing.T, s snapshot) {
	needs(t, "dpkg")
	if os.Getuid() != 0 {
		t.Skip("dpkg installs as root alone")
	}
	root := t.TempDir()
	for _, dir := range []string{"info", "updates", "triggers"} {
		if err := os.MkdirAll(filepath.Join(root, "var/lib/dpkg", dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	writeFile(t, filepath.Join(root, "var/lib/dpkg/status"), "")
	dpkg(t, root, "--install", s.path(s.deb()))

	want := []string{
		"usr/bin/kubectl-release_x -rwxr-xr-x",
		"usr/bin/kubectl_complete-release_x -rwxr-xr-x",
		"usr/bin/oc-release_x -> kubectl-release_x",
		"usr/bin/oc_complete-release_x -rwxr-xr-x",
		"usr/share/doc/oc-release-x/README.md -rw-r--r--",
		"usr/share/doc/oc-release-x/copyright -rw-r--r--",
	}
	if diff := cmp.Diff(want, installed(t, root)); diff != "" {
		t.Errorf("the package installs (-want +got):\n%s", diff)
	}
	for _, name := range []string{"oc-release_x", "kubectl-release_x"} {
		program := filepath.Join(root, "usr/bin", name)
		if got, want := output(t, exec.CommandContext(t.Context(), program, "version", "-o", "jsonpath={.version}")), "v"+s.version; got != want {
			t.Errorf("%s: version %q, want %q", name, got, want)
		}
	}
	status := output(t, exec.CommandContext(t.Context(), "dpkg-query", "--admindir", filepath.Join(root, "var/lib/dpkg"),
		"--show", "--showformat", "${Package} ${Version} ${Architecture} ${db:Status-Status}"))
	// A version that is before the release to come: dpkg sorts ~ before everything.
	if want := "oc-release-x " + strings.Replace(s.version, "-", "~", 1) + " " + debianArchitecture() + " installed"; status != want {
		t.Errorf("dpkg knows %q, want %q", status, want)
	}

	dpkg(t, root, "--remove", "oc-release-x")
	if left := installed(t, root); len(left) > 0 {
		t.Errorf("removing the package leaves %q", left)
	}
}

func dpkg(t *testing.T, root string, args ...string) {
	t.Helper()
	output(t, exec.CommandContext(t.Context(), "dpkg", append([]string{"--root", root, "--force-script-chrootless", "--log=/dev/null"}, args...)...))
}

// installed lists the files below usr.
func installed(t *testing.T, root string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(filepath.Join(root, "usr"), func(path string, entry fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			found = append(found, name+" -> "+target)
			return err
		}
		found = append(found, name+" "+info.Mode().String())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// debianArchitecture is what Debian calls this machine's.
func debianArchitecture() string {
	if runtime.GOARCH == "ppc64le" {
		return "ppc64el"
	}
	return runtime.GOARCH
}
