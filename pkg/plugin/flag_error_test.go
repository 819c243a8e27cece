package plugin_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// ocFlags are the flags of `oc adm release info` and `extract`.
func ocFlags() map[string][]string {
	common := strings.Fields("registry-config insecure skip-verification certificate-authority max-per-registry filter-by-os icsp-file idms-file dir output")
	return map[string][]string{
		"info": append(strings.Fields("changes-from template allow-missing-template-keys image-for pullspecs commits commit-urls size contents verify "+
			"include-images changelog bugs skip-bug-check rpmdb rpmdb-diff rpmdb-image rpmdb-cache from"), common...),
		"extract": append(strings.Fields("from file to git tools signing-key command command-os included install-config credentials-requests cloud"), common...),
	}
}

// Every flag of oc's commands exists here, or its error says what to use.
func TestEveryFlagOfOCHasAnAnswer(t *testing.T) {
	for command, flags := range ocFlags() {
		help := good(t, run(t, command, "--help")) + good(t, run(t, "options"))
		for _, flag := range flags {
			if strings.Contains(help, "--"+flag+" ") {
				continue
			}
			got := run(t, command, "oci:/nowhere", "--"+flag+"=x")
			prefix := "error: " + command + " has no --" + flag
			if got.code != 2 || got.out != "" || !strings.HasPrefix(got.err, prefix) || !strings.Contains(got.err, ": ") {
				t.Errorf("%s --%s: exit code %d, %s", command, flag, got.code, got.err)
			}
		}
	}
}

func TestMissingFlagsOfOC(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"info oci:/nowhere --rpmdb", "info has no --rpmdb yet: use `oc adm release info --rpmdb`"},
		{"info --verify oci:/nowhere", "info has no --verify: use `oc release-x verify RELEASE`"},
		{"info --changes-from 4.14.0 4.14.1", "info has no --changes-from: use `oc release-x diff OLD NEW`"},
		{"info --dir x", "info has no --dir: name a release on disk as RELEASE, such as oci:DIR, oci-archive:FILE or dir:DIR"},
		{"info --skip-verification", "info has no --skip-verification: leave it out, every byte is checked against its digest; only `oc release-x verify RELEASE` checks signatures"},
		{"extract --git=x", "extract has no --git yet: use `oc adm release extract --git`"},
		{"extract -o commit", "extract has no -o: it writes files unchanged; `oc release-x images RELEASE -o wide` shows commits, and `oc release-x manifests RELEASE -o json` documents"},
		{"extract --tols", "unknown flag: --tols; did you mean --to?"},
		{"images --ouptut wide", "unknown flag: --ouptut; did you mean --output?"},
		{"images --size", "unknown flag: --size; see `oc release-x images --help`"},
	} {
		want(t, run(t, strings.Fields(test.args)...), 2, "", "error: "+test.want+"\n")
	}
}

// info and extract accept the release with --from too, as oc does.
func TestFromNamesTheRelease(t *testing.T) {
	release := layout(t, testrelease.New("4.14.0").WithComponent("etcd"))
	want(t, run(t, "info", "--from", release, "-o", "name"), 0, "etcd\n", "")
	want(t, run(t, "extract", "--from="+release, "--file", "release-metadata"), 0,
		good(t, run(t, "extract", release, "--file", "release-metadata")), "")
	want(t, run(t, "info", "--from", release, "--release", release), 2, "", "error: info takes one release; `oc release-x diff OLD NEW` compares two\n")
	want(t, run(t, "extract", "--from", release, "--release", release, "--to", "x"), 2, "", "error: extract takes one release; see `oc release-x extract --help`\n")
	want(t, run(t, "info", "--from", "etcd"), 2, "", "error: \"etcd\" is not a release. A release is quay.io/org/repo:tag, 4.14.0, oci:DIR, oci-archive:FILE, docker-archive:FILE, dir:DIR, file:FILE or -\n")
}
