package plugin_test

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// pulledParts pulls a recorded release into parts, and returns the archive's name, its parts, and the command.
func pulledParts(t *testing.T, more ...string) (file string, parts, line []string) {
	t.Helper()
	source, flags := recordedTools(t)
	file = filepath.Join(t.TempDir(), "release.tar")
	line = slices.Concat([]string{"pull", source + ":4.99.0-x86_64", "--to", "oci-archive:" + file, "--archive-size", partSize}, flags, more)
	good(t, run(t, line...))
	parts, err := filepath.Glob(file + ".*")
	if err != nil || len(parts) < 2 {
		t.Fatalf("parts %q, %v: want several", parts, err)
	}
	return file, parts, line
}

// partSize is what the manifests of the recorded release need, and some of its blobs.
const partSize = "100Ki"

// Each part is a layout that names all images and has their manifests, and no part is bigger than it may be.
func TestPullToParts(t *testing.T) {
	file, parts, line := pulledParts(t)
	var want []string
	for _, list := range recordedDestination(t, "mirror") {
		want = append(want, list...)
	}
	blobs := map[string]int{}
	for _, part := range parts {
		info, err := os.Stat(part)
		if err != nil {
			t.Fatal(err)
		}
		dir := unpack(t, part)
		if diff := cmp.Diff(want, layoutContents(t, dir)); diff != "" {
			t.Errorf("%s (-oc +ours):\n%s", part, diff)
		}
		names, _ := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
		for _, name := range names {
			blobs[filepath.Base(name)]++
		}
		if own := 0; info.Size() > 100<<10 {
			for _, name := range names {
				if blob, _ := os.Stat(name); blob.Size() > 20<<10 {
					own++
				}
			}
			if own > 1 {
				t.Errorf("%s has %d bytes and %d big blobs", part, info.Size(), own)
			}
		}
		good(t, run(t, "images", "oci-archive:"+part))
	}
	inOne := 0
	for _, n := range blobs {
		if n == 1 {
			inOne++
		} else if n != len(parts) {
			t.Errorf("a blob is in %d of %d parts", n, len(parts))
		}
	}
	if inOne < len(parts)-1 {
		t.Errorf("%d blobs are in one part alone", inOne)
	}
	direct, saved := run(t, slices.Concat([]string{"images", line[1], "-o", "pullspec"}, line[6:])...), run(t, "images", "oci-archive:"+file, "-o", "pullspec")
	if saved.code != 0 || saved.out != direct.out {
		t.Errorf("exit code %d, stdout %q, want %q; stderr %q", saved.code, saved.out, direct.out, saved.err)
	}
}

// Parts are loaded one at a time and in any order. Nothing gets its tag before the last, and each says what is missing.
func TestLoadParts(t *testing.T) {
	file, parts, _ := pulledParts(t)
	target := testrelease.TLSRegistry(t)
	load := func(from string) result {
		return run(t, "mirror", "--from", from, "--to", host(target)+"/ocp/x", "--certificate-authority", caFile(t, target.Certificate()))
	}
	slices.Reverse(parts)
	for i, part := range parts[:len(parts)-1] {
		got := load("oci-archive:" + part)
		prefix := fmt.Sprintf("error: copied part %d of %d; copy part", len(parts)-i, len(parts))
		if got.code != 7 || !strings.HasPrefix(got.err, prefix) || !strings.HasPrefix(got.out, "Copied blobs of 4.99.0 to ") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q, want %q", part, got.code, got.out, got.err, prefix)
		}
		if i == len(parts)-2 && !strings.Contains(got.err, "; copy part 1 too (") {
			t.Errorf("before the last part: %q", got.err)
		}
		if names := tags(t, target, "ocp/x"); len(names) > 0 {
			t.Errorf("after %s: tags %q", part, names)
		}
	}
	good(t, load("oci-archive:"+parts[len(parts)-1]))
	var want []string
	for _, list := range recordedDestination(t, "mirror") {
		want = append(want, list...)
	}
	if diff := cmp.Diff(want, contents(t, target, "ocp/x")); diff != "" {
		t.Errorf("loaded (-oc +ours):\n%s", diff)
	}
	good(t, load("oci-archive:"+parts[1])) // again: everything is there
	for _, from := range []string{"oci-archive:" + strings.Join(parts, ","), "oci-archive:" + file} {
		other := testrelease.TLSRegistry(t)
		good(t, run(t, "mirror", "--from", from, "--to", host(other)+"/ocp/x", "--certificate-authority", caFile(t, other.Certificate())))
		if diff := cmp.Diff(want, contents(t, other, "ocp/x")); diff != "" {
			t.Errorf("%s (-oc +ours):\n%s", from, diff)
		}
	}
}

