package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The stripped program is at most this large.
const budget = 50_000_000 // bytes

// TestBinarySize builds the program, which takes as long as linking does: `make test-size` runs it.
func TestBinarySize(t *testing.T) {
	if os.Getenv("RELEASE_X_TEST_SIZE") == "" {
		t.Skip("RELEASE_X_TEST_SIZE is not set")
	}
	binary := filepath.Join(t.TempDir(), "oc-release-x")
	// Not -trimpath: it changes the size by little, and would compile every library once more.
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", binary, program)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d of %d bytes", info.Size(), budget)
	if info.Size() > budget {
		t.Errorf("the program has %d bytes, at most %d are allowed: `go version -m` and `go list -deps` show what came in", info.Size(), budget)
	}
}
