package plugin_test

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// commands lists the commands with a help of their own.
var commands = []string{"images", "env", "info", "manifests", "graph", "extract", "diff", "verify", "version", "cache", "cache list", "cache clean", "cache add", "options", "help"}

func TestHelpFitsTheTerminal(t *testing.T) {
	for _, width := range []int{60, 80, 100} {
		for _, args := range append([]string{"", "options", "help release"}, commands...) {
			if args != "options" && args != "help release" {
				args += " --help"
			}
			out := good(t, call{width: width, terminal: true}.run(t, strings.Fields(args)...))
			for _, line := range strings.Split(out, "\n") {
				if utf8.RuneCountInString(line) > width {
					t.Errorf("%s in %d columns: a line has %d: %s", args, width, utf8.RuneCountInString(line), line)
				}
			}
		}
	}
}

// The help and the prompt fit on a screen of 80x24, even with six more commands.
func TestHelpOfProgramFitsScreen(t *testing.T) {
	const toCome = 6
	for _, name := range []string{"oc release-x", "kubectl release-x"} {
		c := call{width: 80, terminal: true, name: name}
		out := good(t, c.run(t))
		if lines := strings.Count(out, "\n") + toCome + 2; lines > 24 {
			t.Errorf("%s: %d lines with the command and the prompt:\n%s", name, lines, out)
		}
		for _, want := range []string{"\nUsage:    " + name + " COMMAND", "\nExample:  " + name + " images ", "\nRead   ", "\nCheck  check ", "\nOther  cache, "} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, out)
			}
		}
		if again := good(t, c.run(t, "--help")); again != out {
			t.Errorf("%s --help differs:\n%s", name, again)
		}
	}
}

// The help of a command has its examples before its own flags, and no flags of every command.
func TestHelpOfCommand(t *testing.T) {
	for _, command := range []string{"images", "env", "info", "manifests", "graph", "extract", "diff", "verify", "check", "cache list", "cache clean", "cache add"} {
		out := good(t, call{width: 80, terminal: true}.run(t, append(strings.Fields(command), "--help")...))
		examples, flags, usage := strings.Index(out, "\nExamples:\n"), strings.Index(out, "\nFlags:\n"), strings.Index(out, "\nUsage:\n  oc release-x "+command)
		if examples < 0 || flags < examples || usage < flags {
			t.Errorf("%s: examples at %d, flags at %d, usage at %d", command, examples, flags, usage)
		}
		if strings.Contains(out, "--kubeconfig") || strings.Contains(out, "--authfile") {
			t.Errorf("%s: the flags of every command are listed:\n%s", command, out)
		}
	}
}

// Command lines in examples break where a shell continues reading. A flag stays with its value.
func TestExamplesAreWrappedForTheShell(t *testing.T) {
	out := good(t, call{width: 60, terminal: true}.run(t, "extract", "--help"))
	const want = "\n  oc release-x extract 4.14.0 --credentials-requests \\\n    --cloud aws --included --to requests\n"
	if !strings.Contains(out, want) {
		t.Errorf("%q is missing in\n%s", want, out)
	}
}

func TestFormsOfRelease(t *testing.T) {
	out := good(t, run(t, "help", "release"))
	for _, form := range []string{"4.14.0-x86_64 ", "HOST/REPO:TAG ", "oci:DIR ", "oci-archive:FILE ", "docker-archive:FILE", "dir:DIR ", "file:FILE ", "\n  - ", "$OCP_RELEASE_IMAGE", "--release "} {
		if !strings.Contains(out, form) {
			t.Errorf("%q is missing in\n%s", form, out)
		}
	}
}
