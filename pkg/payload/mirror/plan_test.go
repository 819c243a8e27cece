package mirror

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

func repository(path string) oci.Repository {
	return oci.Repository{Host: "target.example", Path: path}
}

// blob is a blob whose digest is that of its name.
func blob(name string, size int64) oci.Descriptor {
	return oci.Descriptor{Digest: digest.FromString(name), Size: size}
}

// manifest is a manifest whose digest is that of its name.
func manifest(name string, blobs ...oci.Descriptor) Manifest {
	return Manifest{Descriptor: oci.Descriptor{MediaType: oci.TypeManifest, Digest: digest.FromString(name)}, Body: []byte(name), Blobs: blobs}
}

func list(name string, children ...Manifest) Manifest {
	m := manifest(name)
	m.MediaType = oci.TypeIndex
	for _, c := range children {
		m.Children = append(m.Children, c.Digest)
	}
	return m
}

// newImage is an image of the repository from at the source, with one tag in the repository to.
func newImage(kind Kind, from, to, tag string, manifests ...Manifest) Image {
	source := oci.Repository{Host: "source.example", Path: from}
	return Image{
		Kind: kind, Source: source.Digest(manifests[len(manifests)-1].Digest),
		Target: []oci.PullSpec{repository(to).Tag(tag)}, Manifests: manifests,
	}
}

// show lists what is pushed, stage by stage.
func show(p *Plan) string {
	var b strings.Builder
	for i, stage := range p.Stages {
		for _, push := range stage {
			name := push.Target.Tag
			if name == "" {
				name = "@" + string(push.Body)
			}
			fmt.Fprintf(&b, "%d %s:%s = %s\n", i, push.Target.Path, name, push.Body)
		}
	}
	return b.String()
}

func TestPlanMovesEachBlobOnceTheBiggestFirst(t *testing.T) {
	base := blob("base", 500)
	p, err := NewPlan([]Image{
		newImage(KindComponent, "art", "r", "a", manifest("a", blob("config a", 1), base, blob("a", 20))),
		newImage(KindComponent, "art", "r", "b", manifest("b", blob("config b", 2), base, blob("b", 30))),
		newImage(KindRelease, "release", "rel", "v", manifest("v", blob("config v", 3), base)),
	})
	if err != nil {
		t.Fatal(err)
	}
	names := map[oci.Digest]string{}
	for _, name := range []string{"base", "a", "b", "config a", "config b", "config v"} {
		names[digest.FromString(name)] = name
	}
	var got []string
	for _, b := range p.Blobs {
		got = append(got, fmt.Sprintf("%s %d %d→%d", names[b.Digest], b.Size, len(b.From), len(b.To)))
	}
	want := []string{"base 500 2→2", "b 30 1→1", "a 20 1→1", "config v 3 1→1", "config b 2 1→1", "config a 1 1→1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if p.Size() != 556 {
		t.Errorf("size %d", p.Size())
	}
}

