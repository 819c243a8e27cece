//go:build unix

package plugin_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/release-x/oc-release-x/internal/testguard"
)

// Opening a named pipe without a writer never returns.
func TestTimeoutEndsOpeningOfPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	release := layout(t, small())
	for _, test := range []struct {
		reading string
		args    []string
	}{
		{": reading " + pipe + ", nothing has arrived", []string{"images", "file:" + pipe}},
		{": reading the files that name mirrors, nothing has arrived", []string{"images", "q.invalid/a/b:c", "--idms-file", pipe}},
		{": reading the files that name mirrors, nothing has arrived", []string{"images", "q.invalid/a/b:c", "--registries-conf", pipe}},
		{"", []string{"images", release, "-o", "go-template-file=" + pipe}},
		{"", []string{"images", release, "-o", "custom-columns-file=" + pipe}},
		{": reading --overrides " + pipe + ", nothing has arrived", []string{"manifests", release, "--overrides", pipe}},
	} {
		var got result
		testguard.Finishes(t, strings.Join(test.args, " "), func() { got = run(t, append(test.args, "--timeout=10ms")...) })
		// On a busy machine, the time may end before the pipe is opened. Then the error names no read.
		if test.reading != "" {
			got.err = strings.Replace(got.err, test.reading+"; another run would start from the beginning: allow more time", "", 1)
		}
		want(t, got, 5, "", "error: not finished within --timeout 10ms\n")
	}
}

// Completion offers nothing from a pipe that never ends.
func TestCompletionEndsOnPipes(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	testguard.Finishes(t, "completion", func() {
		if got := (call{}).complete(t, "images", "file:"+pipe, ""); got != ":4" {
			t.Errorf("got %s", got)
		}
	})
}
