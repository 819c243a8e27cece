package contest_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/served"
)

// The test binary is the launcher too, and a client that gets what its arguments say.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "launcher":
		if err := measure.Launch(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(os.Args) > 1 && os.Args[1] == "get":
		for _, url := range os.Args[2:] {
			if err := get(url); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	default:
		os.Exit(m.Run())
	}
}

func get(url string) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

func program(t *testing.T, dir, name, script string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestPrograms(t *testing.T) {
	peers, first, second := t.TempDir(), t.TempDir(), t.TempDir()
	program(t, peers, "regctl", "echo pinned")
	program(t, first, "regctl", "echo other")
	program(t, second, "jq", "echo jq-9; echo more")
	program(t, second, "oc", `echo "Client Version: 4.22.0 $*"`)
	program(t, second, "skopeo", "exit 3")
	if err := os.WriteFile(filepath.Join(first, "jq"), []byte("not a program"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(first, "oc"), 0o755); err != nil {
		t.Fatal(err)
	}
	p := contest.FindPrograms("/bin/plugin", peers, first+string(os.PathListSeparator)+second)
	want := map[string]string{
		"release-x": "/bin/plugin", "regctl": filepath.Join(peers, "regctl"), "jq": filepath.Join(second, "jq"),
		"oc": filepath.Join(second, "oc"), "skopeo": filepath.Join(second, "skopeo"), "crane": "", "tar": "",
	}
	for name, path := range want {
		if p[name] != path {
			t.Errorf("%s is %q, want %q", name, p[name], path)
		}
	}
	for name, version := range map[string]string{
		"regctl": "pinned", "jq": "jq-9", "oc": "Client Version: 4.22.0 version --client",
		"skopeo": "unknown: exit status 3", "crane": "not on the PATH",
	} {
		if got := p.Version(name); got != version {
			t.Errorf("version of %s: %q, want %q", name, got, version)
		}
	}
	if got := p.Missing(contest.Contestant{Needs: []string{"oc", "jq"}}); got != "" {
		t.Errorf("nothing is missing, but %q", got)
	}
	if got, want := p.Missing(contest.Contestant{Needs: []string{"jq", "crane"}}), "crane is not on the PATH"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func runner(t *testing.T) *contest.Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	registry, err := served.Start(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { registry.Close() })
	return &contest.Runner{
		Launcher: []string{self, "launcher"}, Programs: contest.Programs{"self": self}, Registry: registry,
		Temp: t.TempDir(), Limit: time.Minute, Logf: t.Logf,
	}
}

func TestRunAlternates(t *testing.T) {
	r := runner(t)
	log := filepath.Join(t.TempDir(), "log")
	say := func(name string, warm bool) contest.Contestant {
		return contest.Contestant{
			ID: name, Name: "the " + name, Needs: []string{"self"}, Warm: warm,
			Args: func(p contest.Place) []string {
				script := `mkdir -p "$1"; [ -e "$1/seen" ] && found=+; : > "$1/seen"; [ -e own ] && exit 9; : > own; echo "$2$found" | tee -a "$3"`
				return []string{"/bin/sh", "-c", script, "sh", p.Cache, name, log}
			},
			Check: func(_ contest.Place, out []byte) error {
				if !strings.HasPrefix(string(out), name) {
					return fmt.Errorf("printed %q", out)
				}
				return nil
			},
		}
	}
	wrong := say("wrong", false)
	wrong.Check = func(contest.Place, []byte) error { return fmt.Errorf("printed something else") }
	fails := say("fails", false)
	fails.Args = func(contest.Place) []string { return []string{"/bin/sh", "-c", "echo 'error: no' >&2; exit 4"} }
	absent := say("absent", false)
	absent.Needs = []string{"oc"}
	job := contest.Job{ID: "job", Title: "Say a word", Contestants: []contest.Contestant{say("a", false), wrong, say("b", true), absent, fails}}
	table, err := r.Run(job, contest.Way{Name: "loopback", Address: r.Registry.Address()}, []served.Release{{}}, 3)
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	// One round without a clock, then three, which begin with the second contestant, the third and the fourth; what is wrong takes
	// part in the first alone. The warm one finds what it left.
	if got, want := string(data), "a\nwrong\nb\nb+\na\nb+\na\na\nb+\n"; got != want {
		t.Errorf("ran %q, want %q", got, want)
	}
	var got []string
	for _, row := range table.Rows {
		got = append(got, fmt.Sprintf("%s: %d %d %d %d %v %q", row.Name, len(row.Wall), len(row.CPU), len(row.RSS), len(row.Bytes), row.Requests, row.Why))
	}
	want := []string{
		`the a: 3 3 3 3 [0] ""`,
		`the wrong: 0 0 0 0 [] "failed: printed something else"`,
		`the b: 3 3 3 3 [0] ""`,
		`the absent: 0 0 0 0 [] "oc is not on the PATH"`,
		`the fails: 0 0 0 0 [] "failed: exit status 4: error: no"`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if table.Job != "job" || table.Title != "Say a word" || table.Link != "loopback" || table.Rounds != 3 || table.Load[0] == "" || table.Load[1] == "" {
		t.Errorf("got %+v", table)
	}
}

// What runs leave stays without its bytes, so that no run creates files where many were deleted.
func TestRunLeavesFilesEmpty(t *testing.T) {
	r := runner(t)
	job := contest.Job{ID: "write", Contestants: []contest.Contestant{{
		ID: "write", Name: "write", Needs: []string{"self"},
		Args: func(contest.Place) []string {
			return []string{"/bin/sh", "-c", "mkdir out; echo text | tee out/a out/b"}
		},
		Check: func(contest.Place, []byte) error { return nil },
	}}}
	if _, err := r.Run(job, contest.Way{Name: "loopback"}, []served.Release{{}}, 2); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(r.Temp, "run-*", "out", "*"))
	if err != nil || len(files) != 6 {
		t.Errorf("left %q, %v, want two files of each of three runs", files, err)
	}
	for _, file := range files {
		if info, err := os.Stat(file); err != nil || info.Size() > 0 {
			t.Errorf("%s has %d bytes, %v", file, info.Size(), err)
		}
	}
}

func TestRunCountsRequests(t *testing.T) {
	r := runner(t)
	job := contest.Job{ID: "get", Contestants: []contest.Contestant{{
		ID: "get", Name: "get", Needs: []string{"self"},
		Args: func(p contest.Place) []string {
			base := "http://" + p.Address + "/v2/"
			return []string{p.Programs["self"], "get", base, base + "none/manifests/1"}
		},
		Check: func(contest.Place, []byte) error { return nil },
	}}}
	table, err := r.Run(job, contest.Way{Name: "loopback", Address: r.Registry.Address()}, []served.Release{{}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	row := table.Rows[0]
	over, err := r.Run(job, contest.Way{Name: "link", Address: r.Registry.Address(), Received: func() int64 { return 7 }}, []served.Release{{}}, 1)
	if err != nil || over.Rows[0].Bytes[0] != 7 {
		t.Errorf("over a link that counts, got %v, %v, want 7 bytes", over.Rows[0].Bytes, err)
	}
	if row.Why != "" || !slices.Equal(row.Requests, []string{"2 GET"}) || len(row.Bytes) != 2 || row.Bytes[0] != row.Bytes[1] || row.Bytes[0] == 0 {
		t.Errorf("got %+v", row)
	}
}

func TestTempt(t *testing.T) {
	r := runner(t)
	one := func(name, script string) contest.Contestant {
		return contest.Contestant{
			Name: name, Needs: []string{"self"},
			Args: func(contest.Place) []string { return []string{"/bin/sh", "-c", script} },
			Check: func(_ contest.Place, out []byte) error {
				if string(out) != "etcd\n" {
					return fmt.Errorf("printed %q", out)
				}
				return nil
			},
		}
	}
	absent := one("absent", "")
	absent.Needs = []string{"oc"}
	warm := one("warm", "")
	warm.Warm = true
	verdicts, err := r.Tempt(contest.Job{Contestants: []contest.Contestant{
		one("believes", "echo etcd"),
		one("complains", "echo etcd; echo 'error: digest' >&2"),
		one("complains with a code", "echo etcd; echo 'error: digest' >&2; exit 6"),
		one("refuses", "echo 'error: digest' >&2; exit 6"),
		one("says nothing", "true"),
		absent, warm,
	}}, r.Registry.Address(), served.Release{})
	if err != nil {
		t.Fatal(err)
	}
	want := []contest.Verdict{
		{"believes", "accepts it without a word"},
		{"complains", "gives all of it out, and complains after that"},
		{"complains with a code", "gives all of it out, and complains after that"},
		{"refuses", "refuses it (exit status 6)"},
		{"says nothing", `printed ""`},
		{"absent", "oc is not on the PATH"},
	}
	if !slices.Equal(verdicts, want) {
		t.Errorf("got %q\nwant %q", verdicts, want)
	}
}

// The flags with which each program reads a registry without TLS are there for one alone.
func TestFlagsForPlainHTTP(t *testing.T) {
	jobs := []contest.Job{
		contest.List(), contest.Query(), contest.Objects(), contest.Hash(), contest.Compare(), contest.Extract(), contest.ExtractLarge(),
		contest.Several(1), contest.Multiples([]int{1}),
	}
	flags := []string{" --insecure ", " --host reg=127.0.0.1:5000,tls=disabled ", " --src-tls-verify=false "}
	for _, job := range jobs {
		for _, c := range job.Contestants {
			for _, plain := range []bool{true, false} {
				place := contest.Place{Address: "127.0.0.1:5000", Plain: plain, Cache: "/cache", Work: t.TempDir(), Programs: contest.Programs{}}
				place.Release = served.Release{Repository: "ocp-release", Tag: "4.22.0", Digest: "sha256:1"}
				place.All = []served.Release{place.Release}
				line := strings.Join(c.Args(place), " ") + " "
				for _, file := range []string{"script", "releases"} { // of loops
					text, _ := os.ReadFile(filepath.Join(place.Work, file))
					line += string(text)
				}
				has := slices.ContainsFunc(flags, func(flag string) bool { return strings.Contains(line, flag) })
				if has != plain || strings.Contains(line, "@plain") {
					t.Errorf("%s of %s, plain %v: %s", c.ID, job.ID, plain, line)
				}
				if tag, byDigest := "127.0.0.1:5000/ocp-release:4.22.0", "127.0.0.1:5000/ocp-release@sha256:1"; !strings.Contains(line, tag) && !strings.Contains(line, byDigest) {
					t.Errorf("%s of %s does not name the release: %s", c.ID, job.ID, line)
				}
			}
		}
	}
}

// A loop of a peer reads every release of the job, and prints what it read.
func TestLoopReadsEveryRelease(t *testing.T) {
	work := t.TempDir()
	program(t, work, "regctl", `echo "$*"; cat "$(dirname "$0")/printed"`)
	if err := os.WriteFile(filepath.Join(work, "printed"), []byte("cli sha256:11\netcd sha256:22\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	xargs, err := exec.LookPath("xargs")
	if err != nil {
		t.Skip(err)
	}
	components := []served.Component{{Name: "cli", Image: "a@sha256:11"}, {Name: "etcd", Image: "a@sha256:22"}}
	place := contest.Place{
		Address: "a:1", Work: work, Programs: contest.Programs{"regctl": filepath.Join(work, "regctl"), "xargs": xargs},
		All: []served.Release{{Repository: "one", Tag: "4.22.0", Components: components}, {Repository: "two", Tag: "4.22.1", Components: components}},
	}
	place.Release = place.All[0]
	peers := contest.Several(2).Peers()
	c := peers[slices.IndexFunc(peers, func(c contest.Contestant) bool { return c.ID == "regctl-file" })]
	args := c.Args(place)
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Dir = work
	out, err := cmd.CombinedOutput()
	const want = "image get-file a:1/one:4.22.0 release-manifests/image-references\ncli sha256:11\netcd sha256:22\n" +
		"image get-file a:1/two:4.22.1 release-manifests/image-references\ncli sha256:11\netcd sha256:22\n"
	if err != nil || string(out) != want {
		t.Errorf("got %q, %v\nwant %q", out, err, want)
	}
	if err := c.Check(place, out); err != nil {
		t.Error(err)
	}
	place.All[1].Components[1].Image = "a@sha256:33"
	if err := c.Check(place, out); err == nil || err.Error() != "one: did not list etcd" {
		t.Errorf("got %v, want one: did not list etcd", err)
	}
}

func TestChecks(t *testing.T) {
	release := served.Release{Files: 4, Manifests: 2, Components: []served.Component{
		{Name: "cli", Image: "quay.io/a/b@sha256:11"}, {Name: "etcd", Image: "quay.io/a/b@sha256:22"},
	}}
	check := func(job contest.Job, id string) func(contest.Place, []byte) error {
		i := slices.IndexFunc(job.Contestants, func(c contest.Contestant) bool { return c.ID == id })
		return job.Contestants[i].Check
	}
	work := t.TempDir()
	for _, files := range []int{3, 4, 5} {
		dir := filepath.Join(work, fmt.Sprint(files), "out", "release-manifests")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range files {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name   string
		check  func(contest.Place, []byte) error
		stdout string
		work   string
		want   string
	}{
		{"all listed", check(contest.List(), "cold"), "etcd sha256:22\ncli sha256:11\n", "", ""},
		{"one missing", check(contest.List(), "oc"), "cli sha256:11\n", "", "did not list etcd"},
		{"no digest", check(contest.List(), "crane"), "cli etcd sha256:11\n", "", "did not list etcd"},
		{"queried", check(contest.Query(), "cold"), "cli quay.io/a/b@sha256:11\netcd quay.io/a/b@sha256:22\n", "", ""},
		{"queried in another order", check(contest.Query(), "oc-jq"), "etcd quay.io/a/b@sha256:22\ncli quay.io/a/b@sha256:11\n", "", "printed 53 bytes in place of the 53 of name and image of 2 components"},
		{"objects", check(contest.Objects(), "cold"), "INDEX\n1\n", "", ""},
		{"no objects", check(contest.Objects(), "warm"), "", "", "printed 0 lines in place of a table of the objects of 2 manifests"},
		{"all extracted", check(contest.Extract(), "cold"), "", "4", ""},
		{"too few extracted", check(contest.Extract(), "oc"), "", "3", "extracted 3 files of 4"},
		{"too many extracted", check(contest.ExtractLarge(), "skopeo"), "", "5", "extracted 5 files of 4"},
		{"a version", check(contest.Start(), "version"), "v1\n", "", ""},
		{"no version", check(contest.Start(), "regctl"), "\n", "", "printed nothing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := test.check(contest.Place{Release: release, Work: filepath.Join(work, test.work)}, []byte(test.stdout)); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