func TestPlanPushesPartsBeforeWholesAndReleasesLast(t *testing.T) {
	amd, arm := manifest("etcd amd"), manifest("etcd arm")
	relAmd, relArm := manifest("rel amd"), manifest("rel arm")
	p, err := NewPlan([]Image{
		newImage(KindRelease, "rel", "r", "v", relAmd, relArm, list("rel", relAmd, relArm)),
		newImage(KindReleaseSignature, "rel", "r", "sha256-rel.sig", manifest("rel sig")),
		newImage(KindComponent, "art", "r", "etcd", amd, arm, list("etcd", amd, arm)),
		newImage(KindComponentSignature, "art", "r", "sha256-etcd.sig", manifest("etcd sig")),
		newImage(KindComponent, "art", "r", "cli", manifest("cli")),
		newImage(KindComponent, "art", "r", "tools", manifest("cli")),
		newImage(KindComponent, "art", "r", "etcd-amd", amd),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `0 r:@etcd arm = etcd arm
0 r:@rel amd = rel amd
0 r:@rel arm = rel arm
0 r:cli = cli
0 r:etcd-amd = etcd amd
0 r:tools = cli
1 r:etcd = etcd
2 r:sha256-etcd.sig = etcd sig
3 r:sha256-rel.sig = rel sig
4 r:v = rel
`
	// Targets by digest are sorted by digest, which the names do not show.
	sorted := strings.Split(show(p), "\n")
	if diff := cmp.Diff(lines(want), lines(strings.Join(sorted, "\n"))); diff != "" {
		t.Error(diff)
	}
	if len(p.Pushes()) != 10 {
		t.Errorf("%d pushes", len(p.Pushes()))
	}
}

// lines are the lines of a text as a set.
func lines(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(text) {
		set[line] = true
	}
	return set
}

func TestPlanRefuses(t *testing.T) {
	a, b := manifest("a", blob("x", 1)), manifest("b", blob("x", 2))
	for name, test := range map[string]struct {
		images []Image
		want   string
		kind   fault.Kind
	}{
		"two images for one tag": {
			[]Image{newImage(KindRelease, "one", "r", "v", manifest("a")), newImage(KindRelease, "two", "r", "v", manifest("b"))},
			"source.example/one@" + string(a.Digest) + " and source.example/two@" + string(b.Digest) + " would both become target.example/r:v: mirror them to different repositories", fault.Usage,
		},
		"two sizes for one blob": {
			[]Image{newImage(KindComponent, "art", "r", "a", a), newImage(KindComponent, "art", "r", "b", b)},
			"source.example/art@" + string(b.Digest) + " says that the blob " + string(digest.FromString("x")) + " has 2 bytes, another manifest says 1", fault.Integrity,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := NewPlan(test.images)
			if err == nil || err.Error() != test.want || fault.KindOf(err) != test.kind {
				t.Errorf("got %v (%v)\nwant %s", err, fault.KindOf(err), test.want)
			}
		})
	}
}

func TestLayouts(t *testing.T) {
	to := repository("ocp/release")
	d := digest.FromString("release")
	tagged := Name{Version: "4.14.0", Arch: "x86_64", Tag: "4.14.0-x86_64", Digest: d}
	byDigest := Name{Version: "4.14.0+1", Arch: "multi", Digest: d}
	for name, test := range map[string]struct {
		layout             Layout
		name               Name
		release, component string
	}{
		"oc":                      {Layout{Name: LayoutOC, To: to}, tagged, "target.example/ocp/release:4.14.0-x86_64", "target.example/ocp/release:4.14.0-x86_64-etcd"},
		"oc by digest":            {Layout{Name: LayoutOC, To: to}, byDigest, "target.example/ocp/release:4.14.0_1-multi", "target.example/ocp/release:4.14.0_1-multi-etcd"},
		"oc to another image":     {Layout{Name: LayoutOC, To: to, ReleaseImage: repository("x").Tag("t")}, tagged, "target.example/x:t", "target.example/ocp/release:4.14.0-x86_64-etcd"},
		"oc-mirror":               {Layout{Name: LayoutOCMirror, To: to}, tagged, "target.example/ocp/release/openshift/release-images:4.14.0-x86_64", "target.example/ocp/release/openshift/release:4.14.0-x86_64-etcd"},
		"oc-mirror to a registry": {Layout{Name: LayoutOCMirror, To: repository("")}, tagged, "target.example/openshift/release-images:4.14.0-x86_64", "target.example/openshift/release:4.14.0-x86_64-etcd"},
		"oc-mirror by digest":     {Layout{Name: LayoutOCMirror, To: to}, byDigest, "target.example/ocp/release/openshift/release-images:" + d.Encoded(), "target.example/ocp/release/openshift/release:" + d.Encoded() + "-etcd"},
	} {
		t.Run(name, func(t *testing.T) {
			release, err := test.layout.Release(test.name)
			component, err2 := test.layout.Component(test.name, "etcd")
			if err != nil || err2 != nil || release.String() != test.release || component.String() != test.component {
				t.Errorf("got %s, %v and %s, %v", release, err, component, err2)
			}
		})
	}
	_, err := Layout{Name: LayoutOC, To: to}.Component(tagged, strings.Repeat("x", 128))
	if fault.KindOf(err) != fault.Usage {
		t.Errorf("a long tag: %v", err)
	}
}
