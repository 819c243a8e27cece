package pair_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/bench/internal/pair"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

func start(t *testing.T) *pair.Pair {
	t.Helper()
	p, err := pair.Start(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func generate(t *testing.T, p *pair.Pair, shape pair.Shape, count int, signed bool) []pair.Release {
	t.Helper()
	releases, err := p.Generate(shape, count, signed)
	if err != nil {
		t.Fatal(err)
	}
	return releases
}

func TestGeneratedReleaseHasTheShapeOfARealOne(t *testing.T) {
	shape := pair.Shape{Images: 190, Bytes: 12_000_000, Rebuilt: 5}
	releases := generate(t, start(t), shape, 2, false)
	first, both := pair.Sum(releases[0]), pair.Sum(releases...)
	if first.Images != 190 || first.References != 1147 || first.Blobs != 586 {
		t.Errorf("a release has %s, want 190 images, 1147 references, 586 blobs", first)
	}
	if first.Bytes < shape.Bytes || first.Bytes > shape.Bytes*3/2 { // tar and gzip add to small layers
		t.Errorf("a release has %d bytes, want about %d", first.Bytes, shape.Bytes)
	}
	if shared := float64(2*first.Blobs-both.Blobs) / float64(first.Blobs); shared < 0.79 || shared > 0.81 {
		t.Errorf("the second release shares %.2f of its blobs, want 0.80", shared)
	}
}

func TestCheckFindsWhatIsMissing(t *testing.T) {
	p := start(t)
	release := generate(t, p, pair.Shape{Images: 2, Bytes: 10_000, Rebuilt: 5}, 1, true)[0]
	if err := p.Check("ocp/release", true, release); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("an empty target: %v", err)
	}
	component := release.Images[0]
	built, err := testrelease.New("4.1.0").WithDockerMediaTypes().Build()
	if err != nil {
		t.Fatal(err)
	}
	server := p.TargetServer(t)
	if err := built.PushTo(server, "ocp/release", release.Tag(component)); err != nil {
		t.Fatal(err)
	}
	err = p.Check("ocp/release", true, release)
	if err == nil || !strings.Contains(err.Error(), built.Digest().String()) {
		t.Errorf("another image has the tag: %v", err)
	}
	if err := p.NewTarget(); err != nil {
		t.Fatal(err)
	}
	if err := p.Check("ocp/release", true, release); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("a new target: %v", err)
	}
}

func TestLines(t *testing.T) {
	p := start(t)
	release := generate(t, p, pair.Shape{Images: 2, Bytes: 10_000, Rebuilt: 5}, 1, false)[0]
	source := p.Source.Address() + "/openshift-release-dev/"
	want := "docker://" + source + "ocp-v4.0-art-dev@" + release.Images[0].Digest.String() + " docker://host/a:4.22.0-x86_64-component-000\n" +
		"docker://" + source + "ocp-release@" + release.Images[1].Digest.String() + " docker://host/a:4.22.0-x86_64\n"
	if got := release.Lines("docker://", "host/a"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCloseDeletesWhatIsStored(t *testing.T) {
	dir := t.TempDir()
	p, err := pair.Start(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Source.Certificate()) == 0 {
		t.Error("the source has no certificate")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}
