package house_test

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testpage"
)

// TestReadmeBlocksWork runs the README's blocks in their order in one shell, in a copy of this checkout. HOME has nothing but the
// certificates of serveReadme, to whose registries the plugin's requests go. It only runs if RELEASE_X_TEST_README is set, because it builds the program. It skips blocks that say what they need, and the test
// command.
func TestReadmeBlocksWork(t *testing.T) {
	if os.Getenv("RELEASE_X_TEST_README") == "" {
		t.Skip("RELEASE_X_TEST_README is not set")
	}
	clone, home, programs := t.TempDir(), t.TempDir(), t.TempDir()
	copyCheckout(t, clone)
	// A replacement for oc: it runs the plugin for a command from the PATH.
	writeProgram(t, filepath.Join(programs, "oc"), "#!/bin/sh\nname=oc-$(echo \"$1\" | tr - _)\nshift\nHTTPS_PROXY="+serveReadme(t, home)+" exec \"$name\" \"$@\"\n")
	script := "set -u\n"
	commands := 0
	for i, block := range readmeBlocks(readFile(t, filepath.Join(clone, "README.md"))) {
		commands++
		script += fmt.Sprintf("%s\ncode=$?; [ $code -eq 0 ] || echo \"block %d: exit code $code\" >&3\n", block, i+1)
	}
	if commands < 15 {
		t.Fatalf("only %d blocks found", commands)
	}
	command := exec.CommandContext(t.Context(), "sh", "-c", script)
	command.Dir = clone
	command.Env = []string{
		"HOME=" + home, "PATH=" + programs + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"GOCACHE=" + goEnv(t, "GOCACHE"), "GOMODCACHE=" + goEnv(t, "GOMODCACHE"), "GOPROXY=" + goEnv(t, "GOPROXY"),
	}
	failures, err := os.Create(filepath.Join(t.TempDir(), "failures"))
	if err != nil {
		t.Fatal(err)
	}
	defer failures.Close()
	command.ExtraFiles = []*os.File{failures}
	out, err := command.CombinedOutput()
	if failed := readFile(t, failures.Name()); err != nil || failed != "" {
		t.Errorf("%v\n%s", err, failed)
		t.Logf("%s", out)
	}
	for _, name := range []string{"oc-release_x", "kubectl-release_x"} {
		if info, err := os.Stat(filepath.Join(home, "go", "bin", name)); err != nil || info.Mode().Perm()&0o100 == 0 {
			t.Errorf("the program is not installed: %v", err)
		}
	}
}

// TestReadmeNamesLeaveFilesAlone runs the block that links what go install installed, in directories with other files.
func TestReadmeNamesLeaveFilesAlone(t *testing.T) {
	var block string
	for _, b := range readmeBlocks(readFile(t, filepath.Join("..", "..", "README.md"))) {
		if strings.Contains(b, "ln -s") {
			block = b
		}
	}
	for name, test := range map[string]struct{ has, want map[string]string }{
		"installed by go install": {
			map[string]string{"oc-release-x": "new"},
			map[string]string{"oc-release-x": "new", "oc-release_x": "new", "kubectl-release_x": "new"},
		},
		"installed by make": {
			map[string]string{"oc-release_x": "made", "kubectl-release_x": "made"},
			map[string]string{"oc-release_x": "made", "kubectl-release_x": "made"},
		},
		"installed by both": {
			map[string]string{"oc-release-x": "new", "oc-release_x": "made"},
			map[string]string{"oc-release-x": "new", "oc-release_x": "made", "kubectl-release_x": "new"},
		},
		"not installed": {nil, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			bin := t.TempDir()
			for file, text := range test.has {
				writeProgram(t, filepath.Join(bin, file), text)
			}
			for range 2 {
				command := exec.CommandContext(t.Context(), "sh", "-c", block+"\npwd")
				command.Dir, command.Env = t.TempDir(), append(os.Environ(), "GOBIN="+bin)
				out, err := command.CombinedOutput()
				if err != nil || filepath.Base(strings.TrimSpace(string(out))) != filepath.Base(command.Dir) {
					t.Errorf("%v: %s", err, out)
				}
			}
			got := map[string]string{}
			entries, err := os.ReadDir(bin)
			if err != nil {
				t.Fatal(err)
			}
			for _, entry := range entries {
				got[entry.Name()] = readFile(t, filepath.Join(bin, entry.Name()))
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

// readmeBlocks returns the commands of the README in order, without those that need something or fail on purpose.
func readmeBlocks(readme string) []string {
	var blocks []string
	for _, b := range testpage.Blocks(readme) {
		if b.Needs == "" && b.Command != "go test ./..." && !failsOnPurpose(b.Command) {
			blocks = append(blocks, b.Command)
		}
	}
	return blocks
}

// failsOnPurpose reports whether a command is there to show an error.
func failsOnPurpose(command string) bool {
	return strings.Contains(command, "kube-apisrver") || strings.Contains(command, "foreign.asc") ||
		strings.Contains(command, "oci:/nowhere") || strings.Contains(command, "| |")
}

// copyCheckout copies the files of the repository without build results.
func copyCheckout(t *testing.T, to string) {
	t.Helper()
	from := filepath.Join("..", "..")
	for _, name := range []string{"cmd", "pkg", "internal", "examples", "completion", "hack"} {
		if err := os.CopyFS(filepath.Join(to, name), os.DirFS(filepath.Join(from, name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"go.mod", "go.sum", "Makefile", "README.md"} {
		if err := os.WriteFile(filepath.Join(to, name), []byte(readFile(t, filepath.Join(from, name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// CopyFS does not keep modes.
	err := filepath.WalkDir(filepath.Join(to, "hack"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, 0o755)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func writeProgram(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
