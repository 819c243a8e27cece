package plugin_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// layoutContents lists the entries of an OCI layout like contents: "TAG DIGEST MEDIATYPE".
func layoutContents(t *testing.T, dir string) []string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var index struct {
		Manifests []struct {
			Digest, MediaType string
			Annotations       map[string]string
		}
	}
	if err := json.Unmarshal(data, &index); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range index.Manifests {
		lines = append(lines, m.Annotations["org.opencontainers.image.ref.name"]+" "+m.Digest+" "+m.MediaType)
	}
	slices.Sort(lines)
	return lines
}

// A layout has the tags, digests and media types that oc writes to a registry, and a registry has them after it was loaded.
func TestPullAndLoadCopyWhatOCCopies(t *testing.T) {
	source, flags := recordedTools(t)
	for golden, tag := range map[string]string{"mirror": "4.99.0-x86_64", "mirror-multi-keep-manifest-list": "4.99.0-multi"} {
		t.Run(golden, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "layout")
			good(t, run(t, append([]string{"pull", source + ":" + tag, "--to", "oci:" + dir}, flags...)...))
			var want []string
			for _, list := range recordedDestination(t, golden) {
				want = append(want, list...)
			}
			if diff := cmp.Diff(want, layoutContents(t, dir)); diff != "" {
				t.Errorf("layout (-oc +ours):\n%s", diff)
			}
			target := testrelease.TLSRegistry(t)
			good(t, run(t, "mirror", "--from", "oci:"+dir, "--to", host(target)+"/ocp/loaded", "--certificate-authority", caFile(t, target.Certificate())))
			if diff := cmp.Diff(want, contents(t, target, "ocp/loaded")); diff != "" {
				t.Errorf("loaded (-oc +ours):\n%s", diff)
			}
		})
	}
}

// pulled pulls a release of two components, and returns the layout and the command.
func pulled(t *testing.T) (dir string, line []string) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "layout")
	source := testrelease.Registry(t)
	built, err := testrelease.New("4.14.0").WithComponent("etcd").WithComponent("cli").Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := built.PushTo(source, "org/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	line = []string{"pull", host(source) + "/org/release:4.14.0", "--to", "oci:" + dir, "--insecure", "--skip-signatures", "--only-release"}
	good(t, run(t, line...))
	return dir, line
}

