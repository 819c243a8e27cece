package completion_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/completion"
)

func TestScripts(t *testing.T) {
	seen := 0
	for system, call := range map[string]string{"linux": ` release-x __complete "$@"`, "darwin": ` release-x __complete "$@"`, "windows": " release-x __complete %*"} {
		for _, name := range completion.Names(system) {
			content, err := completion.Scripts.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			tool, _, _ := strings.Cut(name, "_")
			if text := string(content); !strings.Contains(text, tool+call) || !strings.Contains(text, completion.Mark) {
				t.Errorf("%s: %s", name, text)
			}
			seen++
		}
	}
	if entries, err := completion.Scripts.ReadDir("."); err != nil || seen != 6 || len(entries) != 4 {
		t.Errorf("%d names, %d files, %v", seen, len(entries), err)
	}
}
