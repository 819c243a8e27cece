package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/bench/internal/link"
	"github.com/release-x/oc-release-x/bench/internal/report"
)

// build builds the plugin and the launcher.
func build(t *testing.T) (plugin, launcher string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("what a process used is not told as on Unix")
	}
	dir := t.TempDir()
	plugin, launcher = filepath.Join(dir, "oc-release-x"), filepath.Join(dir, "launcher")
	for output, source := range map[string][2]string{plugin: {"..", "./cmd/oc-release-x"}, launcher: {".", "./launcher"}} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-o", output, source[1])
		cmd.Dir = source[0]
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go build %s: %v\n%s", source[1], err, out)
		}
	}
	return plugin, launcher
}

// The whole bench, once around, on a small large image, without any peer and over both transports.
func TestBench(t *testing.T) {
	plugin, launcher := build(t)
	tools := t.TempDir()
	for _, name := range []string{"sh", "tar", "gzip"} {
		if path, err := exec.LookPath(name); err == nil {
			if err := os.Symlink(path, filepath.Join(tools, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("PATH", tools)
	for transport, plain := range map[string]string{"HTTPS": "-plain=false", "HTTP": "-plain=true"} {
		t.Run(transport, func(t *testing.T) {
			args := []string{
				"-plugin", plugin, "-launcher", launcher, "-peers", t.TempDir(), "-fixtures", t.TempDir(),
				"-rounds", "1", "-base", "4000000", "-only", "^(start|list|hash|diff|large loopback)", plain,
			}
			wantResults(t, "", args,
				`(?m)^\| release +\| generated, 4\.22\.0-x86_64: 200 components, 910 manifests, `,
				`(?m)^\| oc +\| not on the PATH +\|$`,
				`(?m)^\| loopback +\| a request takes .* Mbit/s together +\|$`,
				`(?m)^### List the component images: loopback$`,
				`(?m)^### List the component images: link$`,
				`(?m)^### Compute the hash of the payload: loopback$`,
				`(?m)^### Extract all manifests, 200 MB of base layers: loopback$`,
				`(?m)^\| release-x images, cold .* +3 GET \| +1,8\d\d,\d\d\d \|$`,
				`(?m)^\| release-x extract, cold .* +3 GET \| +1,8\d\d,\d\d\d \|$`,
				`(?m)^\| oc adm release info \(oc is not on the PATH: fill in where it is\) +\| +– \|`,
				`(?m)^\| crane export \\\| tar \(crane is not on the PATH: fill in where it is\) +\| +– \|`,
				`(?m)^\| release-x images, cold +\| refuses it \(exit status 6\) +\|$`,
				`(?m)^\| release-x extract, cold +\| refuses it \(exit status 6\) +\|$`,
				`(?m)^\|  .*\| bytes at the client \|$`,
				`(?m)^\| release-x manifests --hash, warm, by digest +\| .* \| +0 \| +0 \|$`,
				`(?m)^\| release-x diff, warm, by tag +\| .* \| +2 HEAD \| +0 \|$`,
				`(?m)^### Against every peer: List the component images$`,
				`(?m)^\| warm list by digest, CPU beyond that of .version. +\| +≤ 15 ms \| +-?\d+\.\d ms \| `,
				`(?m)^\| cold list, requests +\| +3 GET \| +3 GET \| met +\|$`,
				`(?m)^\| cold list in oc's time, loopback +\| +≤ 0\.400 \| +– \| not measured: oc is not on the PATH +\|$`,
				`(?m)^\| warm manifests by digest, requests +\| +0 \| +– \| not measured: manifests on loopback was not run +\|$`,
			)
		})
	}
}

// wantResults runs the bench. What it prints has to match all of want, and it has to write the same into a section of a file.
func wantResults(t *testing.T, section string, args []string, want ...string) {
	t.Helper()
	begin, end := "<!-- begin: "+section+"written by the bench -->\n", "<!-- end: "+section+"written by the bench -->\n"
	kept := filepath.Join(t.TempDir(), "RESULTS.md")
	if err := os.WriteFile(kept, []byte(begin+end), 0o644); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if err := run(t.Context(), append([]string{"-results", kept}, args...), &stdout, &stderr); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	out := stdout.String()
	for _, pattern := range want {
		if !regexp.MustCompile(pattern).MatchString(out) {
			t.Errorf("nothing matches %s in\n%s\n%s", pattern, out, &stderr)
		}
	}
	if strings.Contains(out, "failed:") {
		t.Errorf("something failed:\n%s", out)
	}
	if data, err := os.ReadFile(kept); err != nil || string(data) != begin+out+end {
		t.Errorf("kept %q, %v", data, err)
	}
}

// Copies of a small release between two registries, without any peer: only counts are compared.
func TestCopies(t *testing.T) {
	plugin, launcher := build(t)
	t.Setenv("PATH", t.TempDir())
	args := []string{
		"-plugin", plugin, "-launcher", launcher, "-peers", t.TempDir(), "-copies", "-images", "10", "-unique", "200000",
		"-rounds", "1",
	}
	wantResults(t, "copies, ", args,
		`(?m)^### Copy a release between two registries: 10 images, 66 references to 46 blobs of 2.\d MB$`,
		`(?m)^\| release-x mirror +\| .* \| +46 \| +0 \| +1 GET \+ 35 HEAD \+ 46 POST \+ 56 PUT \|$`,
		`(?m)^\| regctl image copy, 4 at once \(regctl is not on the PATH: fill in where it is\) +\| +– \|`,
		`(?m)^\| release-x mirror, new target +\| .* \| +66 \| +0 \| +1 GET \+ 37 HEAD \+ 66 POST \+ 86 PUT \|$`,
		`(?m)^\| release-x mirror, again +\| .* \| +11 HEAD \| +0 \| +0 \| +20 HEAD \|$`,
		`(?m)^\| release-x mirror, again, --no-cache +\| .* \| +2 GET \+ 10 HEAD \| +1 \| +0 \| +20 HEAD \|$`,
		`(?m)^\| release-x mirror, 20 of them +\| .* \| +186 \| +0 \| +1 GET \+ 63 HEAD \+ 186 POST \+ 386 PUT \|$`,
		`(?m)^\| copy without signatures, blobs read more than once +\| +≤ 0 +\| +0 +\| met +\|$`,
		`(?m)^\| copy in the time of the best loop of crane +\| +≤ 1.000 \| +– \| not measured: crane is not on the PATH +\|$`,
		`(?m)^\| memory for each further release +\| +≤ 3 MB \| +-?\d+\.\d MB \| `,
	)
}

// Pulls and loads of a small release, without any peer: only counts are compared.
func TestCarries(t *testing.T) {
	plugin, launcher := build(t)
	t.Setenv("PATH", t.TempDir())
	args := []string{
		"-plugin", plugin, "-launcher", launcher, "-peers", t.TempDir(), "-carries", "-images", "10", "-unique", "200000", "-tiny", "40",
		"-rounds", "1",
	}
	wantResults(t, "pull and load, ", args,
		`(?m)^\| link +\| a request takes .* Mbit/s together.* \|$`,
		`(?m)^### Pull a release with a signature of each image: 10 images, 66 references to 46 blobs of 2.\d MB, 10 signatures, link$`,
		`(?m)^\| the limit: each manifest and blob downloaded once, nothing kept +\| .* \| +– \| +– \| +86 GET \| +2.\d \| +0 \| +\|$`,
		`(?m)^\| release-x pull --to oci:DIR +\| .* \| +86 GET \| +2.\d \| +0 \| +0 \|$`,
		`(?m)^\| release-x pull --to oci-archive:FILE +\| .* \| +86 GET \| +2.\d \| +0 \| +0 \|$`,
		`(?m)^### Load a layout .*, loopback$`,
		`(?m)^\| release-x mirror --from oci:DIR +\| .* \| +0 \| +0.0 \| +0 \| +1 GET \+ 37 HEAD \+ 66 POST \+ 86 PUT \|$`,
		`(?m)^\| release-x mirror --from oci-archive:FILE +\| .* \| +0 \| +0.0 \| +0 \| +1 GET \+ 37 HEAD \+ 66 POST \+ 86 PUT \|$`,
		`(?m)^\| regctl image copy ocidir://DIR, 4 at once \(regctl is not on the PATH: fill in where it is\) +\| +– \|`,
		`(?m)^\| release-x pull, 20 of them +\| .* \| +312 GET \| `,
		`(?m)^\| release-x mirror --from oci:DIR, 20 of them +\| .* \| +0 \| +0.0 \| +0 \| +1 GET \+ 63 HEAD \+ 186 POST \+ 386 PUT \|$`,
		`(?m)^\| release-x pull, 10 images +\| .* \| +66 GET \| `,
		`(?m)^\| release-x pull, 40 images +\| .* \| +\d+ GET \| `,
		`(?m)^\| pull to directory, blobs read more than once +\| +≤ 0 +\| +0 +\| met +\|$`,
		`(?m)^\| load from archive, time in that of the best loop of regctl +\| +≤ 1.000 \| +– \| not measured: regctl is not on the PATH +\|$`,
		`(?m)^\| pull of 40 images, time in that of 10 +\| +≤ 4.600 \| +\d+\.\d+ \| `,
		`(?m)^\| load, memory for each further release +\| +≤ 3 MB \| +-?\d+\.\d MB \| `,
	)
}

func TestDoubt(t *testing.T) {
	const rate = megabits * bytesPerMbit
	tests := []struct {
		way    string
		c      link.Calibration
		doubts bool
	}{
		{report.Shaped, link.Calibration{Request: roundTrip, One: rate, Four: rate}, false},
		{report.Shaped, link.Calibration{Request: roundTrip * 12 / 10, One: rate, Four: rate}, true},
		{report.Shaped, link.Calibration{Request: roundTrip, One: rate * 8 / 10, Four: rate}, true},
		{report.Shaped, link.Calibration{Request: roundTrip, One: rate, Four: rate * 8 / 10}, true},
		{report.Loopback, link.Calibration{Request: 1, One: rate * 40, Four: rate * 40}, false},
	}
	for _, test := range tests {
		if got := doubt(test.way, test.c) != ""; got != test.doubts {
			t.Errorf("%s, %+v: doubt %v, want %v", test.way, test.c, got, test.doubts)
		}
	}
}

func TestArguments(t *testing.T) {
	tests := []struct {
		args []string
		want string
	}{
		{[]string{"-plugin", "/nowhere/oc-release-x"}, "the plugin is not there, `make build` builds it: open /nowhere/oc-release-x: no such file or directory"},
		{[]string{"-rounds", "0"}, "-rounds 0: there must be one"},
		{[]string{"-images", "1"}, "-images 1: there must be two, the release and a component"},
		{[]string{"-tiny", "7"}, "-tiny 7: there must be eight, so that a quarter is the release and a component"},
		{[]string{"-copies", "-carries"}, "-copies and -carries: choose one"},
		{[]string{"-only", "("}, "-only: error parsing regexp: missing closing ): `(`"},
		{[]string{"list"}, `unexpected argument "list"`},
	}
	for _, test := range tests {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), test.args, &stdout, &stderr)
		if err == nil || err.Error() != test.want || stdout.Len() > 0 {
			t.Errorf("%q: got %v, want %s", test.args, err, test.want)
		}
	}
}
