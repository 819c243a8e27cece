package house_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A test that measures time fails when the machine is busy. Inside testing/synctest the clock is not the machine's.
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

// Every number of FAULTS.md has tests of its name in the packages that its row names, and every such test a row.
func TestFaultsHaveTests(t *testing.T) {
	root := filepath.Join("..", "..")
	rows, tests := map[string][]string{}, map[string][]string{}
	row, place := regexp.MustCompile(`(?m)^\| (\d\d) \|.*\| ([^|]+) \|$`), regexp.MustCompile("`([^`]+)`")
	for _, match := range row.FindAllStringSubmatch(readFile(t, filepath.Join(root, "test", "FAULTS.md")), -1) {
		for _, folder := range place.FindAllStringSubmatch(match[2], -1) {
			rows[match[1]] = append(rows[match[1]], folder[1])
		}
	}
	name := regexp.MustCompile(`(?m)^func TestRow(\d\d)`)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		for _, match := range name.FindAllStringSubmatch(readFile(t, path), -1) {
			if folder = filepath.ToSlash(folder); !slices.Contains(tests[match[1]], folder) {
				tests[match[1]] = append(tests[match[1]], folder)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, folders := range tests {
		slices.Sort(folders)
	}
	if diff := cmp.Diff(rows, tests); diff != "" {
		t.Errorf("test/FAULTS.md and the tests differ (- row, + tests):\n%s", diff)
	}
}
