package house_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A test that measures time fails on a busy machine. Tests with testing/synctest have a clock of their own.
func TestNoTestMeasuresTime(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") || entry.Name() == "tests_test.go" {
			return err
		}
		text := readFile(t, path)
		if strings.Contains(text, "time.Since(") && !strings.Contains(text, `"testing/synctest"`) {
			t.Errorf("%s: time.Since: count requests, bytes or allocations, and leave what hangs to internal/testguard", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// FAULTS.md has a table of faults and a table of the tests that check them. Every fault has tests and every test in the
// table exists, so a renamed test has to be renamed there too.
func TestFaultsHaveTests(t *testing.T) {
	root := filepath.Join("..", "..")
	text := readFile(t, filepath.Join(root, "test", "FAULTS.md"))
	faults, tests, found := strings.Cut(text, "\n## Tests\n")
	if !found {
		t.Fatal("test/FAULTS.md has no section Tests")
	}
	tested := map[string]bool{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d\d) \|`).FindAllStringSubmatch(faults, -1) {
		tested[row[1]] = false
	}
	name := regexp.MustCompile("`(Test[A-Za-z0-9_]+)`")
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d\\d) \\| `([^`]+)` \\| (.+) \\|$").FindAllStringSubmatch(tests, -1) {
		number, directory := row[1], row[2]
		if _, isFault := tested[number]; !isFault {
			t.Errorf("test/FAULTS.md: tests of %s, which is no fault", number)
		}
		declared := testNames(t, filepath.Join(root, filepath.FromSlash(directory)))
		for _, match := range name.FindAllStringSubmatch(row[3], -1) {
			if !declared[match[1]] {
				t.Errorf("test/FAULTS.md: fault %s: %s has no %s", number, directory, match[1])
			}
			tested[number] = true
		}
	}
	for _, number := range sortedKeys(tested) {
		if !tested[number] {
			t.Errorf("test/FAULTS.md: fault %s has no tests", number)
		}
	}
}

// Tests are named for the behaviour, so that their names stay true when rows of FAULTS.md change.
func TestNoTestIsNamedAfterARow(t *testing.T) {
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		if name := regexp.MustCompile(`(?m)^func (TestRow\d\w*)`).FindStringSubmatch(readFile(t, path)); name != nil {
			t.Errorf("%s: name %s for what it checks", path, name[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// testNames returns the names of the tests in a directory.
func testNames(t *testing.T, directory string) map[string]bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(directory, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, file := range files {
		for _, match := range regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9_]+)\(`).FindAllStringSubmatch(readFile(t, file), -1) {
			names[match[1]] = true
		}
	}
	return names
}
