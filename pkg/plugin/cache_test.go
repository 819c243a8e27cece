package plugin_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCacheList(t *testing.T) {
	c, run := watch(t), cached(t)
	want(t, run.run(t, "cache", "list"), 0, "", "No cache entries found.\n")
	r := c.push(t, layered(), "ocp/release", "4.14.0")
	release := host(c.Server) + "/ocp/release:4.14.0"
	good(t, run.run(t, with("info", release)...))
	good(t, run.run(t, with("manifests", release)...))
	c.asked()
	image := r.Images[0]
	got := good(t, run.run(t, "cache", "list", "--jq", `.items[] | "\(.digest) \(.content) \(.references | join(","))"`))
	expected := map[string]string{
		image.Manifest.Digest.String(): "manifest", image.Config.Digest.String(): "config",
		image.Layers[2].Digest.String(): "layer", image.Layers[3].Digest.String(): "layer",
	}
	lines := map[string]string{}
	for _, line := range strings.Split(strings.TrimSpace(got), "\n") {
		words := strings.Fields(line)
		lines[words[0]] = words[1]
		if len(words) != 3 || words[2] != release {
			t.Errorf("%q, want the release %s", line, release)
		}
	}
	if diff := cmp.Diff(expected, lines); diff != "" {
		t.Error(diff)
	}
	table := good(t, run.run(t, "cache", "list", "--sort-by", ".content"))
	if !regexp.MustCompile(`^DIGEST +KIND +SIZE +AGE +RELEASE\nsha256:[0-9a-f]{64} +config +\d+ +\d+s +` + regexp.QuoteMeta(release) + `\n`).MatchString(table) {
		t.Errorf("got %s", table)
	}
	if names := good(t, run.run(t, "cache", "list", "-o", "name")); strings.Count(names, "\n") != 4 {
		t.Errorf("got %s", names)
	}
	c.want(t)
}

func TestCacheClean(t *testing.T) {
	c, run := watch(t), cached(t)
	want(t, run.run(t, "cache", "clean", "--all"), 0, "deleted 0 files, 0 bytes\n", "")
	c.push(t, layered(), "ocp/release", "4.14.0")
	release := host(c.Server) + "/ocp/release:4.14.0"
	good(t, run.run(t, with("images", release)...))
	c.asked()
	for _, args := range []string{"", "--older-than 7d", "--older-than 1h30m"} {
		want(t, run.run(t, append([]string{"cache", "clean"}, strings.Fields(args)...)...), 0, "deleted 0 files, 0 bytes\n", "")
	}
	good(t, run.run(t, with("images", release)...))
	c.want(t, "HEAD tag")
	mine := filepath.Join(run.cacheDirectory(), "mine.txt")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := good(t, run.run(t, "cache", "clean", "--all")); !regexp.MustCompile(`^deleted 4 files, \d+(\.\d)?Ki bytes\n$`).MatchString(got) {
		t.Errorf("got %q", got)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Errorf("a file that is not the cache's was deleted: %v", err)
	}
	want(t, run.run(t, "cache", "list"), 0, "", "No cache entries found.\n")
	good(t, run.run(t, with("images", release)...))
	c.want(t, "GET tag", "GET payload")
	good(t, run.run(t, "cache", "clean", "--older-than", "0s"))
	want(t, run.run(t, "cache", "list"), 0, "", "No cache entries found.\n")
}

func TestCacheMistakes(t *testing.T) {
	run := cached(t)
	want(t, run.run(t, "cache", "lst"), 2, "", "error: unknown command \"lst\" for \"oc release-x cache\"; did you mean list?\n")
	want(t, run.run(t, "cache", "list", "x"), 2, "", "error: \"x\": oc release-x cache list takes no arguments; see `oc release-x cache list --help`\n")
	want(t, run.run(t, "cache", "clean", "--all", "--older-than", "7d"), 2, "", "error: --all and --older-than exclude each other: give one of them\n")
	for _, age := range []string{"7", "-1d", "d", "1e9d", "99999999999d", "-3h"} {
		want(t, run.run(t, "cache", "clean", "--older-than="+age), 2, "", "error: --older-than \""+age+"\": want a time such as 7d or 12h\n")
	}
	want(t, call{}.run(t, "cache", "list"), 8, "", "error: there is no cache: name its directory with --cache-dir\n")
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	want(t, run.run(t, "cache", "clean", "--all", "--cache-dir", dir), 8, "", "error: the cache: nothing is deleted: "+dir+" is writable by all users (mode 0777): run chmod o-w on it\n")
}
