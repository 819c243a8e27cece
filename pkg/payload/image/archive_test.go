package image_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// failure opens and reads a reference and gives the error behind the reference.
func failure(t *testing.T, reference string, limits image.Limits) (fault.Kind, string) {
	t.Helper()
	img, err := image.Opener{Limits: limits}.Open(t.Context(), parse(t, reference))
	if err == nil {
		files, readErr := img.Files(t.Context(), everything)
		if len(files.Release) != 0 && readErr != nil {
			t.Errorf("got files beside the error %v", readErr)
		}
		err = readErr
	}
	if err == nil {
		return 0, ""
	}
	text, found := strings.CutPrefix(err.Error(), reference+": ")
	if !found {
		t.Errorf("the error does not begin with the reference: %v", err)
	}
	return fault.KindOf(err), text
}

// writeTar writes entries as a tar file.
func writeTar(t *testing.T, file string, entries ...testrelease.Entry) {
	t.Helper()
	data, err := testrelease.Tar(entries...)
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasSuffix(file, "gz") {
		data = gz(t, data)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestLayoutSelection(t *testing.T) {
	dir := t.TempDir()
	first, second := build(t, sample()), build(t, sample().WithComponent("pod").WithList("amd64", "arm64"))
	component := build(t, testrelease.New("1.0.0").WithLabel("io.openshift.release", "").WithComponent("x")) // which errors do not list
	for tag, release := range map[string]*testrelease.Release{"a": first, "a-etcd": component, "b": second} {
		if err := release.WriteLayout(dir, tag); err != nil {
			t.Fatal(err)
		}
	}
	nobody := digest.FromString("nobody")
	arm := second.Images[1].Manifest.Digest
	tests := []struct {
		suffix string
		digest digest.Digest
		kind   fault.Kind
		want   string
	}{
		{":a", first.Digest(), 0, ""},
		{":a-etcd", component.Digest(), 0, ""},
		{":b", second.Digest(), 0, ""},
		{"@" + first.Digest().String(), first.Digest(), 0, ""},
		{"@" + second.ListDigest().String(), second.Digest(), 0, ""},
		{"@" + arm.String(), arm, 0, ""},
		{"", "", fault.Usage, "it holds 2 images: add the tag of one, as in oci:" + dir + ":TAG: a, b"},
		{":c", "", fault.NotFound, "no image has the tag c; it has a, b"},
		{"@" + nobody.String(), "", fault.NotFound, "no image has the digest " + nobody.String() + "; it has a, b"},
	}
	for _, test := range tests {
		t.Run(test.suffix, func(t *testing.T) {
			reference := "oci:" + dir + test.suffix
			img, err := image.Opener{}.Open(t.Context(), parse(t, reference))
			if test.want != "" {
				if err == nil || err.Error() != reference+": "+test.want || fault.KindOf(err) != test.kind {
					t.Errorf("got %v, kind %d\nwant %s", err, fault.KindOf(err), test.want)
				}
				return
			}
			if err != nil || img.Identity().Digest != test.digest {
				t.Errorf("got %v, want %s", err, test.digest)
			}
		})
	}
}

func TestLayoutFaults(t *testing.T) {
	write := func(t *testing.T, b *testrelease.Builder) (string, *testrelease.Release) {
		t.Helper()
		dir := t.TempDir()
		release := build(t, b)
		if err := release.WriteLayout(dir, "t"); err != nil {
			t.Fatal(err)
		}
		return dir, release
	}
	blob := func(dir string, d digest.Digest) string { return filepath.Join(dir, "blobs", "sha256", d.Encoded()) }
	change := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect := func(t *testing.T, reference string, kind fault.Kind, want string) {
		t.Helper()
		if gotKind, got := failure(t, reference, image.Limits{}); got != want || gotKind != kind {
			t.Errorf("kind %d, want %d\n got %s\nwant %s", gotKind, kind, got, want)
		}
	}
	t.Run("a layer changed", func(t *testing.T) {
		dir, release := write(t, sample().WithStored(testrelease.PayloadPart, func(b []byte) []byte {
			b = bytes.Clone(b)
			b[4] ^= 1
			return b
		}))
		stored, _ := release.Blob(payloadLayer(release).Digest)
		expect(t, "oci:"+dir, fault.Integrity, fmt.Sprintf("layer %s: its bytes have the digest %s", payloadLayer(release).Digest, digest.FromBytes(stored)))
	})
	t.Run("a manifest changed", func(t *testing.T) {
		dir, release := write(t, sample().WithStored(testrelease.ManifestPart, func(b []byte) []byte { return append(bytes.Clone(b), ' ') }))
		stored, _ := release.Blob(release.Digest())
		expect(t, "oci:"+dir, fault.Integrity, fmt.Sprintf("manifest %s: its bytes have the digest %s, want %s", release.Digest(), digest.FromBytes(stored), release.Digest()))
	})
	t.Run("a layer missing", func(t *testing.T) {
		dir, release := write(t, sample())
		change(t, os.Remove(blob(dir, payloadLayer(release).Digest)))
		expect(t, "oci:"+dir, fault.NotFound, fmt.Sprintf("layer %s: it is not in the layout", payloadLayer(release).Digest))
	})
	t.Run("a manifest missing", func(t *testing.T) {
		dir, release := write(t, sample())
		change(t, os.Remove(blob(dir, release.Digest())))
		expect(t, "oci:"+dir, fault.NotFound, fmt.Sprintf("manifest %s: it is not in the layout", release.Digest()))
	})
	t.Run("a directory in place of a layer", func(t *testing.T) {
		dir, release := write(t, sample())
		file := blob(dir, payloadLayer(release).Digest)
		change(t, os.Remove(file))
		change(t, os.Mkdir(file, 0o755))
		expect(t, "oci:"+dir, fault.Integrity, fmt.Sprintf("layer %s: %s is not a regular file", payloadLayer(release).Digest, file))
	})
	t.Run("a malformed digest in the index", func(t *testing.T) {
		dir, _ := write(t, sample())
		change(t, os.WriteFile(filepath.Join(dir, "index.json"), []byte(`{"schemaVersion":2,"manifests":[{"digest":"sha256:../../x"}]}`), 0o644))
		expect(t, "oci:"+dir, fault.Integrity, `index.json: the manifest's manifests: malformed digest "sha256:../../x": want sha256 with 64 lower-case hex digits`)
	})
	t.Run("an index of 9 MB", func(t *testing.T) {
		dir, _ := write(t, sample())
		change(t, os.Truncate(filepath.Join(dir, "index.json"), 9<<20))
		expect(t, "oci:"+dir, fault.Integrity, "index.json has 9437184 bytes, more than the 8388608 that are read")
	})
	t.Run("nothing in it", func(t *testing.T) {
		dir := t.TempDir()
		expect(t, "oci:"+dir, fault.NotFound, "not an OCI layout: it has no index.json (a directory of manifests is dir:DIR)")
		change(t, os.WriteFile(filepath.Join(dir, "index.json"), []byte(`{"schemaVersion":2,"manifests":[]}`), 0o644))
		expect(t, "oci:"+dir, fault.NotFound, "it holds no image")
	})
	t.Run("two images of one tag", func(t *testing.T) {
		dir, release := write(t, sample())
		change(t, build(t, sample().WithComponent("pod")).WriteLayout(dir, "t"))
		expect(t, "oci:"+dir+":t", fault.Usage, "the tag t is on 2 images: name one by its digest, as in oci:"+dir+"@"+release.Digest().String())
	})
	t.Run("a file", func(t *testing.T) {
		dir, _ := write(t, sample())
		file := filepath.Join(dir, "index.json")
		expect(t, "oci:"+file, fault.Usage, file+" is not a directory: an archive is oci-archive:FILE or docker-archive:FILE, an image-references file file:FILE")
	})
}

// A link that leads out of the layout is not followed.
func TestLayoutIsNotLeft(t *testing.T) {
	dir := t.TempDir()
	release := build(t, sample())
	layer := payloadLayer(release)
	if err := release.WriteLayout(dir, "t"); err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(t.TempDir(), "layer")
	inside := filepath.Join(dir, "blobs", "sha256", layer.Digest.Encoded())
	if err := os.Rename(inside, outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, inside); err != nil {
		t.Skip("no links here: ", err)
	}
	kind, text := failure(t, "oci:"+dir, image.Limits{})
	if kind != fault.Local || !strings.HasPrefix(text, "layer "+layer.Digest.String()+": ") || !strings.HasSuffix(text, "path escapes from parent") {
		t.Errorf("kind %d: %s", kind, text)
	}
}

func TestArchiveFaults(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	release := build(t, sample())
	if err := release.WriteOCIArchive(in("good.tar.gz"), "t"); err != nil {
		t.Fatal(err)
	}
	if err := release.WriteDockerArchive(in("docker.tar"), "quay.io/a:one"); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(in("good.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, data []byte) {
		if err := os.WriteFile(in(name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("cut.tar.gz", good[:len(good)-20])
	put("text", bytes.Repeat([]byte("no tar "), 200))
	put("empty", nil)
	writeTar(t, in("escape.tar"), testrelease.File("../x", "x"))
	writeTar(t, in("twice.tar"), testrelease.File("index.json", "{}"), testrelease.File("./index.json", "{}"))
	writeTar(t, in("links.tar"), testrelease.Link(tar.TypeSymlink, "index.json", "a"), testrelease.Link(tar.TypeSymlink, "a", "index.json"))
	writeTar(t, in("outside.tar"), testrelease.Link(tar.TypeSymlink, "index.json", "/etc/passwd"))
	writeTar(t, in("many.tar"), testrelease.File("a", ""), testrelease.File("b", ""), testrelease.File("c", ""))
	writeTar(t, in("bomb.tar.gz"), testrelease.File("index.json", string(make([]byte, 70<<20))))

	tests := []struct {
		reference string
		limits    image.Limits
		kind      fault.Kind
		want      string
	}{
		{"oci-archive:" + in("cut.tar.gz"), image.Limits{}, fault.Integrity, "gzip truncated"},
		{"oci-archive:" + in("text"), image.Limits{}, fault.Integrity, "entry 1: no tar header: it is not a tar archive, or a broken one"},
		{"oci-archive:" + in("empty"), image.Limits{}, fault.NotFound, "not an OCI layout: it has no index.json (a directory of manifests is dir:DIR)"},
		{"docker-archive:" + in("empty"), image.Limits{}, fault.NotFound, "not a docker archive: it has no manifest.json"},
		{"oci-archive:" + in("docker.tar"), image.Limits{}, fault.Usage, in("docker.tar") + " is a docker archive: want docker-archive:" + in("docker.tar")},
		{"oci-archive:" + in("escape.tar"), image.Limits{}, fault.Integrity, `entry 1: the name "../x" leads out of the archive`},
		{"oci-archive:" + in("twice.tar"), image.Limits{}, fault.Integrity, "the archive has index.json twice"},
		{"oci-archive:" + in("links.tar"), image.Limits{}, fault.Integrity, "the archive's index.json is a link to a link to a link"},
		{"oci-archive:" + in("outside.tar"), image.Limits{}, fault.NotFound, "not an OCI layout: it has no index.json (a directory of manifests is dir:DIR)"},
		{"oci-archive:" + in("many.tar"), image.Limits{Files: 2}, fault.Integrity, "it has more than 2 entries (--max-files)"},
		{"oci-archive:" + in("bomb.tar.gz"), image.Limits{}, fault.Integrity, "it unpacks to more than 200 bytes for each byte (--max-compression-ratio)"},
		{"oci-archive:" + dir, image.Limits{}, fault.Usage, dir + " is a directory: an OCI layout is oci:DIR, an extracted release dir:DIR"},
		{"docker-archive:" + in("docker.tar") + ":two", image.Limits{}, fault.NotFound, "no image has the tag two; it has quay.io/a:one"},
		{"docker-archive:" + in("docker.tar") + "@" + release.Digest().String(), image.Limits{}, fault.Usage, "this archive does not know the digest of its images: name one by its tag"},
	}
	for _, test := range tests {
		t.Run(strings.ReplaceAll(test.reference, dir, ""), func(t *testing.T) {
			if kind, got := failure(t, test.reference, test.limits); got != test.want || kind != test.kind {
				t.Errorf("kind %d, want %d\n got %s\nwant %s", kind, test.kind, got, test.want)
			}
		})
	}
	if kind, text := failure(t, "oci-archive:"+in("nothing.tar"), image.Limits{}); kind != fault.NotFound || !strings.Contains(text, in("nothing.tar")) {
		t.Errorf("a missing file: kind %d: %s", kind, text)
	}
}

// What docker save wrote is verified by its configuration, and that by its name.
func TestDockerArchiveIsVerified(t *testing.T) {
	release := build(t, sample())
	a := release.Images[0]
	config, _ := release.Blob(a.Config.Digest)
	name := a.Config.Digest.Encoded() + ".json"
	saved := func(config string, layers ...string) testrelease.Entry {
		data, err := json.Marshal([]map[string]any{{"Config": config, "RepoTags": []string{"quay.io/a:one"}, "Layers": layers}})
		if err != nil {
			t.Fatal(err)
		}
		return testrelease.File("manifest.json", string(data))
	}
	layer := func(i int) string {
		data, _ := release.Blob(a.Layers[i].Digest) // gzip, which the digest of what it unpacks to allows
		return string(data)
	}
	other := strings.Replace(string(config), "amd64", "s390x", 1)
	wrong, _ := testrelease.Tar(testrelease.File("x", "y"))
	tests := []struct {
		name    string
		entries []testrelease.Entry
		kind    fault.Kind
		want    string
	}{
		{"good, with compressed layers", []testrelease.Entry{saved(name, "0", "1"), testrelease.File(name, string(config)), testrelease.File("0", layer(0)), testrelease.File("1", layer(1))}, 0, ""},
		{"a configuration without a digest", []testrelease.Entry{saved("config", "0", "1"), testrelease.File("config", other), testrelease.File("0", layer(0)), testrelease.File("1", layer(1))}, 0, ""},
		{"hard links to layers", []testrelease.Entry{saved(name, "0", "l/1"), testrelease.File(name, string(config)), testrelease.File("0", layer(0)), testrelease.File("1", layer(1)), testrelease.Link(tar.TypeLink, "l/1", "1")}, 0, ""},
		{"another configuration under the name", []testrelease.Entry{saved(name, "0", "1"), testrelease.File(name, other)}, fault.Integrity, "the configuration " + name + ": its bytes have the digest " + digest.FromString(other).String()},
		{"another layer", []testrelease.Entry{saved(name, "0", "1"), testrelease.File(name, string(config)), testrelease.File("0", layer(0)), testrelease.File("1", string(wrong))}, fault.Integrity, "layer " + a.DiffIDs[1].String() + ": its unpacked bytes have the digest " + digest.FromBytes(wrong).String()},
		{"layers the other way round", []testrelease.Entry{saved(name, "1", "0"), testrelease.File(name, string(config)), testrelease.File("0", layer(0)), testrelease.File("1", layer(1))}, fault.Integrity, "layer " + a.DiffIDs[1].String() + ": its unpacked bytes have the digest " + a.DiffIDs[0].String()},
		{"a layer too few", []testrelease.Entry{saved(name, "1"), testrelease.File(name, string(config)), testrelease.File("1", layer(1))}, fault.Integrity, "manifest.json names 1 layers, the configuration 2"},
		{"a layer that is not there", []testrelease.Entry{saved(name, "0", "1"), testrelease.File(name, string(config)), testrelease.File("1", layer(1))}, fault.NotFound, "the archive has no 0: file does not exist"},
		{"a configuration that is not there", []testrelease.Entry{saved("x", "0", "1")}, fault.NotFound, "the archive has no x: file does not exist"},
		{"a malformed layer digest", []testrelease.Entry{saved("c", "0"), testrelease.File("c", `{"rootfs":{"diff_ids":["sha256:../x"]}}`), testrelease.File("0", layer(0))}, fault.Integrity, `the configuration's diff_ids[0]: malformed digest "sha256:../x": want sha256 with 64 lower-case hex digits`},
		{"no image", []testrelease.Entry{testrelease.File("manifest.json", "[]")}, fault.NotFound, "it holds no image"},
		{"no JSON", []testrelease.Entry{testrelease.File("manifest.json", "{")}, fault.Integrity, "manifest.json: unexpected end of JSON input"},
	}
	for _, test := range tests {
		for _, file := range []string{"a.tar", "a.tgz"} {
			t.Run(test.name+" "+file, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), file)
				writeTar(t, path, test.entries...)
				if kind, got := failure(t, "docker-archive:"+path, image.Limits{}); got != test.want || kind != test.kind {
					t.Errorf("kind %d, want %d\n got %s\nwant %s", kind, test.kind, got, test.want)
				}
			})
		}
	}
}

func TestDockerArchiveOfSeveralImages(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.tar")
	writeTar(t, path, testrelease.File("manifest.json", `[{"Config":"a","RepoTags":["quay.io/a:one","quay.io/a:two"]},{"Config":"b","RepoTags":["quay.io/b:three"]}]`))
	kind, got := failure(t, "docker-archive:"+path, image.Limits{})
	want := "it holds 2 images that fit: add the tag of one, as in docker-archive:" + path + ":TAG: quay.io/a:one, quay.io/a:two, quay.io/b:three"
	if kind != fault.Usage || got != want {
		t.Errorf("kind %d\n got %s\nwant %s", kind, got, want)
	}
}

// A big layer in a compressed archive is found again behind what was not kept.
func TestBigLayersInCompressedArchives(t *testing.T) {
	noise := make([]byte, 3<<20)
	state := uint32(1)
	for i := range noise {
		state = state*1664525 + 1013904223
		noise[i] = byte(state >> 24)
	}
	b := sample().WithBaseLayer(testrelease.File("usr/noise", string(noise))).WithEntries(testrelease.File("usr/noise", string(noise)))
	path := filepath.Join(t.TempDir(), "a.tar.gz")
	if err := build(t, b).WriteOCIArchive(path, "t"); err != nil {
		t.Fatal(err)
	}
	files := read(t, image.Opener{}, "oci-archive:"+path)
	if len(files.Release) != 4 || len(files.Operator) != 1 {
		t.Errorf("files %v", names(files))
	}
}
