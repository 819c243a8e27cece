package house_test

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A tag can be moved to other code after it was read, a commit cannot. An action without a commit needs a comment that
// says why.
func TestWorkflowsPinActions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("..", "..", ".github", "workflows", "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no workflows: %v", err)
	}
	for _, file := range files {
		for _, line := range unpinned(readFile(t, file)) {
			t.Errorf("%s: %s: pin it by commit, with the version as a comment", filepath.Base(file), line)
		}
	}
}

func TestUnpinned(t *testing.T) {
	const commit = "3d3c42e5aac5ba805825da76410c181273ba90b1"
	for text, want := range map[string]string{
		"- uses: a/b@" + commit + " # v1.2.3":            "",
		"- uses: a/b/c@" + commit + " # v1.2.3":          "",
		"- uses: a/b@" + commit:                          "uses: a/b@" + commit,
		"- uses: a/b@v1":                                 "uses: a/b@v1",
		"# By its tag, because of this.\n- uses: a/b@v1": "",
		"# Anything.\n- uses: a/b@v1":                    "uses: a/b@v1",
	} {
		if got := strings.Join(unpinned(text), ", "); got != want {
			t.Errorf("%q: found %q, want %q", text, got, want)
		}
	}
}

// unpinned returns the actions of a workflow that are not pinned by commit.
func unpinned(workflow string) []string {
	pinned := regexp.MustCompile(`^uses: [\w./-]+@[0-9a-f]{40} # v\d`)
	var found []string
	before := ""
	for line := range strings.Lines(workflow) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "- ")
		if strings.HasPrefix(line, "uses: ") && !pinned.MatchString(line) && !strings.HasPrefix(before, "# By its tag") {
			found = append(found, line)
		}
		before = line
	}
	return found
}
