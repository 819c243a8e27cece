package boundedfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "f")
	if err := os.WriteFile(name, []byte("abc"), 0o644); err != nil {
		t.Fatal(err)
	}
	if data, err := Read(name, 3); err != nil || string(data) != "abc" {
		t.Errorf("got %q, %v", data, err)
	}
	_, err := Read(name, 2)
	if long, ok := errors.AsType[*TooLongError](err); !ok || long.Limit != 2 || err.Error() != name+": it has more than the 2 bytes that are read" {
		t.Errorf("got %v", err)
	}
	if _, err := Read(dir, 3); err == nil || err.Error() != dir+" is not a file" {
		t.Errorf("got %v", err)
	}
	if _, err := Read(filepath.Join(dir, "missing"), 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
