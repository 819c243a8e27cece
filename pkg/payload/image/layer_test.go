package image_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

func TestWhiteouts(t *testing.T) {
	const (
		references = "release-manifests/image-references"
		metadata   = "release-manifests/release-metadata"
		a          = "release-manifests/0000_05_a_a.yaml"
		namespace  = "manifests/0000_00_cluster-version-operator_00_namespace.yaml"
	)
	all := sampleNames()
	without := func(names ...string) []string {
		var left []string
		for _, n := range all {
			keep := true
			for _, gone := range names {
				keep = keep && n != gone
			}
			if keep {
				left = append(left, n)
			}
		}
		return left
	}
	tests := []struct {
		name string
		top  []testrelease.Entry
		want []string
	}{
		{"an unrelated layer on top", []testrelease.Entry{testrelease.File("etc/motd", "hello")}, all},
		{"an empty layer on top", nil, all},
		{"a manifest hidden", []testrelease.Entry{testrelease.Whiteout(a)}, without("r/0000_05_a_a.yaml")},
		{"a whiteout of what is not there", []testrelease.Entry{testrelease.Whiteout("release-manifests/nothing"), testrelease.Whiteout("etc")}, all},
		{"the operator's folder hidden", []testrelease.Entry{testrelease.Whiteout("manifests")}, all[1:]},
		{"the operator's folder opaque", []testrelease.Entry{testrelease.Opaque("manifests"), testrelease.File("manifests/0000_00_new.yaml", "kind: N\n")}, append([]string{"o/0000_00_new.yaml"}, all[1:]...)},
		{"an operator's manifest hidden", []testrelease.Entry{testrelease.Whiteout(namespace)}, all[1:]},
		{"the file system's own markers", []testrelease.Entry{testrelease.Dir(".wh..wh.plnk/"), testrelease.File("release-manifests/.wh..wh.aufs", "")}, all},
		{"both metadata files replaced", []testrelease.Entry{
			testrelease.File(references, "new"), testrelease.File(metadata, "new"),
		}, all},
		{
			"opaque: files beside the marker stay, what is below goes",
			[]testrelease.Entry{testrelease.File(references, "new"), testrelease.Opaque("release-manifests"), testrelease.File("release-manifests/0000_70_z_z.yaml", "kind: Z\n")},
			[]string{all[0], "r/0000_70_z_z.yaml", "r/image-references"},
		},
		{
			"the whole root opaque",
			[]testrelease.Entry{testrelease.File(references, "new"), testrelease.Opaque("."), testrelease.File("manifests/0000_00_new.yaml", "kind: N\n")},
			[]string{"o/0000_00_new.yaml", "r/image-references"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files, err := (&shelf{release: build(t, sample().WithLayerOnTop(test.top...))}).read(t, image.Limits{})
			if diff := cmp.Diff(test.want, names(files)); err != nil || diff != "" {
				t.Errorf("error %v, files (-want +got)\n%s", err, diff)
			}
		})
	}
}

