package plugin_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/wholefile"
)

// readDirectory reads the files of a directory by path.
func readDirectory(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		relative, _ := filepath.Rel(dir, path)
		got[relative] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestExtract(t *testing.T) {
	release, dir := layout(t, ordered()), filepath.Join(t.TempDir(), "d")
	want(t, run(t, "extract", release, "--to", dir), 0, "", "")
	source := t.TempDir()
	if err := ordered().WriteDirectory(source); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(readDirectory(t, filepath.Join(source, "release-manifests")), readDirectory(t, dir)); diff != "" {
		t.Error(diff)
	}
	want(t, run(t, "extract", release, "--to", dir), 8, "", "error: writing the directory "+dir+": it is not empty: name another directory, or replace it with --force\n")
	want(t, run(t, "extract", release, "--to", dir, "--force", "--sync"), 0, "", "")
	want(t, run(t, "extract", release, "--to", dir, "--force", "--file", "image-references"), 0, "", "")
	if got := slices.Sorted(maps.Keys(readDirectory(t, dir))); len(got) != 1 {
		t.Errorf("--force left %q", got)
	}
	want(t, run(t, "extract", release, "--to", t.TempDir(), "--force"), 0, "", "")
}

// forged is a layout whose payload layer has another digest than its manifest says.
func forged(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "layout")
	release := build(t, ordered())
	if err := release.WriteLayout(dir, "4.14.0"); err != nil {
		t.Fatal(err)
	}
	layers := release.Images[0].Layers
	blob := filepath.Join(dir, "blobs", "sha256", layers[len(layers)-1].Digest.Encoded())
	data, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	data[4] ^= 1 // the time in the header of gzip
	if err := os.WriteFile(blob, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return "oci:" + dir
}

func TestExtractLeavesNothingOfWhatIsNotVerified(t *testing.T) {
	release, parent := forged(t), t.TempDir()
	empty := filepath.Join(parent, "empty")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{filepath.Join(parent, "new"), filepath.Join(parent, "new", "deep"), empty} {
		got := run(t, "extract", release, "--to", to)
		if got.code != 6 || !strings.Contains(got.err, "its bytes have the digest sha256:") {
			t.Errorf("%s: %+v", to, got)
		}
	}
	entries, err := os.ReadDir(parent)
	if err != nil || len(entries) != 1 || len(readDirectory(t, empty)) > 0 {
		t.Errorf("left %v, %v", entries, err)
	}
}

// --force replaces everything that extract writes.
func TestExtractForceReplacesWhatItWrote(t *testing.T) {
	release := layout(t, ordered().WithManifest("script.sh", "x").WithManifest("0000_50_x_00.yaml",
		"apiVersion: cloudcredential.openshift.io/v1\nkind: CredentialsRequest\nmetadata: {name: a}\nspec: {providerSpec: {kind: AWSProviderSpec}}\n"))
	dir := filepath.Join(t.TempDir(), "d")
	for _, flags := range []string{
		"", "--operator-manifests", "--operator-manifests --raw", "--credentials-requests --cloud aws", "--included", "--normalize",
		"--file 0000_50_x_00.yaml", "--file release-metadata", "--file script.sh", "--file [f-z]*",
	} {
		for range 2 {
			args := append([]string{"extract", release, "--to", dir, "--force"}, strings.Fields(flags)...)
			want(t, run(t, args...), 0, "", "")
		}
	}
}

// The files of another release are replaced, except those whose names only that release has.
func TestExtractForceReplacesAnotherRelease(t *testing.T) {
	old := testrelease.New("4.13.0").WithComponent("etcd").WithManifest("0000_70_gone_00.yaml", object("Secret", "gone"))
	dir := filepath.Join(t.TempDir(), "d")
	want(t, run(t, "extract", layout(t, old), "--to", dir), 0, "", "")
	want(t, run(t, "extract", layout(t, ordered()), "--to", dir, "--force"), 0, "", "")
	if _, ok := readDirectory(t, dir)["0000_70_gone_00.yaml"]; ok {
		t.Error("the old release is still there")
	}
	const script = "0000_50_old.sh"
	want(t, run(t, "extract", layout(t, old.WithManifest(script, "x")), "--to", dir, "--force"), 0, "", "")
	change(t, dir)
	want(t, run(t, "extract", layout(t, ordered()), "--to", dir, "--force"), 8, "",
		"error: writing the directory "+dir+": --force replaces only extracted releases, and "+script+" may not be part of one: name another directory, or move it away\n")
	if readDirectory(t, dir)[script] != "x" {
		t.Error("the script is gone")
	}
}

// change puts an annotation into the release-metadata of a directory, like a user who edits an extracted release.
func change(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "release-metadata")
	data, err := os.ReadFile(file)
	if err := errors.Join(err, os.WriteFile(file, append(data, '\n'), 0o600)); err != nil {
		t.Fatal(err)
	}
}

