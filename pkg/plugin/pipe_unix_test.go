//go:build unix

package plugin_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Opening a named pipe that nobody writes to never returns.
func TestTimeoutHoldsForPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	release := layout(t, small())
	for _, args := range [][]string{
		{"images", "file:" + pipe},
		{"images", "q.invalid/a/b:c", "--idms-file", pipe},
		{"images", "q.invalid/a/b:c", "--registries-conf", pipe},
		{"images", release, "-o", "go-template-file=" + pipe},
		{"images", release, "-o", "custom-columns-file=" + pipe},
		{"manifests", release, "--overrides", pipe},
	} {
		started := time.Now()
		want(t, run(t, append(args, "--timeout=10ms")...), 5, "", "error: not done within --timeout 10ms\n")
		if took := time.Since(started); took > 10*time.Second {
			t.Errorf("%s: it took %v", args, took)
		}
	}
}
