//go:build unix

package plugin_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/release-x/oc-release-x/internal/testguard"
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
		var got result
		testguard.Finishes(t, strings.Join(args, " "), func() { got = run(t, append(args, "--timeout=10ms")...) })
		want(t, got, 5, "", "error: not done within --timeout 10ms\n")
	}
}
