package registry

import (
	"flag"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testpage"
	"github.com/release-x/oc-release-x/pkg/plugin"
)

var update = flag.Bool("update", false, "write what the program prints into docs/disconnected.md")

const (
	networkEnds  = "<!-- the network ends here -->"
	networkIsOn  = "\n## "
	mostCommands = 10 // of each way in the page
)

// TestDisconnectedPage runs the commands of docs/disconnected.md in their order in a shell, and compares what they print. They are
// those that users type: a proxy connects quay.io, the server of signatures and registry.example.com to servers of this test. After
// the mark in the page only registry.example.com answers, and the commands run in another HOME, until the next section. Blocks that
// need something are only parsed. With -update the outputs are written into the page.
func TestDisconnectedPage(t *testing.T) {
	file, err := filepath.Abs(filepath.Join("..", "..", "docs", "disconnected.md"))
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t)
	ends := 0
	after := testpage.Rewrite(string(before), func(b testpage.Block) (string, bool) {
		if strings.Contains(b.Before, networkIsOn) {
			d.connect(t, true)
		}
		if strings.Contains(b.Before, networkEnds) {
			d.connect(t, false)
			ends++
		}
		if b.Needs != "" {
			wantParsed(t, b)
			return "", false
		}
		out, err := d.run(t, b.Command)
		if err != nil && !b.Console { // a failure in a console block is in its output
			t.Errorf("%s: %v\n%s", b.Command, err, out)
		}
		return out, true
	})
	if ends < 2 {
		t.Errorf("the network ends %d times in the page", ends)
	}
	if *update {
		if err := os.WriteFile(file, []byte(after), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if diff := cmp.Diff(after, string(before)); diff != "" {
		t.Errorf("the page differs from what the program prints (cd test && go test ./registry -run DisconnectedPage -update fixes it):\n%s", diff)
	}
	if n := d.asked.Load(); n > 0 {
		t.Errorf("without a network, commands asked for %d things outside", n)
	}
}

// Each way from a release to a cluster has few commands.
func TestDisconnectedPageIsShort(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "disconnected.md"))
	if err != nil {
		t.Fatal(err)
	}
	counts, section := map[string]int{}, ""
	for _, b := range testpage.Blocks(string(text)) {
		if i := strings.LastIndex(b.Before, "\n## "); i >= 0 {
			section, _, _ = strings.Cut(b.Before[i+len("\n## "):], "\n")
		}
		counts[section] += len(commandLines(b.Command))
	}
	for _, way := range []string{"A new cluster", "An update"} {
		if n := counts[way]; n == 0 || n > mostCommands {
			t.Errorf("%s has %d commands", way, n)
		}
	}
}

// commandLines returns the lines of a block that are commands.
func commandLines(block string) []string {
	return slices.DeleteFunc(strings.Split(strings.TrimSpace(block), "\n"), func(line string) bool { return strings.HasPrefix(line, "#") })
}

// wantParsed fails the test if a command of the plugin in a block has unknown flags or misses its requirements.
func wantParsed(t *testing.T, b testpage.Block) {
	t.Helper()
	lines := commandLines(b.Command)
	for _, parts := range regexp.MustCompile(`\$\((.*?)\)`).FindAllStringSubmatch(b.Command, -1) {
		lines = append(lines, parts[1])
	}
	for _, line := range lines {
		words, err := testpage.Words(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		args := testpage.Arguments(words)
		if args == nil {
			continue // another program
		}
		root := plugin.NewCommand(plugin.Environment{Getenv: func(string) string { return "" }, Name: "oc release-x"})
		command, rest, err := root.Find(args)
		if err == nil {
			err = command.ParseFlags(rest)
		}
		if err != nil || command == root {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// desk is where the commands of the page are typed.
type desk struct {
	dir       string
	env       []string   // HOME is the last
	network   []*server  // what is not in the closed network
	authority *authority // of the registry in the closed network
	asked     atomic.Int64
}

// newDesk makes the files that the page says one has, and starts the servers.
func newDesk(t *testing.T) *desk {
	t.Helper()
	public, private := newAuthority(t), newAuthority(t)
	source, target := passwords(t, public, "quay.io"), passwords(t, private, "registry.example.com")
	store := http.NewServeMux()
	signatures := serve(t, public, store, pageStore)
	keys := pushPageReleases(t, source, store)

	d := &desk{dir: t.TempDir(), network: []*server{source, signatures}, authority: private}
	write(t, filepath.Join(d.dir, "ca.crt"), read(t, private.file))
	write(t, filepath.Join(d.dir, "install-config.yaml"), "apiVersion: v1\nmetadata:\n  name: demo\n")
	proxy := startProxy(t, map[string]string{
		"quay.io:443": source.host(), "registry.example.com:443": target.host(), pageStore + ":443": signatures.host(),
	}, func(string) {})
	d.env = []string{
		"PATH=" + pagePrograms(t, keys) + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"HTTPS_PROXY=" + proxy.URL, "SSL_CERT_FILE=" + public.file, "HOME=" + d.home(t),
	}
	return d
}

// pagePrograms is a directory with a replacement for oc, which runs the plugin. To the commands that verify a release it adds the keys
// of the test, in place of those of Red Hat that the program knows. None shows progress, which depends on the time.
func pagePrograms(t *testing.T, keys []string) string {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "oc-release_x")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/release-x/oc-release-x/cmd/oc-release-x")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	script := "#!/bin/sh\nshift\n" +
		"case \"$*\" in *--skip-signatures*) ;; pull*|mirror*) set -- \"$@\" " + strings.Join(keys, " ") + ";; esac\n" +
		"case $1 in pull|mirror) set -- \"$@\" --progress none;; esac\n" +
		"exec " + program + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "oc"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// run runs a block and returns what it prints.
func (d *desk) run(t *testing.T, block string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "sh", "-euc", block)
	command.Dir, command.Env = d.dir, d.env
	out, err := command.CombinedOutput()
	return string(out), err
}

// home is a home directory with what the page says it has.
func (d *desk) home(t *testing.T) string {
	t.Helper()
	home := t.TempDir()
	for name, text := range map[string]string{
		".config/containers/auth.json":                           read(t, authFile(t, "quay.io", login(user, password), "registry.example.com", login(user, password))),
		".config/containers/certs.d/registry.example.com/ca.crt": read(t, d.authority.file),
	} {
		file := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, file, text)
	}
	return home
}

// connect starts or stops everything except the mirror, for commands in a new HOME.
func (d *desk) connect(t *testing.T, on bool) {
	t.Helper()
	d.env[len(d.env)-1] = "HOME=" + d.home(t)
	for _, s := range d.network {
		s.fault = nil
		if !on {
			s.fault = func(http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					d.asked.Add(1)
					w.WriteHeader(http.StatusGone)
				})
			}
		}
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
