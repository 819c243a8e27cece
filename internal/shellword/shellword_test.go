package shellword_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/shellword"
)

func TestQuote(t *testing.T) {
	for value, want := range map[string]string{
		"":                         "''",
		"quay.io/a/b@sha256:0":     "quay.io/a/b@sha256:0",
		"my file":                  "'my file'",
		"it's":                     `'it'\''s'`,
		"~/x":                      "'~/x'",
		"$(id)":                    "'$(id)'",
		"a\nb":                     "'a\nb'",
		"{a,b}":                    "'{a,b}'",
		"registry.example.com/m*":  "'registry.example.com/m*'",
		"[::1]:5000/ocp/release:1": "'[::1]:5000/ocp/release:1'",
	} {
		if got := shellword.Quote(value); got != want {
			t.Errorf("%q: got %s, want %s", value, got, want)
		}
	}
}

// A shell gives back every value as it was.
func FuzzQuote(f *testing.F) {
	for _, value := range []string{"", "a b", "'", `\`, "$HOME", "`id`", "*", "!!", "=x", "-n"} {
		f.Add(value)
	}
	sh, err := exec.LookPath("sh")
	if err != nil {
		f.Skip("no sh")
	}
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsRune(value, 0) {
			t.Skip("no argument has a NUL byte")
		}
		out, err := exec.Command(sh, "-c", "printf %s "+shellword.Join(value)).Output()
		if err != nil || string(out) != value && !strings.HasPrefix(value, "-") {
			t.Errorf("%q came back as %q, %v", value, out, err)
		}
	})
}
