package release

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// checkout is a repository with the files of this one.
type checkout struct{ dir string }

// newCheckout copies what this repository holds, changes that are not committed included, and tags it v0.1.0. Two
// copies are the same commit.
func newCheckout(t *testing.T, dir string) checkout {
	t.Helper()
	from, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	list := exec.CommandContext(t.Context(), "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = from
	for name := range strings.SplitSeq(strings.TrimSuffix(output(t, list), "\x00"), "\x00") {
		copyFile(t, filepath.Join(from, name), filepath.Join(dir, name))
	}
	c := checkout{dir: dir}
	c.git(t, "init", "--quiet", "--initial-branch=main")
	// goreleaser ignores the history of a repository that was not cloned.
	c.git(t, "remote", "add", "origin", "https://github.com/release-x/oc-release-x")
	c.commit(t, "All files", "v0.1.0")
	return c
}

// commit records the files as they are and tags them.
func (c checkout) commit(t *testing.T, message, tag string) {
	t.Helper()
	c.git(t, "add", "--all")
	c.git(t, "commit", "--quiet", "--allow-empty", "--message", message)
	c.git(t, "tag", tag)
}

func (c checkout) git(t *testing.T, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "git", args...)
	command.Dir, command.Env = c.dir, gitEnvironment()
	output(t, command)
}

// gitEnvironment is that of a user without a configuration, at one moment.
func gitEnvironment() []string {
	const when = "2026-01-02T03:04:05Z"
	return append(
		os.Environ(),
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null",
		"GIT_AUTHOR_NAME=test", "GIT_AUTHOR_EMAIL=test@example.org", "GIT_AUTHOR_DATE="+when,
		"GIT_COMMITTER_NAME=test", "GIT_COMMITTER_EMAIL=test@example.org", "GIT_COMMITTER_DATE="+when,
	)
}

// snapshot is what goreleaser made of a checkout.
type snapshot struct {
	checkout checkout
	version  string // without v
}

// build runs goreleaser for this machine's platform alone: all eight take many minutes.
func (tools tools) build(t *testing.T, c checkout) snapshot {
	t.Helper()
	return tools.buildWith(t, c, func(build map[string]any) { build["targets"] = []any{runtime.GOOS + "_" + runtime.GOARCH} })
}

// buildWith runs goreleaser after a change to the one build of its configuration.
func (tools tools) buildWith(t *testing.T, c checkout, change func(map[string]any)) snapshot {
	t.Helper()
	config := filepath.Join(t.TempDir(), "goreleaser.yml")
	writeFile(t, config, changeBuild(t, readFile(t, filepath.Join(c.dir, ".goreleaser.yml")), change))
	command := exec.CommandContext(t.Context(), tools.goreleaser, "release", "--config", config, "--snapshot", "--clean", "--skip=sbom,sign")
	command.Dir, command.Env = c.dir, gitEnvironment()
	output(t, command)
	var noted struct{ Version string }
	if err := json.Unmarshal([]byte(readFile(t, filepath.Join(c.dir, "dist", "metadata.json"))), &noted); err != nil {
		t.Fatal(err)
	}
	return snapshot{checkout: c, version: noted.Version}
}

// changeBuild gives a configuration with its one build changed.
func changeBuild(t *testing.T, config string, change func(map[string]any)) string {
	t.Helper()
	var document map[string]any
	if err := yaml.Unmarshal([]byte(config), &document); err != nil {
		t.Fatal(err)
	}
	builds, ok := document["builds"].([]any)
	if !ok || len(builds) != 1 {
		t.Fatal(".goreleaser.yml has not one build")
	}
	change(builds[0].(map[string]any))
	text, err := yaml.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// path is that of a file that was built.
func (s snapshot) path(name string) string { return filepath.Join(s.checkout.dir, "dist", name) }

func (s snapshot) archive() string { return s.stem() + ".tar.gz" }

func (s snapshot) deb() string { return s.stem() + ".deb" }

func (s snapshot) stem() string {
	return "oc-release-x_v" + s.version + "_" + runtime.GOOS + "_" + runtime.GOARCH
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if os.IsNotExist(err) {
		return // deleted, and not committed yet
	}
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, to, readFile(t, from))
	if err := os.Chmod(to, info.Mode().Perm()); err != nil {
		t.Fatal(err)
	}
}