// biggestBlob is the file of the biggest blob.
func biggestBlob(t *testing.T, dir string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
	if err != nil || len(names) == 0 {
		t.Fatalf("%v, %v", names, err)
	}
	size := func(name string) int64 {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	return slices.MaxFunc(names, func(a, b string) int { return int(size(a) - size(b)) })
}

func TestPullMendsADamagedLayout(t *testing.T) {
	dir, line := pulled(t)
	blob := biggestBlob(t, dir)
	whole, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func() error{
		"bit":     func() error { return os.WriteFile(blob, append([]byte{whole[0] ^ 1}, whole[1:]...), 0o600) },
		"short":   func() error { return os.Truncate(blob, 10) },
		"missing": func() error { return os.Remove(blob) },
	} {
		t.Run(name, func(t *testing.T) {
			if err := damage(); err != nil {
				t.Fatal(err)
			}
			target := testrelease.Registry(t)
			got := run(t, "mirror", "--from", "oci:"+dir, "--to", host(target)+"/ocp/x", "--insecure", "--skip-signatures")
			if got.code != 6 && got.code != 3 || !strings.Contains(got.err, filepath.Base(blob)) || strings.Contains(got.err, host(target)) || got.out != "" {
				t.Errorf("loading: exit code %d, stdout %q, stderr %q", got.code, got.out, got.err)
			}
			if got := run(t, line...); got.code != 0 || !strings.Contains(got.out, "1 copied") {
				t.Errorf("pulling again: exit code %d, stdout %q, stderr %q", got.code, got.out, got.err)
			}
			if now, err := os.ReadFile(blob); err != nil || string(now) != string(whole) {
				t.Errorf("the blob has %d bytes, want %d; %v", len(now), len(whole), err)
			}
		})
	}
}

func TestPullOfWhatIsThereChangesNothing(t *testing.T) {
	dir, line := pulled(t)
	before, err := os.Stat(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	got := run(t, line...)
	if want := "  Manifests:   0 copied, 1 were there\n  Blobs:       0 copied (0), 0 were there (0)\n"; got.code != 0 || !strings.Contains(got.out, want) {
		t.Errorf("exit code %d, stdout %q, want %q; stderr %q", got.code, got.out, want, got.err)
	}
	after, err := os.Stat(filepath.Join(dir, "index.json"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("index.json was written again: %v", err)
	}
}

// Commands read the release of a layout without a tag, though it has components too.
func TestPulledLayoutNeedsNoTag(t *testing.T) {
	source, flags := recordedTools(t)
	dir := filepath.Join(t.TempDir(), "layout")
	good(t, run(t, append([]string{"pull", source + ":4.99.0-x86_64", "--to", "oci:" + dir}, flags...)...))
	direct, saved := run(t, append([]string{"images", source + ":4.99.0-x86_64", "-o", "pullspec"}, flags...)...), run(t, "images", "oci:"+dir, "-o", "pullspec")
	if saved.code != 0 || saved.out != direct.out {
		t.Errorf("exit code %d, stdout %q, want %q; stderr %q", saved.code, saved.out, direct.out, saved.err)
	}
}

func TestPullRefusesTargets(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		want string
	}{
		"no target":         {nil, 2, "error: --to is missing: name the layout to copy to, such as --to oci:releases; see `oc release-x pull --help`\n"},
		"a registry":        {[]string{"--to", "registry.example.com/a/b:c"}, 2, "error: --to \"registry.example.com/a/b:c\" is not a layout on a disk; `mirror` copies to a registry\n"},
		"a tag":             {[]string{"--to", "oci:dir:tag"}, 2, "error: --to \"oci:dir:tag\" is not a layout on a disk; want oci:DIR or oci-archive:FILE without a tag, such as oci:releases\n"},
		"a directory":       {[]string{"--to", "/mnt/releases"}, 2, "error: --to \"/mnt/releases\" is not a layout on a disk; did you mean oci:/mnt/releases?\n"},
		"a name":            {[]string{"--to", "disk/releases"}, 2, "error: --to \"disk/releases\" is not a layout on a disk; did you mean oci:disk/releases?\n"},
		"a file":            {[]string{"--to", "disk/4.14.0.tar"}, 2, "error: --to \"disk/4.14.0.tar\" is not a layout on a disk; did you mean oci-archive:disk/4.14.0.tar?\n"},
		"another directory": {[]string{"--to", "oci:" + full}, 8, "error: " + full + " is not an OCI layout, and it is not empty: it has \"notes.txt\"\n"},
	} {
		t.Run(name, func(t *testing.T) {
			want(t, run(t, append([]string{"pull", "localhost:1/a/b:4.14.0"}, test.args...)...), test.code, "", test.want)
		})
	}
}

func TestLoadNamesWhatWasSaved(t *testing.T) {
	dir, _ := pulled(t)
	target := testrelease.Registry(t)
	line := []string{"mirror", "--from", "oci:" + dir, "--to", host(target) + "/ocp/x", "--insecure", "--skip-signatures"}
	want(t, run(t, append(line, "4.15.0")...), 3, "", "error: 4.15.0 was not saved; oci:"+dir+" has 4.14.0-x86_64\n")
	good(t, run(t, append(line, "4.14.0")...))
	if got := tags(t, target, "ocp/x"); !slices.Equal(got, []string{"4.14.0-x86_64"}) {
		t.Errorf("tags %q", got)
	}
}

// A layout with a base leaves out the base's blobs. It is loaded where the base is, and nowhere else.
func TestPullLeavesOutItsBase(t *testing.T) {
	source, flags := recordedTools(t)
	dirs := t.TempDir()
	pull := func(name string, more ...string) string {
		dir := filepath.Join(dirs, name)
		good(t, run(t, slices.Concat([]string{"pull", source + ":4.99.0-x86_64", "--to", "oci:" + dir}, flags, more)...))
		return dir
	}
	blobs := func(dir string) int {
		names, _ := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
		return len(names)
	}
	first, whole := pull("first", "--component", "etcd"), pull("whole")
	update := pull("update", "--base", "oci:"+first)
	if delta, all := blobs(update), blobs(whole); delta >= all {
		t.Errorf("the layout with a base has %d blobs, the one without %d", delta, all)
	}
	good(t, run(t, "images", "oci:"+update))
	target := testrelease.TLSRegistry(t)
	to := host(target) + "/ocp/x"
	load := func(dir string) result {
		return run(t, "mirror", "--from", "oci:"+dir, "--to", to, "--certificate-authority", caFile(t, target.Certificate()))
	}
	got := load(update)
	if got.code != 3 || !strings.HasPrefix(got.err, "error: oci:"+update+" was pulled with --base, and "+to+" does not have the blob sha256:") ||
		!strings.HasSuffix(got.err, ": nothing was copied; copy the base there first\n") {
		t.Errorf("without the base: exit code %d, stderr %q", got.code, got.err)
	}
	good(t, load(first))
	good(t, load(update))
	other := testrelease.TLSRegistry(t)
	good(t, run(t, "mirror", "--from", "oci:"+whole, "--to", host(other)+"/ocp/x", "--certificate-authority", caFile(t, other.Certificate())))
	if diff := cmp.Diff(contents(t, other, "ocp/x"), contents(t, target, "ocp/x")); diff != "" {
		t.Errorf("target (-whole +base and update):\n%s", diff)
	}
}

// A base that has a release with its signatures may be pulled again with another one: loading verifies both from the layout alone.
func TestPullKeepsSignaturesThatItsBaseHas(t *testing.T) {
	c := newCopies(t)
	key := writeFile(t, "cosign.pub", c.signer.PEM)
	for _, version := range []string{"4.14.0", "4.14.1"} {
		r := c.push(t, c.release(t, version, c.scopes(), "a"), version)
		c.sign(t, "ocp/release", r.Digest())
	}
	c.sign(t, "ocp/art", componentDigest(t, "a"))
	base, update := filepath.Join(t.TempDir(), "base"), filepath.Join(t.TempDir(), "update")
	source := host(c.source.Server) + "/ocp/release:"
	good(t, run(t, "pull", source+"4.14.0", "--to", "oci:"+base, "--insecure", "--key", key))
	good(t, run(t, "pull", source+"4.14.0", source+"4.14.1", "--to", "oci:"+update, "--base", "oci:"+base, "--insecure", "--key", key))
	for _, dir := range []string{base, update} {
		good(t, run(t, "mirror", "--from", "oci:"+dir, "--to", host(c.target.Server)+"/ocp/m", "--insecure", "--key", key, "--require-signatures"))
	}
}

// The base can be the registry itself that the layout will be copied to.
func TestPullLeavesOutWhatARegistryHas(t *testing.T) {
	target := testrelease.Registry(t)
	dir, line := pulled(t)
	good(t, run(t, "mirror", "--from", "oci:"+dir, "--to", host(target)+"/ocp/x", "--insecure", "--skip-signatures"))
	update := filepath.Join(t.TempDir(), "update")
	line[3] = "oci:" + update
	good(t, run(t, append(line, "--base", host(target)+"/ocp/x")...))
	good(t, run(t, "images", "oci:"+update))
	want(t, run(t, append(line, "--base", host(target)+"/ocp/x:tag")...), 2, "", "error: --base \""+host(target)+"/ocp/x:tag\": want oci:DIR, an archive, or REGISTRY/REPOSITORY without a tag\n")
}

func TestPullThatFailsLeavesNoDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "layout")
	got := run(t, "pull", host(testrelease.Registry(t))+"/no/release:4.14.0", "--to", "oci:"+dir, "--insecure")
	if _, err := os.Stat(dir); got.code != 3 || !os.IsNotExist(err) {
		t.Errorf("exit code %d, %v", got.code, err)
	}
}

