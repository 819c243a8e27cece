package house_test

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unclearPhrases lists phrases that make a sentence hard to read, each with what to write instead.
func unclearPhrases() map[string]string {
	return map[string]string{
		"who" + "ever":       "name the person or program",
		"told " + "of":       "reported, or in a warning",
		"tells " + "of":      "reports",
		"goes " + "without":  "does not use it",
		"nobody " + "said":   "unknown",
		"but " + "for":       "except",
		"for " + "who":       "for users who",
		"what " + "becomes":  "name the result",
		"what " + "came of":  "name the result",
		"holds " + "to that": "checks it",
	}
}

func TestSourcesAndPagesUsePlainEnglish(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			// Tools and results of the build are not part of the repository.
			if name == "bin" || name == "dist" || name == "testdata" || strings.HasPrefix(name, ".") && path != root {
				return fs.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") || strings.HasSuffix(name, ".md") {
			for _, line := range unclear(readFile(t, path)) {
				t.Errorf("%s: %s", path, line)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestUnclear(t *testing.T) {
	text := "package x\n\n// Keep returns a task, but\n// for a read it returns nil. For whom?\nfunc f() {\n\terr(\"Who" + "ever\")\n}\n"
	want := []string{"but " + "for: write plainly (except)", "who" + "ever: write plainly (name the person or program)"}
	if got := unclear(text); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// unclear returns the unclear phrases of a text, even if a line of a comment ends within a phrase.
func unclear(text string) []string {
	text = regexp.MustCompile(`\s+(//\s*)?`).ReplaceAllString(text, " ")
	var found []string
	for _, phrase := range sortedKeys(unclearPhrases()) {
		if regexp.MustCompile(`(?i)\b` + phrase + `\b`).MatchString(text) {
			found = append(found, fmt.Sprintf("%s: write plainly (%s)", phrase, unclearPhrases()[phrase]))
		}
	}
	return found
}
