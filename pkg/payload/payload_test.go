package payload_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// stream builds image-references.
type stream struct{ tags []map[string]any }

func (s stream) with(name, image string, annotations ...string) stream {
	notes := map[string]string{}
	for i := 0; i+1 < len(annotations); i += 2 {
		notes["io.openshift.build."+annotations[i]] = annotations[i+1]
	}
	s.tags = append(s.tags, map[string]any{
		"name": name, "annotations": notes, "from": map[string]string{"kind": "DockerImage", "name": image},
	})
	return s
}

func (s stream) withRaw(tag map[string]any) stream {
	s.tags = append(s.tags, tag)
	return s
}

func (s stream) data(t *testing.T) []byte {
	t.Helper()
	data, err := json.Marshal(map[string]any{
		"kind": "ImageStream", "apiVersion": "image.openshift.io/v1",
		"metadata": map[string]string{"name": "4.14.0"},
		"spec":     map[string]any{"tags": s.tags},
	})
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func (s stream) read(t *testing.T) *payload.Release {
	t.Helper()
	r, err := payload.Read(payload.Files{Release: []payload.File{{Name: payload.ReferencesName, Data: s.data(t)}}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// pullSpec returns a pull spec whose digest repeats one hex digit.
func pullSpec(digit string) string {
	return "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:" + strings.Repeat(digit, 64)
}

const metadata = `{"kind":"cincinnati-metadata-v0","version":"4.14.0","previous":["4.13.10","4.13.9","4.14.0-rc.1"],"metadata":{"url":"https://example.com","empty":"","list":[],"none":null,"count":3}}`

func TestReadCountsAndNames(t *testing.T) {
	r, err := payload.Read(payload.Files{Release: []payload.File{
		{Name: "0000_03_a_00_namespace.yaml"},
		{Name: "0000_03_a_01.yml"},
		{Name: "0000_03_a_02.json"},
		{Name: "0000_03_a_03.YAML"},
		{Name: "script.sh"},
		{Name: payload.ReferencesName, Data: stream{}.with("etcd", pullSpec("a")).data(t)},
		{Name: payload.MetadataName, Data: []byte(metadata)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Version != "4.14.0" || r.Manifests != 3 || r.OtherFiles != 2 {
		t.Errorf("version %s, %d manifests, %d other files; want 4.14.0, 3, 2", r.Version, r.Manifests, r.OtherFiles)
	}
	if diff := cmp.Diff([]string{"4.13.9", "4.13.10", "4.14.0-rc.1"}, r.Metadata.Upgrades()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"url": "https://example.com", "count": "3"}, r.Metadata.Annotations()); diff != "" {
		t.Error(diff)
	}
}

func TestReadRefusesOtherFiles(t *testing.T) {
	for name, test := range map[string]struct {
		references, metadata string
		want                 string
	}{
		"missing":          {want: "not a release: there is no file image-references"},
		"empty":            {references: " ", want: "not a release: image-references is neither JSON nor YAML: the file is empty"},
		"not JSON":         {references: "{", want: "not a release: image-references is neither JSON nor YAML: unexpected end of JSON input"},
		"no object":        {references: "no", want: "not a release: image-references is neither JSON nor YAML: it is not an object"},
		"wrong kind":       {references: `{"kind":"List","apiVersion":"v1"}`, want: `not a release: image-references has kind "List" and apiVersion "v1", want ImageStream of image.openshift.io/v1`},
		"wrong apiVersion": {references: `{"kind":"ImageStream","apiVersion":"v1"}`, want: `not a release: image-references has kind "ImageStream" and apiVersion "v1", want ImageStream of image.openshift.io/v1`},
		"tags null":        {references: `{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","spec":{"tags":null}}`, want: "not a release: image-references lists no component images: spec.tags is empty"},
		"metadata kind":    {metadata: `{"kind":"x","version":"4.14.0"}`, want: `not a release: release-metadata has kind "x", want cincinnati-metadata-v0`},
		"metadata version": {metadata: `{"kind":"cincinnati-metadata-v0","version":"4.14"}`, want: `not a release: release-metadata has version "4.14", which is not a semantic version: No Major.Minor.Patch elements found`},
		"metadata JSON":    {metadata: `no`, want: `not a release: release-metadata is not JSON: invalid character 'o' in literal null (expecting 'u')`},
	} {
		t.Run(name, func(t *testing.T) {
			var files payload.Files
			if test.metadata != "" {
				test.references = string(stream{}.with("etcd", pullSpec("a")).data(t))
				files.Release = append(files.Release, payload.File{Name: payload.MetadataName, Data: []byte(test.metadata)})
			}
			if test.references != "" {
				files.Release = append(files.Release, payload.File{Name: payload.ReferencesName, Data: []byte(test.references)})
			}
			_, err := payload.Read(files)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("kind %v, want NotFound", fault.KindOf(err))
			}
		})
	}
}

func TestReadByteOrderMarkAndYAML(t *testing.T) {
	plain := stream{}.with("etcd", pullSpec("a"))
	for name, data := range map[string][]byte{
		"byte order mark": append([]byte("\ufeff"), plain.data(t)...),
		"YAML":            []byte("kind: ImageStream\napiVersion: image.openshift.io/v1\nmetadata: {name: 4.14.0}\nspec:\n  tags:\n  - name: etcd\n    from: {kind: DockerImage, name: \"" + pullSpec("a") + "\"}\n"),
	} {
		t.Run(name, func(t *testing.T) {
			r, err := payload.Read(payload.Files{Release: []payload.File{{Name: payload.ReferencesName, Data: data}}})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(plain.read(t).Components, r.Components); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadSkipsTagsWithoutImage(t *testing.T) {
	r := stream{}.with("etcd", pullSpec("a")).
		withRaw(map[string]any{"name": "nothing"}).
		withRaw(map[string]any{"name": "stream", "from": map[string]string{"kind": "ImageStreamTag", "name": "x:y"}}).
		read(t)
	if len(r.Components) != 1 || r.Components[0].Name != "etcd" {
		t.Errorf("components %v, want only etcd", r.Components)
	}
	want := []string{
		`the tag "nothing" of image-references is left out: it points to no image`,
		`the tag "stream" of image-references is left out: it points to no image`,
	}
	if diff := cmp.Diff(want, r.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestReadWarnsOfImagesWithoutDigest(t *testing.T) {
	for _, image := range []string{
		"quay.io/a/b:latest", "", "@sha256:" + strings.Repeat("a", 64), "quay.io/a/b@sha256:" + strings.Repeat("A", 64),
		"quay.io/a/b@sha512:" + strings.Repeat("a", 128), "quay.io/a b@sha256:" + strings.Repeat("a", 64), "x@y",
	} {
		r := stream{}.with("odd", image).read(t)
		if r.Components[0].Digest != "" || r.Components[0].Image != image {
			t.Errorf("%q: digest %q, image %q", image, r.Components[0].Digest, r.Components[0].Image)
		}
		if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], `the component "odd" is not referenced by a digest: `) {
			t.Errorf("%q: warnings %q", image, r.Warnings)
		}
	}
}

func TestComponentListedTwice(t *testing.T) {
	data := stream{}.with("etcd", pullSpec("a")).with("etcd", pullSpec("b")).data(t)
	_, err := payload.Read(payload.Files{Release: []payload.File{{Name: payload.ReferencesName, Data: data}}})
	want := `image-references lists the component "etcd" twice: as ` + pullSpec("a") + " and as " + pullSpec("b")
	if err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity {
		t.Errorf("got %v (kind %v)", err, fault.KindOf(err))
	}
}

func TestVersionDiffersFromName(t *testing.T) {
	r, err := payload.Read(payload.Files{Release: []payload.File{
		{Name: payload.ReferencesName, Data: stream{}.with("etcd", pullSpec("a")).data(t)},
		{Name: payload.MetadataName, Data: []byte(`{"kind":"cincinnati-metadata-v0","version":"4.14.1"}`)},
	}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"version from image-references (4.14.0) differs from release-metadata (4.14.1)"}
	if diff := cmp.Diff(want, r.Warnings); diff != "" || r.Version != "4.14.1" {
		t.Errorf("version %s %s", r.Version, diff)
	}
}

func TestPurposeGroupsAndAliases(t *testing.T) {
	r := stream{}.with("hyperkube", pullSpec("a")).with("telemeter", pullSpec("b")).with("rhel-coreos", pullSpec("c")).
		with("kube-scheduler", pullSpec("d")).read(t)
	byName := map[string]payload.Component{}
	for _, c := range r.Components {
		byName[c.Name] = c
	}
	hyperkube := byName["hyperkube"]
	if diff := cmp.Diff([]string{"kube-apiserver", "kube-controller-manager", "openshift-hyperkube"}, hyperkube.Aliases); diff != "" {
		t.Errorf("a component wins over an alias of its name: %s", diff)
	}
	if diff := cmp.Diff([]string{"bootstrap", "control-plane"}, hyperkube.Groups); diff != "" || hyperkube.Purpose == "" {
		t.Errorf("purpose %q, groups %s", hyperkube.Purpose, diff)
	}
	if diff := cmp.Diff([]string{"machine-config-oscontent", "machine-os-content"}, byName["rhel-coreos"].Aliases); diff != "" {
		t.Error(diff)
	}
	if c := byName["telemeter"]; c.Purpose != "" || c.Groups != nil || c.Aliases != nil {
		t.Errorf("telemeter has %q %q %q, want nothing", c.Purpose, c.Groups, c.Aliases)
	}
}