// A damaged release is an error, though another release of the layout is intact.
func TestLoadRefusesADamagedRelease(t *testing.T) {
	dir, line := pulled(t)
	source := testrelease.Registry(t)
	other, err := testrelease.New("4.14.1").WithComponent("etcd").Build()
	if err == nil {
		err = other.PushTo(source, "org/release", "4.14.1")
	}
	if err != nil {
		t.Fatal(err)
	}
	good(t, run(t, append([]string{"pull", host(source) + "/org/release:4.14.1"}, line[2:]...)...))
	config := other.Images[0].Config.Digest
	if err := os.Remove(filepath.Join(dir, "blobs", "sha256", config.Encoded())); err != nil {
		t.Fatal(err)
	}
	target := testrelease.Registry(t)
	load := []string{"mirror", "--from", "oci:" + dir, "--to", host(target) + "/ocp/x", "--insecure", "--skip-signatures"}
	want(t, run(t, load...), 3, "", "error: oci:"+dir+": the configuration "+config.String()+": it is not in the layout\n")
	want(t, run(t, append(load, "4.14.1")...), 3, "", "error: oci:"+dir+": the configuration "+config.String()+": it is not in the layout\n")
	good(t, run(t, append(load, "4.14.0")...)) // the damage does not concern it
	want(t, run(t, append(load, "4.14.2")...), 3, "", "error: 4.14.2 was not saved; oci:"+dir+" has 4.14.0-x86_64\n")
}

