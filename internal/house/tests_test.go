package house_test

import (
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
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