// A directory from extract can be replaced under any name and by any release, until a user changes it.
func TestExtractForceReplacesUnchangedDirectory(t *testing.T) {
	old := ordered().WithManifest("0000_50_x_00.yaml",
		"apiVersion: cloudcredential.openshift.io/v1\nkind: CredentialsRequest\nmetadata: {name: a}\nspec: {providerSpec: {kind: AWSProviderSpec}}\n")
	requests := []string{"--credentials-requests", "--cloud", "aws", "--to"}
	dir := filepath.Join(t.TempDir(), "d")
	good(t, run(t, append([]string{"extract", layout(t, old)}, append(requests, dir)...)...))
	if !wholefile.Unchanged(dir) {
		t.Skip("this file system keeps no extended attributes")
	}
	want(t, run(t, "extract", layout(t, ordered()), "--to", dir), 8, "", "error: writing the directory "+dir+": it is not empty: name another directory, or replace it with --force\n")
	good(t, run(t, "extract", layout(t, ordered()), "--to", dir, "--force", "--file", "0000_50_b_00_all.yaml"))
	good(t, run(t, "extract", layout(t, old), "--to", dir, "--force"))
}

// Administrators number their own manifests as payloads do, so --force keeps them.
func TestExtractForceKeepsManifestsOfUsers(t *testing.T) {
	release, dir := layout(t, ordered()), t.TempDir()
	own := object("ConfigMap", "own", included)
	if err := os.WriteFile(filepath.Join(dir, "0000_50_x_01.yaml"), []byte(own), 0o600); err != nil {
		t.Fatal(err)
	}
	const why = ": --force replaces only extracted releases, and this directory has no image-references: name another directory, or delete it yourself\n"
	want(t, run(t, "extract", release, "--to", dir, "--force"), 8, "", "error: writing the directory "+dir+why)
	want(t, run(t, "extract", release, "--to", dir), 8, "", "error: writing the directory "+dir+": it is not empty: name another directory\n")
	if got := readDirectory(t, dir)["0000_50_x_01.yaml"]; got != own {
		t.Errorf("the manifest is now %q", got)
	}
}

func TestExtractForceReplacesRealReleases(t *testing.T) {
	demo, real := "oci:../../examples/release", "oci:"+fixture.Path(t, "ocp-release")
	dir := filepath.Join(t.TempDir(), "d")
	good(t, run(t, "extract", real+":4.22.0-x86_64", "--to", dir))
	good(t, run(t, "extract", real+":4.22.1-x86_64", "--to", dir, "--force"))
	change(t, dir)
	const script = "0000_50_cluster-kube-apiserver-operator_gensccroles.sh"
	if got := run(t, "extract", demo, "--to", dir, "--force"); got.code != 8 || !strings.Contains(got.err, script+" may not be part of one") {
		t.Errorf("exit code %d, %s", got.code, got.err)
	}
	if err := os.Remove(filepath.Join(dir, script)); err != nil {
		t.Fatal(err)
	}
	for _, release := range []string{demo, real + ":4.22.0-x86_64"} {
		good(t, run(t, "extract", release, "--to", dir, "--force"))
	}
}

