package house_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestInstall runs the script behind `make install` and `make uninstall` with a program that says its name.
func TestInstall(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is not here")
	}
	binary := filepath.Join(t.TempDir(), "oc-release-x")
	writeProgram(t, binary, "#!/bin/sh\necho installed\n")
	names := []string{"kubectl-release_x", "kubectl_complete-release_x", "oc-release_x", "oc_complete-release_x"}
	for name, test := range map[string]struct {
		env []string // @ stands for a new directory
		bin string
		out string // after the first line
	}{
		"GOBIN":              {[]string{"GOBIN=@/bin"}, "@/bin", "@/bin is not in PATH: oc and kubectl find the plugin once it is\n"},
		"PREFIX":             {[]string{"GOBIN=@/none", "PREFIX=@/opt"}, "@/opt/bin", "@/opt/bin is not in PATH: oc and kubectl find the plugin once it is\n"},
		"DESTDIR":            {[]string{"GOBIN=@/none", "DESTDIR=@"}, "@/usr/local/bin", ""},
		"PREFIX and DESTDIR": {[]string{"GOBIN=@/none", "PREFIX=/usr", "DESTDIR=@"}, "@/usr/bin", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			here := func(text string) string { return strings.ReplaceAll(text, "@", dir) }
			bin := here(test.bin)
			run := func(argument string) string {
				t.Helper()
				command := exec.CommandContext(t.Context(), filepath.Join("..", "..", "hack", "install.sh"), argument)
				command.Env = append(os.Environ(), "PREFIX=", "DESTDIR=")
				for _, variable := range test.env {
					command.Env = append(command.Env, here(variable))
				}
				out, err := command.CombinedOutput()
				if err != nil {
					t.Fatalf("install.sh %s: %v\n%s", argument, err, out)
				}
				return string(out)
			}
			for range 2 { // the second time over what is there
				if got, want := run(binary), here("installed "+bin+"/oc-release_x and "+bin+"/kubectl-release_x\n"+test.out); got != want {
					t.Errorf("printed\n%s\nwant\n%s", got, want)
				}
			}
			if got := fileNames(t, bin); !slices.Equal(got, names) {
				t.Errorf("installed %q, want %q", got, names)
			}
			for _, program := range []string{"kubectl-release_x", "oc-release_x"} {
				if out, err := exec.CommandContext(t.Context(), filepath.Join(bin, program)).Output(); err != nil || string(out) != "installed\n" {
					t.Errorf("%s printed %q: %v", program, out, err)
				}
			}
			writeProgram(t, filepath.Join(bin, "kubectl"), "")
			if got, want := run("--uninstall"), "removed the plugin from "+bin+"\n"; got != want {
				t.Errorf("printed %q, want %q", got, want)
			}
			if got := fileNames(t, bin); !slices.Equal(got, []string{"kubectl"}) {
				t.Errorf("uninstalling leaves %q, want kubectl alone", got)
			}
		})
	}
}

// fileNames lists a directory, including files that begin with a dot.
func fileNames(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}
