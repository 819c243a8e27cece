package plugin

import (
	"bytes"
	"context"
	"strings"
	"testing"
)

func TestHelpFitsTheTerminal(t *testing.T) {
	for _, width := range []int{80, 100} {
		for _, command := range []string{"", "images", "env", "info", "manifests", "graph", "extract", "verify", "version"} {
			var out bytes.Buffer
			env := Environment{Streams: Streams{Out: &out, ErrOut: &out, Width: width}, Getenv: func(string) string { return "" }, Name: "oc release-x"}
			if code := Execute(context.Background(), env, append(strings.Fields(command), "--help")); code != 0 {
				t.Fatalf("%s: exit code %d", command, code)
			}
			if !strings.Contains(out.String(), "Usage:\n  oc release-x") {
				t.Errorf("%s: %s", command, out.String())
			}
			for _, line := range strings.Split(out.String(), "\n") {
				if len(line) > width && strings.HasPrefix(line, " ") && strings.Contains(strings.TrimSpace(line), " ") { // one word cannot be wrapped
					t.Errorf("%s --help in %d columns: %d: %s", command, width, len(line), line)
				}
			}
		}
	}
}
