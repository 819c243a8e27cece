package release

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testKrew installs a snapshot from an index of our own with an empty home, upgrades to a later one and uninstalls it.
func testKrew(t *testing.T, tools tools, first, second snapshot) {
	user := newKrewUser(t, tools)
	platform := "-platforms=" + runtime.GOOS + "/" + runtime.GOARCH
	manifest := finishedManifest(t, first, platform)
	output(t, user.command(t, tools.krewCheck, "-manifest", manifest)) // installs it too

	user.publish(t, "release-x", readFile(t, manifest))
	user.kubectl(t, "krew", "update")
	user.kubectl(t, "krew", "install", "release-x")
	if got, want := user.version(t), "v"+first.version; got != want {
		t.Errorf("krew installed %s, want %s", got, want)
	}
	release := "oci:" + filepath.Join(first.checkout.dir, "examples", "release")
	got := user.kubectl(t, "release-x", "images", release)
	want := output(t, user.command(t, unpack(t, first), "images", release))
	if diff := cmp.Diff(want, got); diff != "" || !strings.Contains(got, "\netcd ") {
		t.Errorf("kubectl release-x images (-want +got):\n%s", diff)
	}

	user.publish(t, "release-x", readFile(t, finishedManifest(t, second, platform)))
	user.kubectl(t, "krew", "upgrade", "release-x")
	if got, want := user.version(t), "v"+second.version; got != want {
		t.Errorf("krew upgraded to %s, want %s", got, want)
	}

	user.kubectl(t, "krew", "uninstall", "release-x")
	if err := user.command(t, "kubectl", "release-x", "version").Run(); err == nil {
		t.Error("kubectl release-x still runs after krew uninstalled it")
	}
	for _, name := range []string{"bin/kubectl-release_x", "store/release-x"} {
		if _, err := os.Lstat(filepath.Join(user.root, name)); !os.IsNotExist(err) {
			t.Errorf("krew left %s: %v", name, err)
		}
	}
}

// finishedManifest is that of a snapshot whose archives are served on loopback. The flags are those of ./krew.
func finishedManifest(t *testing.T, s snapshot, flags ...string) string {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", append([]string{"run", "./krew", "-download", serve(t, s.path(""))}, flags...)...)
	command.Dir = s.checkout.dir
	return filepath.Join(s.checkout.dir, strings.TrimSpace(output(t, command)))
}

// krewUser has krew, an empty home, and one index.
type krewUser struct {
	home, root, path string
	index            checkout
}

func newKrewUser(t *testing.T, tools tools) krewUser {
	t.Helper()
	home, programs := t.TempDir(), t.TempDir()
	if err := os.Symlink(tools.krew, filepath.Join(programs, "kubectl-krew")); err != nil {
		t.Fatal(err)
	}
	root := filepath.Join(home, ".krew")
	path := strings.Join([]string{programs, filepath.Join(root, "bin"), os.Getenv("PATH")}, string(filepath.ListSeparator))
	index := checkout{dir: t.TempDir()}
	index.git(t, "init", "--quiet", "--initial-branch=main")
	return krewUser{home: home, root: root, path: path, index: index}
}

// publish puts a manifest into the index.
func (u krewUser) publish(t *testing.T, name, manifest string) {
	t.Helper()
	writeFile(t, filepath.Join(u.index.dir, "plugins", name+".yaml"), manifest)
	u.index.git(t, "add", "--all")
	u.index.git(t, "commit", "--quiet", "--message", "Publish "+name)
}

func (u krewUser) command(t *testing.T, program string, args ...string) *exec.Cmd {
	t.Helper()
	t.Setenv("PATH", u.path) // exec looks the program up here
	command := exec.CommandContext(t.Context(), program, args...)
	command.Dir = u.home
	command.Env = []string{
		"HOME=" + u.home, "PATH=" + u.path, "GIT_CONFIG_SYSTEM=/dev/null",
		"KREW_DEFAULT_INDEX_URI=" + u.index.dir, "KREW_NO_UPGRADE_CHECK=1",
	}
	return command
}

func (u krewUser) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return output(t, u.command(t, "kubectl", args...))
}

// version is what the plugin says it is, run by kubectl.
func (u krewUser) version(t *testing.T) string {
	t.Helper()
	return u.kubectl(t, "release-x", "version", "-o", "jsonpath={.version}")
}
