package image_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// savedLayout is a layout with a file for a blob and entries as JSON.
func savedLayout(t *testing.T, blobs map[string]string, entries ...string) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"oci-layout": `{"imageLayoutVersion":"1.0.0"}`, "index.json": `{"schemaVersion":2,"manifests":[` + strings.Join(entries, ",") + `]}`}
	for name, content := range blobs {
		files[name] = content
	}
	for name, content := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openSaved(t *testing.T, dir string) *image.Layout {
	t.Helper()
	l, err := image.OpenLayout(t.Context(), parse(t, "oci:"+dir), image.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func savedEntry(tag string, d digest.Digest, more string) string {
	return fmt.Sprintf(`{"mediaType":%q,"digest":%q,"size":7,"annotations":{"org.opencontainers.image.ref.name":%q}%s}`, oci.TypeDockerManifest, d, tag, more)
}

// Components of a release share images, so an image can have several tags.
func TestEntriesOfALayout(t *testing.T) {
	a, b := digest.FromString("a"), digest.FromString("b")
	l := openSaved(t, savedLayout(t, nil, savedEntry("one", a, ""), savedEntry("two", a, ""), savedEntry("two", b, ""),
		fmt.Sprintf(`{"digest":%q,"size":1}`, b), fmt.Sprintf(`{"digest":%q,"size":1,"platform":{"os":"unknown","architecture":"unknown"}}`, b)))
	var got []string
	for _, d := range l.Entries() {
		got = append(got, image.Tag(d)+" "+d.Digest.String())
	}
	if diff := cmp.Diff([]string{"one " + a.String(), "two " + a.String(), "two " + b.String(), " " + b.String()}, got); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
	for tag, want := range map[string]digest.Digest{"one": a, "two": a, "": "", "three": ""} {
		if d, ok := l.Find(tag); d.Digest != want && ok || ok != (want != "") {
			t.Errorf("%q: %v, %v", tag, d.Digest, ok)
		}
	}
	if l.MediaType(a) != oci.TypeDockerManifest || l.MediaType(digest.FromString("c")) != "" {
		t.Errorf("media types %q, %q", l.MediaType(a), l.MediaType(digest.FromString("c")))
	}
}

// Every tag of an image names it.
func TestTagsOfOneImage(t *testing.T) {
	release, err := testrelease.New("4.14.0").WithComponent("etcd").Build()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, tag := range []string{"one", "two"} {
		if err := release.WriteLayout(dir, tag); err != nil {
			t.Fatal(err)
		}
	}
	for _, tag := range []string{"one", "two"} {
		img, err := image.Opener{}.Open(t.Context(), parse(t, "oci:"+dir+":"+tag))
		if err != nil {
			t.Fatal(err)
		}
		if err := img.Close(); err != nil {
			t.Error(err)
		}
	}
	tags, err := image.LayoutTags(t.Context(), dir)
	if diff := cmp.Diff([]string{"one", "two"}, tags); err != nil || diff != "" {
		t.Errorf("tags (-want +got), %v:\n%s", err, diff)
	}
}

// A damaged blob is never read to its end, so that no registry gets all of it.
func TestBlobsOfALayout(t *testing.T) {
	const content = "0123456789"
	d := digest.FromString(content)
	name := "blobs/sha256/" + d.Encoded()
	for test, c := range map[string]struct {
		stored, want, problem string
		from                  int64
		kind                  fault.Kind
	}{
		"whole":         {stored: content, want: content},
		"from its half": {stored: content, from: 5, want: "56789"},
		"from its end":  {stored: content, from: 10},
		"a wrong byte":  {stored: "x123456789", problem: "its bytes have another digest", kind: fault.Integrity},
		"a wrong half":  {stored: "x123456789", from: 5, problem: "its bytes have another digest", kind: fault.Integrity},
		"a wrong end":   {stored: "x123456789", from: 10, problem: "its bytes have another digest", kind: fault.Integrity},
		"shorter":       {stored: "012345678", problem: "it has 9 bytes, its manifest says 10", kind: fault.Integrity},
		"longer":        {stored: "0123456789a", problem: "it has 11 bytes, its manifest says 10", kind: fault.Integrity},
	} {
		t.Run(test, func(t *testing.T) {
			dir := savedLayout(t, map[string]string{name: c.stored})
			l := openSaved(t, dir)
			data, err := readBlob(t.Context(), l, d, int64(len(content)), c.from)
			if c.problem == "" && (err != nil || data != c.want) {
				t.Errorf("%q, %v", data, err)
			}
			if want := "oci:" + dir + ": blob " + d.String() + ": " + c.problem; c.problem != "" && (err == nil || err.Error() != want || fault.KindOf(err) != c.kind) {
				t.Errorf("%v (%v), want %s", err, fault.KindOf(err), want)
			}
			if c.problem != "" && len(data) == len(content)-int(c.from) && data != "" {
				t.Errorf("all of the damaged blob was returned: %q", data)
			}
		})
	}
}

func readBlob(ctx context.Context, l *image.Layout, d digest.Digest, size, from int64) (string, error) {
	content, err := l.Blob(ctx, d, size, from)
	if err != nil {
		return "", err
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	return string(data), err
}

// What is missing is named, and so is the place.
func TestBlobsThatWereNotSaved(t *testing.T) {
	dir := savedLayout(t, nil)
	l, d := openSaved(t, dir), digest.FromString("x")
	_, blobErr := l.Blob(t.Context(), d, 1, 0)
	_, manifestErr := l.Manifest(t.Context(), d)
	for _, err := range []error{blobErr, manifestErr} {
		if want := "oci:" + dir + ": blob " + d.String() + ": it is not in the layout"; err == nil || err.Error() != want || fault.KindOf(err) != fault.NotFound {
			t.Errorf("%v (%v), want %s", err, fault.KindOf(err), want)
		}
	}
	if l.Has(t.Context(), d) {
		t.Error("it is there")
	}
}

func TestOpenPGPSignaturesOfALayout(t *testing.T) {
	d := digest.FromString("release")
	files := map[string]string{}
	for n := range 12 {
		files[fmt.Sprintf("signatures/sha256=%s/signature-%d", d.Encoded(), n+1)] = fmt.Sprint(n)
	}
	got, err := openSaved(t, savedLayout(t, files)).OpenPGPSignatures(t.Context(), d)
	if err != nil || len(got) != 9 || string(got[8]) != "8" {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := openSaved(t, savedLayout(t, nil)).OpenPGPSignatures(t.Context(), d); err != nil || got != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// A release whose manifest or configuration is damaged is no other image.
func TestIsRelease(t *testing.T) {
	for name, test := range map[string]struct {
		builder *testrelease.Builder
		damage  func(file string) error // of the configuration
		is      bool
		kind    fault.Kind
	}{
		"release":  {builder: testrelease.New("4.14.0"), is: true},
		"list":     {builder: testrelease.New("4.14.0").WithList("amd64", "arm64"), is: true},
		"no label": {builder: testrelease.New("4.14.0").WithLabel("io.openshift.release", "")},
		"missing":  {builder: testrelease.New("4.14.0"), damage: os.Remove, kind: fault.NotFound},
		"damaged":  {builder: testrelease.New("4.14.0"), damage: func(file string) error { return os.WriteFile(file, []byte("{}"), 0o600) }, kind: fault.Integrity},
	} {
		t.Run(name, func(t *testing.T) {
			release, err := test.builder.Build()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := release.WriteLayout(dir, "tag"); err != nil {
				t.Fatal(err)
			}
			config := release.Images[0].Config.Digest
			if test.damage != nil {
				if err := test.damage(filepath.Join(dir, "blobs", "sha256", config.Encoded())); err != nil {
					t.Fatal(err)
				}
			}
			l := openSaved(t, dir)
			d, ok := l.Find("tag")
			is, err := l.IsRelease(t.Context(), d)
			if !ok || is != test.is || fault.KindOf(err) != test.kind || err != nil && !strings.Contains(err.Error(), config.String()) {
				t.Errorf("%v, %v (%v)", is, err, fault.KindOf(err))
			}
		})
	}
}

// Artifacts are not releases, and not damaged either.
func TestArtifactsInALayout(t *testing.T) {
	for name, body := range map[string]string{
		"another config":    `{"schemaVersion":2,"mediaType":"` + oci.TypeManifest + `","config":{"mediaType":"application/x","digest":"` + digest.FromString("").String() + `","size":0},"layers":[]}`,
		"artifact manifest": `{"mediaType":"application/vnd.oci.artifact.manifest.v1+json"}`,
		"empty list":        `{"schemaVersion":2,"mediaType":"` + oci.TypeIndex + `","manifests":[]}`,
	} {
		d := digest.FromString(body)
		l := openSaved(t, savedLayout(t, map[string]string{"blobs/sha256/" + d.Encoded(): body}))
		if is, err := l.IsRelease(t.Context(), oci.Descriptor{Digest: d, Size: int64(len(body))}); is || err != nil {
			t.Errorf("%s: %v, %v", name, is, err)
		}
	}
}

func TestOpenLayoutRefuses(t *testing.T) {
	dir := t.TempDir()
	release, err := testrelease.New("4.14.0").Build()
	if err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain.tar")
	if err := release.WriteOCIArchive(plain, "tag"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(plain)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := testrelease.Compress(testrelease.Gzip, data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "packed.tar.gz"), packed, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]struct {
		text string
		kind fault.Kind
	}{
		"oci:HERE":                       {"not an OCI layout: it has no index.json (a directory of manifests is dir:DIR)", fault.NotFound},
		"oci:HERE/none":                  {"stat HERE/none: no such file or directory", fault.NotFound},
		"oci:HERE/plain.tar":             {"HERE/plain.tar is not a directory: an archive is oci-archive:FILE or docker-archive:FILE, an image-references file file:FILE", fault.Usage},
		"oci-archive:HERE/packed.tar.gz": {"the archive is compressed: unpack it first, because its blobs are read one by one", fault.Usage},
		"dir:HERE":                       {"not an OCI layout: want oci:DIR or oci-archive:FILE", fault.Usage},
	} {
		ref := strings.ReplaceAll(ref, "HERE", dir)
		_, err := image.OpenLayout(t.Context(), parse(t, ref), image.Limits{})
		if text := strings.ReplaceAll(want.text, "HERE", dir); err == nil || err.Error() != ref+": "+text || fault.KindOf(err) != want.kind {
			t.Errorf("%v (%v), want %s", err, fault.KindOf(err), text)
		}
	}
	l, err := image.OpenLayout(t.Context(), parse(t, "oci-archive:"+plain), image.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if d, ok := l.Find("tag"); !ok || !json.Valid(mustManifest(t, l, d.Digest)) {
		t.Errorf("%v, %v", d, ok)
	}
}

func mustManifest(t *testing.T, l *image.Layout, d digest.Digest) []byte {
	t.Helper()
	body, err := l.Manifest(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// A layout that is open is not read again for an image of it, and stays open when the image is closed.
func TestOpenAnImageOfAnOpenLayout(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "layout")
	if err := build(t, sample()).WriteLayout(dir, "4.14.0"); err != nil {
		t.Fatal(err)
	}
	l, err := image.OpenLayout(t.Context(), parse(t, "oci:"+dir), image.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if err := os.Remove(filepath.Join(dir, "index.json")); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		release, err := image.Opener{Layouts: []*image.Layout{l}}.Read(t.Context(), parse(t, "oci:"+dir+":4.14.0"), image.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := release.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := (image.Opener{}).Read(t.Context(), parse(t, "oci:"+dir+":4.14.0"), image.ReadOptions{}); err == nil {
		t.Error("a layout without index.json is read")
	}
}