// --force deletes no file that does not belong to a release.
func TestExtractForceKeepsOtherFiles(t *testing.T) {
	release := layout(t, ordered())
	file := func(name string) func(dir string) error {
		return func(dir string) error {
			path := filepath.Join(dir, name)
			return errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("precious"), 0o600))
		}
	}
	for name, test := range map[string]struct {
		flags    string // of the first extraction; "-" for none
		change   func(dir string) error
		stranger string
	}{
		"notes":                      {"", file("thesis"), "thesis"},
		"notes beside manifests":     {"--operator-manifests", file("manifests/my-notes.txt"), "manifests/my-notes.txt"},
		"a secret in a subdirectory": {"--operator-manifests", file("release-manifests/mine/secret.key"), "release-manifests/mine"},
		"a subdirectory of a name":   {"--operator-manifests", file("release-manifests/0000_50_x.yaml/a"), "release-manifests/0000_50_x.yaml"},
		"a directory":                {"", func(dir string) error { return os.Mkdir(filepath.Join(dir, "mine"), 0o700) }, "mine"},
		"a manifest of one's own":    {"", file("my-own.yaml"), "my-own.yaml"},
		"numbered ones":              {"-", file("01_deploy.yaml"), "01_deploy.yaml"},
		"one's own in manifests":     {"-", file("manifests/deploy.yaml"), "manifests/deploy.yaml"},
		"a link":                     {"", func(dir string) error { return os.Symlink(t.TempDir(), filepath.Join(dir, "0000_99_x.yaml")) }, "0000_99_x.yaml"},
		"a link for a directory":     {"-", func(dir string) error { return os.Symlink(t.TempDir(), filepath.Join(dir, "manifests")) }, "manifests"},
		"migrations":                 {"-", file("2014_10_12_000000_create_users_table.php"), "2014_10_12_000000_create_users_table.php"},
		"pictures":                   {"-", file("2024_05_beach.jpg"), "2024_05_beach.jpg"},
		"a backup":                   {"", file("0000_50_my-own.yaml.bak"), "0000_50_my-own.yaml.bak"},
		"a script":                   {"", file("0000_50_my-own.sh"), "0000_50_my-own.sh"},
		"names of a release":         {"-", file("0000_50_my-own.yaml"), ""},
		"a name of this release":     {"-", file("0000_50_b_00_all.yaml"), ""},
		"release-metadata":           {"-", file("release-metadata"), ""},
		"image-references":           {"-", file("release-manifests/image-references"), ""},
		"nothing of a release":       {"-", func(dir string) error { return os.Mkdir(filepath.Join(dir, "manifests"), 0o700) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "d")
			if test.flags != "-" {
				good(t, run(t, append([]string{"extract", release, "--to", dir}, strings.Fields(test.flags)...)...))
			} else if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := test.change(dir); err != nil {
				t.Fatal(err)
			}
			before, why := entries(t, dir), "this directory has no image-references: name another directory, or delete it yourself"
			if test.stranger != "" {
				why = test.stranger + " may not be part of one: name another directory, or move it away"
			}
			want(t, run(t, "extract", release, "--to", dir, "--force"), 8, "", "error: writing the directory "+dir+": --force replaces only extracted releases, and "+why+"\n")
			if diff := cmp.Diff(before, entries(t, dir)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// entries returns the names of everything in a directory.
func entries(t *testing.T, dir string) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		all = append(all, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// An extracted directory reads as the same release, in both layouts, rendered or not.
func TestExtractedDirectoryReadsAsSameRelease(t *testing.T) {
	b := ordered().WithOperatorManifest("0000_90_cluster-version-operator_01_alerts.yaml",
		object("ConfigMap", "alerts", included)+"data: {summary: '{{\"{{\"}} $labels.pod {{\"}}\"}} is down'}\n")
	release, parent := layout(t, b), t.TempDir()
	const pullSpec = "example.com/release:t"
	for name, flags := range map[string][]string{
		"flat": nil, "both": {"--operator-manifests"}, "raw": {"--operator-manifests", "--raw"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(parent, name)
			good(t, run(t, append([]string{"extract", release, "--to", dir, "--release-image", pullSpec}, flags...)...))
			want(t, run(t, "images", "dir:"+dir, "-o", "pullspec"), 0, good(t, run(t, "images", release, "-o", "pullspec")), "")
			if name == "flat" {
				return // has no manifests of the operator, so another hash
			}
			hash := good(t, run(t, "manifests", release, "--hash", "--release-image", pullSpec))
			want(t, run(t, "manifests", "dir:"+dir, "--hash", "--release-image", pullSpec), 0, hash, "")
		})
	}
}

func TestExtractFile(t *testing.T) {
	release := layout(t, ordered())
	want(t, run(t, "extract", release, "--file", "image-references"), 0, string(ordered().References()), "")
	want(t, run(t, "extract", release, "--file", "0000_*"), 0, ""+
		"---\n"+object("Namespace", "first", included)+
		"---\n"+object("ConfigMap", "b1", included)+"---\n"+object("Secret", "b2")+"---\n"+object("ConfigMap", "b3", included, console)+
		"---\n"+object("ConfigMap", "c", included, preview), "")
	want(t, run(t, "extract", release, "--file", "nope"), 3, "", "error: the payload has no file \"nope\"\n")
	for _, name := range []string{"release-manifests/image-references", "/release-manifests/image-references", "./release-manifests/image-references", "*release-manifests/image-references*"} {
		want(t, run(t, "extract", release, "--file", name), 0, string(ordered().References()), "")
	}
	want(t, run(t, "extract", release, "--file", "image-references", "--to", "-"), 0, string(ordered().References()), "")
	want(t, run(t, "extract", release, "--file", "image-reference,release-metdata"), 3, "",
		"error: the payload has no file \"image-reference\"; did you mean image-references?, and no file \"release-metdata\"; did you mean release-metadata?\n")
	want(t, run(t, "extract", release, "--file", "release-manifest/image-references"), 3, "",
		"error: the payload has no file \"release-manifest/image-references\"; did you mean release-manifests/image-references?\n")
	want(t, run(t, "extract", release, "--file", "manifests/a.yaml"), 3, "",
		"error: the payload has no file \"manifests/a.yaml\"; the files of manifests/ are read with --operator-manifests\n")
	want(t, run(t, "extract", release, "--file", "*re*"), 2, "", "error: 3 files match and image-references is not a manifest: name one file, or a directory with --to\n")
}

func TestExtractIncluded(t *testing.T) {
	b := ordered().WithManifest("0000_60_z_00_gone.yaml", object("ConfigMap", "gone", included, "release.openshift.io/delete=true"))
	release, dir := layout(t, b), filepath.Join(t.TempDir(), "d")
	want(t, run(t, "extract", release, "--included", "--to", "-"), 0, ""+
		"---\n"+object("Namespace", "first", included)+
		"---\n"+object("ConfigMap", "b1", included)+"---\n"+object("ConfigMap", "b3", included, console), "")
	want(t, run(t, "extract", release, "--included", "--capabilities", "none", "--to", dir), 0, "", "")
	got := readDirectory(t, dir)
	if text := got["0000_50_b_00_all.yaml"]; text != "---\n"+object("ConfigMap", "b1", included) {
		t.Errorf("got %s", text)
	}
	if _, ok := got["0000_50_c_00_preview.yaml"]; ok || len(got) != 5 {
		t.Errorf("got %q", slices.Sorted(maps.Keys(got)))
	}
}

func TestExtractWithoutMatches(t *testing.T) {
	release := layout(t, ordered())
	for _, to := range []string{"-", filepath.Join(t.TempDir(), "d")} {
		want(t, run(t, "extract", release, "--to", to, "--file", "nope"), 3, "", "error: the payload has no file \"nope\"\n")
		want(t, run(t, "extract", release, "--to", to, "--included", "--file", "0000_50_c_00_preview.yaml"), 3, "",
			"error: 0000_50_c_00_preview.yaml is left out: release.openshift.io/feature-set=TechPreviewNoUpgrade, the feature set is Default\n")
		want(t, run(t, "extract", release, "--to", to, "--included", "--exclude-identifier", "x", "--profile", "hypershift"), 3, "",
			"Warning: no manifest names the profile hypershift: this payload has self-managed-high-availability\n"+
				"error: nothing to write: no document of release 4.14.0 matches the flags\n")
	}
}

func TestExtractUsage(t *testing.T) {
	release := layout(t, ordered())
	for _, test := range []struct{ args, want string }{
		{"", "--to is needed: a directory, or - for standard output; --file NAME prints a single file"},
		{"--raw --to x", "--raw needs --operator-manifests"},
		{"--operator-manifests --raw --included --to x", "--raw keeps templates, which are not YAML: it cannot be combined with --included, --normalize or --to -"},
		{"--cloud aws --to x", "--cloud needs --credentials-requests"},
		{"--credentials-requests --cloud mars --to x", `--cloud "mars": want one of alibabacloud, aws, azure, gcp, ibmcloud, nutanix, openstack, ovirt, powervs, vsphere`},
		{"--to x --capabilities none", "--capabilities needs --included: without it no manifest is excluded"},
		{"--to x --profile hypershift", "--profile needs --included: without it no manifest is excluded"},
		{"--force --to -", "--force needs --to DIR"},
		{"--sync --file image-references", "--sync needs --to DIR"},
		{"--tools --to x", "extract has no --tools yet: use `oc adm release extract --tools`"},
		{"--command=oc --to x", "extract has no --command yet: use `oc adm release extract --command`"},
	} {
		want(t, run(t, append([]string{"extract", release}, strings.Fields(test.args)...)...), 2, "", "error: "+test.want+"\n")
	}
	want(t, run(t, "extract", release, "--credentials-requests", "--to", filepath.Join(t.TempDir(), "d")), 3, "",
		"error: nothing to write: no document of release 4.14.0 matches the flags\n")
}

// Without --cloud, the platform of the install config chooses the CredentialsRequests.
func TestExtractCredentialsOfPlatform(t *testing.T) {
	request := func(kind string) string {
		return "apiVersion: cloudcredential.openshift.io/v1\nkind: CredentialsRequest\nmetadata: {name: " + kind + "}\nspec: {providerSpec: {kind: " + kind + "}}\n"
	}
	release := layout(t, ordered().WithManifest("0000_50_x_00.yaml", request("AWSProviderSpec")+"---\n"+request("GCPProviderSpec")))
	config := filepath.Join(t.TempDir(), "install-config.yaml")
	if err := os.WriteFile(config, []byte("apiVersion: v1\nplatform: {gcp: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"extract", release, "--credentials-requests", "--to", "-"}
	want(t, run(t, args...), 0, "---\n"+request("AWSProviderSpec")+"---\n"+request("GCPProviderSpec"), "")
	want(t, run(t, append(args, "--install-config", config)...), 0, "---\n"+request("GCPProviderSpec"), "")
	want(t, run(t, append(args, "--cloud", "aws")...), 0, "---\n"+request("AWSProviderSpec"), "")
	want(t, run(t, append(args, "--install-config", config, "--cloud", "aws")...), 2, "", "error: --cloud aws: the cluster is on gcp\n")
	want(t, run(t, append(args, "--cloud", "openstack")...), 3, "", "error: nothing to write: no document of release 4.14.0 matches the flags\n")
	if err := os.WriteFile(config, []byte("apiVersion: v1\nplatform: {baremetal: {}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(t, run(t, append(args, "--install-config", config)...), 3, "",
		"error: a cluster on the platform baremetal has no CredentialsRequests; --cloud chooses another one\n")
}

func TestExtractKeepsUnreadableManifests(t *testing.T) {
	release := layout(t, ordered().WithManifest("0000_60_x_00_broken.yaml", "a: [\n"))
	// Nothing warns, because files that are written as they are are not parsed.
	want(t, run(t, "extract", release, "--file", "0000_60_x_00_broken.yaml"), 0, "a: [\n", "")
	for _, flag := range []string{"--included", "--normalize", "--credentials-requests"} {
		if got := run(t, "extract", release, flag, "--to", filepath.Join(t.TempDir(), "d")); got.code != 6 || !strings.Contains(got.err, "0000_60_x_00_broken.yaml: document 1 cannot be read: ") {
			t.Errorf("%s: exit code %d, %s", flag, got.code, got.err)
		}
	}
}

// The files equal the entries of the layer and the output of oc.
func TestExtractOfRealRelease(t *testing.T) {
	release, parent := real(t), t.TempDir()
	plain := filepath.Join(parent, "plain")
	want(t, run(t, "extract", release, "--to", plain), 0, "", "")
	entries := map[string]string{}
	for _, f := range fixture.Release(t, fixture.Version).Release {
		entries[f.Name] = string(f.Data)
	}
	if diff := cmp.Diff(entries, readDirectory(t, plain)); diff != "" {
		t.Error(diff)
	}
	normal := filepath.Join(parent, "normal")
	want(t, run(t, "extract", release, "--normalize", "--to", normal), 0, "", "")
	var sums strings.Builder
	written := readDirectory(t, normal)
	for _, name := range slices.Sorted(maps.Keys(written)) {
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256([]byte(written[name])), name)
	}
	if diff := cmp.Diff(fixture.Read(t, "oc-golden/extract.sha256"), sums.String()); diff != "" {
		t.Error(diff)
	}
	stream := good(t, run(t, "extract", release, "--to", "-"))
	if at := regexp.MustCompile(`(?m)\x{FEFF}|^---.*\n---`).FindStringIndex(stream); at != nil {
		t.Errorf("the stream has %.200q at byte %d", stream[at[0]:], at[0])
	}
	requests := filepath.Join(parent, "requests")
	want(t, run(t, "extract", release, "--credentials-requests", "--cloud", "aws", "--to", requests), 0, "", "")
	if got := strings.Join(slices.Sorted(maps.Keys(readDirectory(t, requests))), "\n") + "\n"; got != fixture.Read(t, "oc-golden/extract-credentials-requests.files") {
		t.Errorf("got %s", got)
	}
}

// Every command warns once of files in subdirectories, with and without a cache.
func TestFilesInSubdirectoriesAreOmitted(t *testing.T) {
	file := func(name string) testrelease.Entry { return testrelease.File("release-manifests/"+name, "a: b\n") }
	const why = " left out: directories below release-manifests are skipped, as the operator does\n"
	for name, test := range map[string]struct {
		change func(*testrelease.Builder) *testrelease.Builder
		want   string
	}{
		"one": {func(b *testrelease.Builder) *testrelease.Builder { return b.WithEntries(file("sub/a.yaml")) }, "Warning: release-manifests/sub/a.yaml is" + why},
		"several": {func(b *testrelease.Builder) *testrelease.Builder {
			return b.WithEntries(file("sub/b/c"), file("sub/a.yaml"), file("a/z"))
		}, "Warning: release-manifests/a/z and 2 more files are" + why},
		"a directory alone": {func(b *testrelease.Builder) *testrelease.Builder {
			return b.WithEntries(testrelease.Dir("release-manifests/sub/"))
		}, ""},
		"of the operator": {func(b *testrelease.Builder) *testrelease.Builder {
			return b.WithEntries(testrelease.File("manifests/sub/a", ""))
		}, ""},
		"removed by a layer above": {func(b *testrelease.Builder) *testrelease.Builder {
			return b.WithEntries(file("sub/a.yaml")).WithLayerOnTop(testrelease.Whiteout("release-manifests/sub"))
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, run := watch(t), cached(t)
			c.push(t, test.change(layered().Clone()), "ocp/release", "t")
			for _, args := range [][]string{{"images"}, {"images"}, {"manifests"}, {"manifests"}, {"extract", "--to", filepath.Join(t.TempDir(), "d")}} {
				got := run.run(t, with(args[0], host(c.Server)+"/ocp/release:t", args[1:]...)...)
				if got.code != 0 || got.err != test.want {
					t.Errorf("%s: exit code %d, %s", args[0], got.code, got.err)
				}
			}
			code := 7
			if test.want == "" {
				code = 0
			}
			if got := run.run(t, with("images --strict", host(c.Server)+"/ocp/release:t")...); got.code != code {
				t.Errorf("--strict: exit code %d, %s", got.code, got.err)
			}
		})
	}
}