// A part that is complete is not written again. One that is damaged or deleted is, and gets the same files.
func TestPullMendsParts(t *testing.T) {
	_, parts, line := pulledParts(t)
	whole, files := map[string][]byte{}, map[string][]string{}
	for _, part := range parts {
		data, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		whole[part], files[part] = data, archivedFiles(t, part)
	}
	for name, damage := range map[string]func(part string) error{
		"nothing": func(string) error { return nil },
		"deleted": os.Remove,
		"interrupted before the part got its name": func(part string) error {
			return os.Rename(part, part+".partial")
		},
		"bit": func(part string) error {
			data := slices.Clone(whole[part])
			data[2*512+600] ^= 1 // in the first blob
			return os.WriteFile(part, data, 0o600)
		},
		"manifest": func(part string) error {
			data := slices.Clone(whole[part])
			at := strings.LastIndex(string(data), `"layers"`)
			data[at] ^= 1
			return os.WriteFile(part, data, 0o600)
		},
	} {
		for _, part := range []string{parts[0], parts[len(parts)-1]} {
			t.Run(name+" "+filepath.Base(part), func(t *testing.T) {
				if err := damage(part); err != nil {
					t.Fatal(err)
				}
				before, _ := os.Stat(parts[0])
				got := run(t, line...)
				if damaged := strings.Contains(got.err, "damaged"); got.code != 0 || damaged != (name == "bit" || name == "manifest") {
					t.Errorf("exit code %d, stderr %q", got.code, got.err)
				}
				for _, part := range parts {
					if diff := cmp.Diff(files[part], archivedFiles(t, part)); diff != "" {
						t.Errorf("%s (-want +got):\n%s", part, diff)
					}
				}
				if after, err := os.Stat(parts[0]); name == "nothing" && (err != nil || !os.SameFile(before, after)) {
					t.Errorf("%s was written again: %v", parts[0], err)
				}
			})
		}
	}
}

// archivedFiles lists the files of an archive with their contents.
func archivedFiles(t *testing.T, file string) (files []string) {
	t.Helper()
	dir := unpack(t, file)
	names, _ := filepath.Glob(filepath.Join(dir, "blobs", "sha256", "*"))
	for _, name := range append(names, filepath.Join(dir, "index.json")) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, fmt.Sprintf("%s %x", filepath.Base(name), sha256.Sum256(data)))
	}
	return files
}

func TestPullRefusesParts(t *testing.T) {
	file, parts, line := pulledParts(t)
	with := func(size string) []string {
		other := slices.Clone(line)
		other[5] = size
		return other
	}
	directory := slices.Clone(line)
	directory[3] = "oci:" + file
	for name, test := range map[string]struct {
		line []string
		code int
		err  string
	}{
		"another size": {with("200Ki"), 8, "error: oci-archive:" + file + ": " + parts[5] + " is a part of another pull: choose another file name, or delete the parts; --base leaves out what they have\n"},
		"no size":      {with("x"), 2, "error: --archive-size \"x\": want a positive size such as 512Mi or 1G\n"},
		"a directory":  {directory, 2, "error: --archive-size splits an archive: want --to oci-archive:FILE with it; see `oc release-x pull --help`\n"},
	} {
		t.Run(name, func(t *testing.T) { want(t, run(t, test.line...), test.code, "", test.err) })
	}
	got := run(t, with("1Ki")...)
	if got.code != 2 || !strings.HasPrefix(got.err, "error: parts of 1024 bytes are too small, because every part has all manifests; want --archive-size ") {
		t.Errorf("exit code %d, stderr %q", got.code, got.err)
	}
	least := strings.Fields(strings.TrimPrefix(got.err[strings.Index(got.err, "want --archive-size "):], "want --archive-size "))[0]
	for _, part := range parts {
		if err := os.Remove(part); err != nil {
			t.Fatal(err)
		}
	}
	good(t, run(t, with(least)...))
}

// Blobs of the base are in no part, and loading the parts wants them at the target.
func TestPullToPartsLeavesOutItsBase(t *testing.T) {
	base, _, _ := pulledParts(t, "--component", "etcd")
	file, parts, _ := pulledParts(t, "--base", base)
	target := testrelease.TLSRegistry(t)
	load := func(from string) result {
		return run(t, "mirror", "--from", from, "--to", host(target)+"/ocp/x", "--certificate-authority", caFile(t, target.Certificate()))
	}
	if got := load("oci-archive:" + parts[0]); got.code != 3 || !strings.Contains(got.err, "was pulled with --base, and") {
		t.Errorf("without the base: exit code %d, stderr %q", got.code, got.err)
	}
	good(t, load("oci-archive:"+base))
	good(t, load("oci-archive:"+file))
}

func TestPullPlansParts(t *testing.T) {
	_, parts, line := pulledParts(t)
	got := run(t, append(line, "--dry-run")...)
	if want := fmt.Sprintf("each counted once, in %d parts\n", len(parts)); got.code != 0 || !strings.HasSuffix(got.out, want) {
		t.Errorf("exit code %d, stdout %q, want %q at its end; stderr %q", got.code, got.out, want, got.err)
	}
}

// A pull that fails in the middle is continued, and asks for no blob again.
func TestPullOfPartsIsContinued(t *testing.T) {
	source := testrelease.LayoutRegistry(t, fixture.Path(t, "tools-release"), "ocp/release", "ocp/art")
	var blobs, limit atomic.Int64
	limit.Store(20)
	inner := source.Config.Handler
	source.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/blobs/") && blobs.Add(1) > limit.Load() {
			http.Error(w, "no", http.StatusForbidden)
			return
		}
		inner.ServeHTTP(w, r)
	})
	file := filepath.Join(t.TempDir(), "release.tar")
	line := slices.Concat([]string{"pull", host(source) + "/ocp/release:4.99.0-x86_64", "--to", "oci-archive:" + file, "--archive-size", partSize, "--no-cache", "--progress", "none", "--certificate-authority", caFile(t, source.Certificate())}, mirrored(t, source, "registry.example.com"))
	if got := run(t, line...); got.code != 4 {
		t.Fatalf("exit code %d, stderr %q", got.code, got.err)
	}
	if parts, _ := filepath.Glob(file + ".???"); len(parts) > 0 {
		t.Errorf("parts %q", parts)
	}
	first := blobs.Swap(0)
	limit.Store(1 << 30)
	good(t, run(t, line...))
	if again := blobs.Load(); again >= 2*first+40 {
		t.Errorf("%d requests for blobs after %d", again, first)
	}
}
