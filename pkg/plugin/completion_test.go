package plugin_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/completion"
)

// Each script completes both names of the program; test/completion runs the scripts in the shells.
func TestCompletionScripts(t *testing.T) {
	for shell, registered := range map[string][]string{
		"bash":       {"complete -o default -F __start_oc-release_x oc-release_x\n", "complete -o default -F __start_kubectl-release_x kubectl-release_x\n", "\n__release_x_hook kubectl\n"},
		"zsh":        {"#compdef oc-release_x\n", "compdef _kubectl-release_x kubectl-release_x\n", "compdef _release_x_complete $tool\n"},
		"fish":       {"complete -c oc-release_x ", "complete -c kubectl-release_x ", "complete -c $tool -n __release_x_typed "},
		"powershell": {"Register-ArgumentCompleter -CommandName 'oc-release_x'", "Register-ArgumentCompleter -CommandName 'kubectl-release_x'"},
	} {
		script := good(t, run(t, "completion", shell))
		for _, text := range registered {
			if !strings.Contains(script, text) {
				t.Errorf("%s: the script lacks %q", shell, text)
			}
		}
	}
	want(t, run(t, "completion", "korn"), 2, "", "error: unknown command \"korn\" for \"oc release-x completion\"; see `oc release-x completion --help`\n")
	want(t, run(t, "completion", "bash", "x"), 2, "", "error: \"x\": oc release-x completion bash takes no arguments; see `oc release-x completion bash --help`\n")
}

// script returns the content of a script in a directory.
func script(t *testing.T, dir, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func TestCompletionInstall(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("other names and no modes: see TestScripts in completion")
	}
	names := completion.Names(runtime.GOOS)
	written := func(dir string) string {
		return "wrote " + filepath.Join(dir, names[0]) + "\nwrote " + filepath.Join(dir, names[1]) + "\n"
	}
	bin, other := t.TempDir(), filepath.Join(t.TempDir(), "new", "bin")
	if err := os.WriteFile(filepath.Join(bin, "kubectl-release_x"), nil, 0o700); err != nil {
		t.Fatal(err)
	}
	path := map[string]string{"PATH": ":relative:/nowhere:" + bin}

	want(t, call{env: path}.run(t, "completion", "install"), 0, written(bin), "")
	if got, want := script(t, bin, "kubectl_complete-release_x"), "\nexec kubectl release-x __complete \"$@\"\n"; !strings.HasSuffix(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
	if info, err := os.Stat(filepath.Join(bin, "oc_complete-release_x")); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}

	// Scripts of other versions are overwritten.
	if err := os.WriteFile(filepath.Join(bin, names[0]), []byte("#!/bin/sh\n# "+completion.Mark+"as it once did\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, call{env: path}.run(t, "completion", "install", bin), 0, written(bin), "")
	if got := script(t, bin, names[0]); strings.Contains(got, "once") {
		t.Errorf("the old script is still there: %s", got)
	}
	if info, err := os.Stat(filepath.Join(bin, names[0])); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}

	want(t, call{env: path}.run(t, "completion", "install", other), 0,
		written(other)+other+" is not on the PATH: oc and kubectl run the scripts once it is\n", "")
}

func TestCompletionInstallKeepsOtherFiles(t *testing.T) {
	names := completion.Names(runtime.GOOS)
	for name, make := range map[string]func(path string) error{
		"a file":      func(path string) error { return os.WriteFile(path, []byte("mine"), 0o600) },
		"a directory": func(path string) error { return os.Mkdir(path, 0o700) },
		"a link":      func(path string) error { return os.Symlink("elsewhere", path) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, names[1])
			if err := make(path); err != nil {
				t.Skip(err)
			}
			want(t, run(t, "completion", "install", dir), 8, "",
				"error: "+path+" exists and is not a script of this plugin: move it away, or name another directory\n")
			if got := entries(t, dir); len(got) != 2 || got[1] != path {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestCompletionInstallRefuses(t *testing.T) {
	file := writeFile(t, "file", "")
	for want, args := range map[string][]string{
		"error: no directory of the PATH has oc-release_x or kubectl-release_x: name a directory for the scripts with completion install DIR\n": nil,
		"error: completion install: the name of the directory is empty\n":                                                                       {""},
		"error: completion install takes one directory; see `oc release-x completion install --help`\n":                                         {"a", "b"},
	} {
		if got := run(t, append([]string{"completion", "install"}, args...)...); got.code != 2 || got.err != want || got.out != "" {
			t.Errorf("%v: got %d, %s%s", args, got.code, got.out, got.err)
		}
	}
	got := run(t, "completion", "install", filepath.Join(file, "below"))
	if got.code != 8 || !strings.HasSuffix(got.err, "; name another directory of the PATH with completion install DIR\n") {
		t.Errorf("got %d, %s", got.code, got.err)
	}
}
