package release

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRelease builds two versions and installs them in each way that the README shows. It is one test, so that
// each version is built once.
func TestRelease(t *testing.T) {
	tools := findTools(t)
	root := t.TempDir()
	first := tools.build(t, newCheckout(t, filepath.Join(root, "first")))
	again := tools.build(t, newCheckout(t, filepath.Join(root, "another", "place")))

	t.Run("two builds of a commit have the same hashes", func(t *testing.T) {
		sums := readFile(t, first.path("checksums.txt"))
		if diff := cmp.Diff(sums, readFile(t, again.path("checksums.txt"))); diff != "" {
			t.Errorf("checksums differ between two builds:\n%s", diff)
		}
		for _, name := range []string{first.archive(), first.deb()} {
			if !strings.Contains(sums, "  "+name+"\n") {
				t.Errorf("no checksum of %s:\n%s", name, sums)
			}
		}
	})
	t.Run("the archive", func(t *testing.T) { testArchive(t, first) })
	t.Run("the package", func(t *testing.T) { testPackage(t, first) })
	t.Run("krew", func(t *testing.T) {
		needs(t, "kubectl")
		first.checkout.commit(t, "A second version", "v0.2.0")
		testKrew(t, tools, again, tools.build(t, first.checkout))
	})
}

// tools are the programs that build and check a release.
type tools struct {
	goreleaser, krew, krewCheck string
}

// findTools skips the test unless it was given the programs, as `make test-release` does.
func findTools(t *testing.T) tools {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("packages are built and installed on Linux alone")
	}
	needs(t, "git")
	found := tools{goreleaser: os.Getenv("RELEASE_X_GORELEASER"), krew: os.Getenv("RELEASE_X_KREW")}
	if found.goreleaser == "" || found.krew == "" {
		t.Skip("RELEASE_X_GORELEASER and RELEASE_X_KREW are not set: make test-release sets them")
	}
	found.krewCheck = filepath.Join(filepath.Dir(found.krew), "validate-krew-manifest")
	return found
}

// needs skips the test where a program is missing.
func needs(t *testing.T, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not here", program)
	}
}

// serve returns the address of a server for the files of a directory.
func serve(t *testing.T, dir string) string {
	t.Helper()
	server := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(server.Close)
	return server.URL
}

// output runs a program and gives what it wrote to standard output; a failure ends the test.
func output(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	var errOut strings.Builder
	command.Stderr = &errOut
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(command.Args, " "), err, out, errOut.String())
	}
	return string(out)
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func writeFile(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