// Components that the user chose have to be there; others were left out on purpose.
func TestLoadOfComponentsThatWereNotSaved(t *testing.T) {
	dir, _ := pulled(t)
	target := testrelease.Registry(t)
	load := []string{"mirror", "--from", "oci:" + dir, "--to", host(target) + "/ocp/x", "--insecure", "--skip-signatures"}
	want(t, run(t, append(load, "--component", "etcd,cli")...), 3, "",
		"error: oci:"+dir+" does not have these components of 4.14.0-x86_64: cli, etcd; pull them too, or choose fewer\n")
	got := run(t, append(load, "-v=1")...)
	if note := "oci:" + dir + " has 0 of the 2 components of 4.14.0-x86_64; only these are copied\n"; got.code != 0 || !strings.Contains(got.err, note) {
		t.Errorf("exit code %d, stderr %q", got.code, got.err)
	}
}

// An image with two tags has both after loading.
func TestLoadOfAnImageWithSeveralTags(t *testing.T) {
	source, target := testrelease.Registry(t), testrelease.Registry(t)
	shared, err := testrelease.New("1.0.0").WithComponent("x").WithLabel("io.openshift.release", "").Build()
	if err == nil {
		err = shared.PushTo(source, "org/art", "shared")
	}
	if err != nil {
		t.Fatal(err)
	}
	image := testrelease.Image(host(source) + "/org/art@" + shared.Digest().String())
	release, err := testrelease.New("4.14.0").WithComponent("a", image).WithComponent("b", image).Build()
	if err == nil {
		err = release.PushTo(source, "org/release", "4.14.0")
	}
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "layout")
	good(t, run(t, "pull", host(source)+"/org/release:4.14.0", "--to", "oci:"+dir, "--insecure", "--skip-signatures"))
	good(t, run(t, "mirror", "--from", "oci:"+dir, "--to", host(target)+"/ocp/x", "--insecure", "--skip-signatures"))
	if diff := cmp.Diff([]string{"4.14.0-x86_64", "4.14.0-x86_64-a", "4.14.0-x86_64-b"}, tags(t, target, "ocp/x")); diff != "" {
		t.Error(diff)
	}
}

// A damaged blob of a component is found while it is sent. The error names the layout, and not the registry.
func TestLoadNamesADamagedBlob(t *testing.T) {
	source, flags := recordedTools(t)
	dir := filepath.Join(t.TempDir(), "layout")
	good(t, run(t, append([]string{"pull", source + ":4.99.0-x86_64", "--to", "oci:" + dir}, flags...)...))
	blob := biggestBlob(t, dir)
	data, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(blob, data, 0o600); err != nil {
		t.Fatal(err)
	}
	target := testrelease.TLSRegistry(t)
	got := run(t, "mirror", "--from", "oci:"+dir, "--to", host(target)+"/ocp/x", "--certificate-authority", caFile(t, target.Certificate()))
	d := "sha256:" + filepath.Base(blob)
	want(t, got, 6, "", "error: oci:"+dir+": blob "+d+": its bytes have another digest\n")
}

// A version that the user names is that of the release, and not only of its tag.
func TestLoadOfAnotherVersionUnderATag(t *testing.T) {
	dir, _ := pulled(t)
	file := filepath.Join(dir, "index.json")
	index, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, []byte(strings.ReplaceAll(string(index), "4.14.0-x86_64", "4.14.1-x86_64")), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	target := testrelease.Registry(t)
	load := []string{"mirror", "--from", "oci:" + dir, "--to", host(target) + "/ocp/x", "--insecure", "--skip-signatures"}
	for _, version := range []string{"4.14.1", "4.14.1-x86_64"} {
		want(t, run(t, append(load, version)...), 6, "", "error: nothing was copied: oci:"+dir+":4.14.1-x86_64: version: oci:"+dir+":4.14.1-x86_64 is release 4.14.0, not 4.14.1\n")
	}
	if got := run(t, load...); got.code != 0 || got.err != "Warning: oci:"+dir+":4.14.1-x86_64 is release 4.14.0, not 4.14.1\n" {
		t.Errorf("exit code %d, stderr %q", got.code, got.err)
	}
}
