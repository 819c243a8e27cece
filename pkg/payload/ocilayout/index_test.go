package ocilayout

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// tagsOf lists the tags of an index.
func tagsOf(t *testing.T, text []byte) (tags []string) {
	t.Helper()
	x, err := parseIndex(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	for _, e := range x.entries {
		tags = append(tags, e.Annotations[RefName])
	}
	return tags
}

func descriptor(text string) oci.Descriptor {
	return oci.Descriptor{MediaType: oci.TypeDockerManifest, Digest: digest.FromString(text), Size: int64(len(text))}
}

func TestEntriesOfOthersKeepTheirText(t *testing.T) {
	d := digest.FromString("x").String()
	entries := []string{
		`{ "mediaType": "application/vnd.oci.image.manifest.v1+json", "size":   10, "digest": "` + d + `", "platform": {"os": "linux", "architecture": "arm64", "os.features": ["a"]} }`,
		`{"digest":"` + d + `","size":2,"urls":["https://example.com/?a=1&b=<2>"],"annotations":{"org.opencontainers.image.ref.name":"other","x":"\u00e4 <&>"}}`,
		`{"mediaType":"application/vnd.oci.image.manifest.v1+json","artifactType":"application/x","data":"eA==","digest":"` + d + `","size":3}`,
	}
	fields := `"annotations":{"a":"<&>", "b":"c"},"artifactType":"application/y","subject":{"size" : 18446744073709551615}`
	for name, mediaType := range map[string]string{"with a media type": `"mediaType":"` + oci.TypeDockerList + `",`, "without": ""} {
		t.Run(name, func(t *testing.T) {
			text := "{ \"schemaVersion\": 2, " + mediaType + " \"manifests\": [\n" + strings.Join(entries, ",\n") + "], " + fields + "}"
			x, err := parseIndex([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			x.put("4.14.0-x86_64", "quay.io/a/b@"+d, descriptor("image"))
			got, err := x.update([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			own := `{"mediaType":"` + oci.TypeDockerManifest + `","digest":"` + descriptor("image").Digest.String() + `","size":5,"annotations":{"` + RefName + `":"4.14.0-x86_64","` + Source + `":"quay.io/a/b@` + d + `"}}`
			if mediaType == "" {
				mediaType = `"mediaType":"` + oci.TypeIndex + `",`
			}
			want := `{"schemaVersion":2,` + mediaType + `"manifests":[` + strings.Join([]string{entries[0], entries[2], own, entries[1]}, ",") + "]," + fields + "}\n"
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("index.json (-want +got):\n%s", diff)
			}
		})
	}
}

// Fields whose names differ in case are other fields.
func TestFieldsOfAnIndexInAnotherCase(t *testing.T) {
	entry := `{"digest":"` + digest.FromString("x").String() + `","size":1}`
	text := `{"schemaVersion":2,"manifests":[` + entry + `],"MANIFESTS":[],"Manifests":1}`
	x, err := parseIndex([]byte(text))
	if err != nil || len(x.entries) != 1 || string(x.entries[0].raw) != entry {
		t.Errorf("%+v, %v", x.entries, err)
	}
}

func TestIndexesThatAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                    "index.json: the manifest is not a JSON object: unexpected end of JSON input",
		"[]":                  "",
		`{"schemaVersion":2}`: "index.json: the manifest is neither of an image nor a list of images",
		`{"schemaVersion":2,"config":{"digest":"` + string(digest.FromString("")) + `"},"layers":[]}`: "index.json: it is not an index of images",
		`{"schemaVersion":2,"manifests":[null]}`:                                                      `index.json: the manifest's manifests: malformed digest "": want sha256 with 64 lower-case hex digits`,
		`{"schemaVersion":2,"manifests":[],"manifests":[]}`:                                           "",
	} {
		_, err := parseIndex([]byte(text))
		if err == nil || fault.KindOf(err) != fault.Integrity || want != "" && err.Error() != want {
			t.Errorf("%s: %v (%v)", text, err, fault.KindOf(err))
		}
	}
}

// A tag has one entry, however many had it before.
func TestPutReplacesATag(t *testing.T) {
	old := `{"digest":"` + digest.FromString("old").String() + `","size":3,"annotations":{"` + RefName + `":"a"}}`
	x, err := parseIndex([]byte(`{"schemaVersion":2,"manifests":[` + old + "," + old + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	x.put("a", "", descriptor("first"))
	x.put("a", "", descriptor("second"))
	if d, ok := x.find("a"); !ok || d.Digest != descriptor("second").Digest {
		t.Errorf("%v, %v", d, ok)
	}
	text, err := x.update([]byte(`{"schemaVersion":2,"manifests":[` + old + "," + old + `]}`))
	if err != nil || !slices.Equal(tagsOf(t, text), []string{"a"}) || !strings.Contains(string(text), string(descriptor("second").Digest)) {
		t.Errorf("%s, %v", text, err)
	}
}

// The bytes do not depend on the order in which images were put.
func TestIndexIsTheSameInAnyOrder(t *testing.T) {
	tags := []string{"c", "a", "b"}
	var texts []string
	for range 2 {
		x, err := parseIndex(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, tag := range tags {
			x.put(tag, "", descriptor(tag))
		}
		text, err := x.update(nil)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
		slices.Reverse(tags)
	}
	if texts[0] != texts[1] || !json.Valid([]byte(texts[0])) {
		t.Errorf("%s\n%s", texts[0], texts[1])
	}
}

// An index that no program could read again is not written.
func TestIndexThatIsTooLong(t *testing.T) {
	x, err := parseIndex(nil)
	if err != nil {
		t.Fatal(err)
	}
	source := strings.Repeat("s", 1000)
	for i := range oci.MaxManifest/1000 + 1 {
		x.put(fmt.Sprintf("tag-%d", i), source, descriptor("x"))
	}
	if _, err := x.update(nil); fault.KindOf(err) != fault.Local || !strings.HasSuffix(err.Error(), "and at most 8388608 are read: copy to another layout") {
		t.Errorf("got %v", err)
	}
}

// FuzzIndex: an index that can be read can be written, and has all that it had and what was put.
func FuzzIndex(f *testing.F) {
	entry := `{"digest":"` + digest.FromString("x").String() + `","size":1,"annotations":{"` + RefName + `":"t"},"x":[1e3]}`
	for _, seed := range []string{
		`{"schemaVersion":2,"manifests":null}`, `{"schemaVersion":2,"manifests":[` + entry + `],"MANIFESTS":[],"a":"b"}`,
		`{"schemaVersion":2,"mediaType":"` + oci.TypeDockerList + `","manifests":[` + entry + "," + entry + `]}`,
	} {
		f.Add([]byte(seed), "t")
	}
	f.Fuzz(func(t *testing.T, text []byte, tag string) {
		x, err := parseIndex(text)
		if err != nil {
			if fault.KindOf(err) != fault.Integrity {
				t.Fatalf("%v: %v", fault.KindOf(err), err)
			}
			return
		}
		kept := 0
		for _, e := range x.entries {
			if e.Annotations[RefName] != "new" {
				kept++
			}
		}
		x.put("new", tag, descriptor("new"))
		written, err := x.update(text)
		if err != nil {
			t.Fatal(err)
		}
		again, err := parseIndex(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if _, ok := again.find("new"); !ok || len(again.entries) != kept+1 {
			t.Errorf("%d entries of %d: %s", len(again.entries), kept+1, written)
		}
		for _, e := range x.entries {
			if e.Annotations[RefName] != "new" && !strings.Contains(string(written), string(e.raw)) {
				t.Errorf("%s is not in %s", e.raw, written)
			}
		}
	})
}

// 4,000 images cost two calls each, and one index. Nothing is named before it was written.
func TestManyImagesAreCommittedOnce(t *testing.T) {
	const images = 4000
	storage := &counting{calls: map[string]int{}, blobs: map[oci.Digest]string{}}
	x, err := parseIndex(nil)
	if err != nil {
		t.Fatal(err)
	}
	l := newLayout(Options{Name: "oci:x"}, storage, x)
	ctx := context.Background()
	for i := range images {
		tag := fmt.Sprintf("tag-%d", i)
		if _, err := l.Describe(ctx, tag); fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
		if err := l.PushManifest(ctx, tag, oci.TypeManifest, []byte(tag)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := l.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[string]int{"open": images, "write": images, "commit": 1}, storage.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if last := storage.order[len(storage.order)-2:]; !slices.Equal(last, []string{"write", "commit"}) {
		t.Errorf("the last calls are %q", last)
	}
	if tags := tagsOf(t, storage.index); len(tags) != images {
		t.Errorf("%d tags", len(tags))
	}
}

// The index says once that blobs were left out, beside its other annotations.
func TestIndexSaysThatBlobsWereLeftOut(t *testing.T) {
	for before, want := range map[string]string{
		`{"schemaVersion":2,"manifests":[]}`:                                          `{"` + Base + `":"true"}`,
		`{"schemaVersion":2,"manifests":[],"annotations":null}`:                       `{"` + Base + `":"true"}`,
		`{"schemaVersion":2,"manifests":[],"annotations":{"a":"b"}}`:                  `{"a":"b","` + Base + `":"true"}`,
		`{"schemaVersion":2,"manifests":[],"annotations":{ "` + Base + `" : "true"}}`: `{ "` + Base + `" : "true"}`,
	} {
		x, err := parseIndex([]byte(before))
		if err != nil {
			t.Fatal(err)
		}
		x.setBase()
		got, err := x.update([]byte(before))
		if err != nil || !strings.HasSuffix(string(got), `,"annotations":`+want+"}\n") {
			t.Errorf("%s: %s, %v", before, got, err)
		}
	}
}