func TestTopLayerWins(t *testing.T) {
	b := sample().WithLayerOnTop(testrelease.File("release-manifests/0000_05_a_a.yaml", "kind: New\n"), testrelease.Whiteout("release-manifests/release-metadata"))
	b.WithLayerOnTop(testrelease.File("release-manifests/release-metadata", "newest"), testrelease.File("manifests/0000_00_cluster-version-operator_00_namespace.yaml", "kind: New\n"))
	files, err := (&shelf{release: build(t, b)}).read(t, image.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range append(files.Operator, files.Release...) {
		if int64(len(f.Data)) != f.Size {
			t.Errorf("%s: size %d of %d bytes", f.Name, f.Size, len(f.Data))
		}
		got[f.Name] = string(f.Data)
	}
	want := map[string]string{
		"0000_00_cluster-version-operator_00_namespace.yaml": "kind: New\n",
		"0000_05_a_a.yaml": "kind: New\n", "0000_10_b_b.yaml": "kind: B\n",
		payload.ReferencesName: string(sample().References()), payload.MetadataName: "newest",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPathAndItsWhiteoutInOneLayer(t *testing.T) {
	const a = "release-manifests/0000_05_a_a.yaml"
	tests := []struct {
		name    string
		entries []testrelease.Entry
		want    string
	}{
		{"after", []testrelease.Entry{testrelease.Whiteout(a)}, "entry 5: " + a + " and a whiteout of it are in the same layer"},
		{"before", []testrelease.Entry{testrelease.Whiteout("release-manifests/b"), testrelease.File("release-manifests/b", "x")}, "entry 7: release-manifests/b and a whiteout of it are in the same layer"},
		{"the directory", []testrelease.Entry{testrelease.Whiteout("release-manifests")}, "entry 1: release-manifests and a whiteout of it are in the same layer"},
		{"no name", []testrelease.Entry{testrelease.File("release-manifests/.wh.", "")}, `the whiteout "release-manifests/.wh." hides no name`},
		{"the directory above", []testrelease.Entry{testrelease.File("release-manifests/.wh...", "")}, `the whiteout "release-manifests/.wh..." hides no name`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			release := build(t, sample().WithEntries(test.entries...))
			files, err := (&shelf{release: release}).read(t, image.Limits{})
			refused(t, files, err, fault.Integrity, fmt.Sprintf("layer %s: %s", payloadLayer(release).Digest, test.want))
		})
	}
}

func TestImageWithoutReleaseFiles(t *testing.T) {
	const file = "release-manifests/image-references"
	tests := []struct {
		name    string
		builder *testrelease.Builder
		want    string
		blobs   int
	}{
		{"a release without image-references", sample().Without(payload.ReferencesName), "not a release: none of its 2 layers holds " + file, 3},
		{"one layer without it", sample().Without(payload.ReferencesName).Squashed(), "not a release: its only layer does not hold " + file, 1},
		{"hidden by a layer on top", sample().WithLayerOnTop(testrelease.Whiteout(file), testrelease.Whiteout("release-manifests/release-metadata")), "not a release: a layer removes " + file, 3},
		{"the directory hidden", sample().WithLayerOnTop(testrelease.Whiteout("release-manifests")), "not a release: a layer removes " + file, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &shelf{release: build(t, test.builder)}
			files, err := s.read(t, image.Limits{})
			refused(t, files, err, fault.NotFound, test.want)
			if s.blobs() != test.blobs {
				t.Errorf("%d blobs fetched, want %d: %v", s.blobs(), test.blobs, s.asked)
			}
		})
	}
}

// What the files say is for their reader: they come as they are.
func TestReadKeepsBytesOfUnreadableFiles(t *testing.T) {
	for _, raw := range []string{"no JSON", "\ufeff{}", "kind: Pod\n", " "} {
		files, err := (&shelf{release: build(t, sample().WithReferences(raw))}).read(t, image.Limits{})
		if err != nil || string(files.Release[2].Data) != raw {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func TestPlainImageCostsOneLayer(t *testing.T) {
	busybox := testrelease.New("1").WithLabel("io.openshift.release", "").Without(payload.ReferencesName).Without(payload.MetadataName)
	busybox.WithBaseLayer(testrelease.File("bin/busybox", "x")).WithLayerOnTop(testrelease.File("etc/passwd", "root"))
	s := &shelf{release: build(t, busybox)}
	files, err := s.read(t, image.Limits{})
	refused(t, files, err, fault.NotFound, "not a release: its top layer does not hold release-manifests/image-references and its configuration has no label io.openshift.release")
	config := s.release.Images[0].Config.Digest.String()
	want := []string{"manifest 4.14.0", "blob " + payloadLayer(s.release).Digest.String(), "blob " + config}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("fetched (-want +got)\n%s", diff)
	}
}

func TestArtifactIsNoImage(t *testing.T) {
	chart := build(t, sample().WithDescriptor(testrelease.ConfigPart, func(d *testrelease.Descriptor) { d.MediaType = "application/vnd.cncf.helm.config.v1+json" }))
	s := &shelf{release: chart}
	files, err := s.read(t, image.Limits{})
	refused(t, files, err, fault.NotFound, `not a release: it is not an image but "application/vnd.cncf.helm.config.v1+json"`)
	if s.blobs() != 0 {
		t.Errorf("fetched %v", s.asked)
	}
}
