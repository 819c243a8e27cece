package house_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestArchitectureNamesEveryPackage compares the tree of ARCHITECTURE.md with the packages of the module.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	_, rest, _ := strings.Cut(readFile(t, filepath.Join("..", "..", "ARCHITECTURE.md")), "```\n")
	tree, _, _ := strings.Cut(rest, "```\n")
	drawn, sources := directories(tree), readSources(t)
	delete(drawn, "internal/house") // it only has tests
	for _, name := range sortedKeys(drawn) {
		if inModule := strings.HasPrefix(name, "pkg/") || strings.HasPrefix(name, "internal/"); inModule && sources[name] == nil {
			t.Errorf("ARCHITECTURE.md draws %s, which is not a package", name)
		}
	}
	for _, name := range sortedKeys(sources) {
		if !drawn[name] {
			t.Errorf("ARCHITECTURE.md does not draw the package %s", name)
		}
	}
}

// TestPagesNameFilesThatExist checks that the source files in ARCHITECTURE.md and CONTRIBUTING.md exist. A path may lack pkg/ or
// pkg/payload/ at the beginning.
func TestPagesNameFilesThatExist(t *testing.T) {
	root := filepath.Join("..", "..")
	for _, page := range []string{"ARCHITECTURE.md", "CONTRIBUTING.md"} {
		for _, parts := range regexp.MustCompile("`([a-z0-9]+/[a-z0-9_/]+\\.go)`").FindAllStringSubmatch(readFile(t, filepath.Join(root, page)), -1) {
			exists := false
			for _, above := range []string{"", "pkg", "pkg/payload"} {
				_, err := os.Stat(filepath.Join(root, above, parts[1]))
				exists = exists || err == nil
			}
			if !exists {
				t.Errorf("%s names %s, which does not exist", page, parts[1])
			}
		}
	}
}

// directories returns the paths of a tree that indents each level by two spaces.
func directories(tree string) map[string]bool {
	found := map[string]bool{}
	var parents []string
	words := regexp.MustCompile(`^( *)((?:\.?[a-z0-9/_-]+/ *)+)`)
	for line := range strings.Lines(tree) {
		parts := words.FindStringSubmatch(line)
		if parts == nil || len(parts[1]) > 2*len(parents) {
			continue // the rest of a description
		}
		parents = parents[:len(parts[1])/2]
		above := strings.Join(parents, "")
		names := strings.Fields(parts[2])
		for _, name := range names {
			found[strings.TrimSuffix(above+name, "/")] = true
		}
		parents = append(parents, names[0])
	}
	return found
}
