package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// recordedTools serves a recorded release with its component images. It returns the flags and the repository for it. The
// repository in the release's pull specs is reached through a mirror.
func recordedTools(t *testing.T) (repository string, flags []string) {
	t.Helper()
	server := testrelease.LayoutRegistry(t, fixture.Path(t, "tools-release"), "ocp/release", "ocp/art")
	return host(server) + "/ocp/release", append(mirrored(t, server, "registry.example.com"), "--certificate-authority", caFile(t, server.Certificate()))
}

// mirrored returns the flags that make a server the mirror of a registry.
func mirrored(t *testing.T, server *httptest.Server, registry string) []string {
	return []string{"--idms-file", mirrorFile(t, "apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nmetadata: {name: a}\nspec:\n"+
		"  imageDigestMirrors:\n  - source: "+registry+"\n    mirrors: ["+host(server)+"]\n    mirrorSourcePolicy: NeverContactSource\n")}
}

// withoutAges returns the text of --size with the ages of the recordings.
func withoutAges(text string) string {
	return regexp.MustCompile(`(?m)^(  [a-z-]+ +?)[ \d]{3}[dy]( +\d+ )`).ReplaceAllString(text, "${1}NNNd${2}")
}

// The output equals oc's for recorded releases of one and of several architectures.
func TestInfoOfImagesPrintsAsOC(t *testing.T) {
	repository, flags := recordedTools(t)
	for golden, args := range map[string][]string{
		"info-size":             {"4.99.0-x86_64", "--size"},
		"info-multi-size":       {"4.99.0-multi", "--size", "--arch", "amd64"},
		"info-multi-arm64-size": {"4.99.0-multi", "--size", "--arch", "arm64"},
		"info-contents":         {"4.99.0-x86_64", "--contents"},
	} {
		t.Run(golden, func(t *testing.T) {
			line := append([]string{"info", repository + ":" + args[0]}, args[1:]...)
			got := good(t, run(t, append(line, flags...)...))
			if diff := cmp.Diff(trimmed(fixture.Read(t, "oc-golden-tools/"+golden+".stdout")), trimmed(withoutAges(got))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The document has the values of oc's at the same paths, including all of .images.
func TestInfoImagesHaveEveryPathOfOC(t *testing.T) {
	repository, flags := recordedTools(t)
	for golden, tag := range map[string]string{"info-include-images": "4.99.0-x86_64", "info-multi-include-images": "4.99.0-multi"} {
		t.Run(golden, func(t *testing.T) {
			var oc, ours any
			if err := json.Unmarshal([]byte(fixture.Read(t, "oc-golden-tools/"+golden+".stdout")), &oc); err != nil {
				t.Fatal(err)
			}
			got := good(t, run(t, append([]string{"info", repository + ":" + tag, "--include-images", "-o", "json", "--arch", "amd64"}, flags...)...))
			if err := json.Unmarshal([]byte(got), &ours); err != nil {
				t.Fatal(err)
			}
			compared := 0
			compare(t, "", oc, ours, &compared)
			if compared < 300 {
				t.Errorf("compared %d values only", compared)
			}
		})
	}
}

// art pushes images for components, each with one layer of its own on top of a common one, and returns a release of them.
func art(t *testing.T, server *httptest.Server, names ...string) *testrelease.Builder {
	t.Helper()
	release := testrelease.New("4.14.0")
	for _, name := range names {
		image := build(t, testrelease.New("1.0.0").WithBaseLayer(testrelease.File("base", "base")).WithComponent(name))
		if err := image.PushTo(server, "ocp/art", name); err != nil {
			t.Fatal(err)
		}
		release.WithComponent(name, testrelease.Image(host(server)+"/ocp/art@"+image.Digest().String()))
	}
	return release
}

// Images are read from the cache the second time, and with --offline.
func TestInfoImagesAreCached(t *testing.T) {
	server := testrelease.TLSRegistry(t)
	push(t, server, art(t, server, "a", "b"))
	c := call{cache: t.TempDir()}
	args := []string{"info", host(server) + "/ocp/release:4.14.0", "--include-images", "--jq", ".images|map_values([.digest,(.layers|length),.config.architecture])"}
	first := good(t, c.run(t, append(args, "--certificate-authority", caFile(t, server.Certificate()))...))
	if !strings.Contains(first, `"a":["sha256:`) || !strings.Contains(first, `"amd64"`) {
		t.Errorf("images: %s", first)
	}
	want(t, c.run(t, append(args, "--offline")...), 0, first, "")
}

// If a registry lacks an image, its row is empty and the exit code is 7. If all are missing, nothing is printed.
func TestInfoSizeOfMissingImages(t *testing.T) {
	server := testrelease.TLSRegistry(t)
	missing := host(server) + "/ocp/art@" + digestOf("b")
	release := art(t, server, "a", "c").WithComponent("b", testrelease.Image(missing))
	push(t, server, release)
	args := []string{"info", host(server) + "/ocp/release:4.14.0", "--certificate-authority", caFile(t, server.Certificate())}
	got := run(t, append(args, "--size")...)
	if got.code != 7 || !strings.HasPrefix(got.err, "error: 1 of 3 component images is missing: component b: "+missing+": ") {
		t.Errorf("exit code %d, stderr %s", got.code, got.err)
	}
	if !regexp.MustCompile(`(?m)^  a +\d+y +\d+ .*\n  b *\n  c +\d+y +\d+ `).MatchString(got.out) {
		t.Errorf("rows: %s", got.out)
	}
	got = run(t, append(args, "--include-images", "--jq", ".images|keys")...)
	if got.code != 7 || got.out != `["a","c"]`+"\n" {
		t.Errorf("exit code %d, %s", got.code, got.out)
	}
	none := testrelease.New("4.14.0").WithComponent("b", testrelease.Image(missing))
	push(t, server, none)
	if got = run(t, append(args, "--size")...); got.code != 3 || got.out != "" {
		t.Errorf("exit code %d, %s%s", got.code, got.out, got.err)
	}
}

// A reference that is not a pull spec is refused: it could name local files.
func TestInfoSizeOfOddReferences(t *testing.T) {
	for _, odd := range []string{"dir:/etc", "oci:/tmp", "4.14.0", "-"} {
		release := layout(t, testrelease.New("4.14.0").WithComponent("a", testrelease.Image(odd)))
		got := run(t, "info", release, "--size")
		if got.code != 6 || got.out != "" || !strings.Contains(got.err, fmt.Sprintf("its image %q is no pull spec", odd)) && !strings.Contains(got.err, odd) {
			t.Errorf("%s: exit code %d, %s%s", odd, got.code, got.out, got.err)
		}
	}
}

// Files are printed unchanged after their names; a missing newline at the end is added.
func TestInfoContents(t *testing.T) {
	const references = `{"kind":"ImageStream","apiVersion":"image.openshift.io/v1","metadata":{"name":"4.14.0"},` +
		`"spec":{"tags":[{"name":"a","from":{"kind":"DockerImage","name":"q.io/a/b@sha256:` + "0000000000000000000000000000000000000000000000000000000000000000" + `"}}]}}`
	b := testrelease.New("4.14.0").WithReferences(references).
		WithMetadata(`{"kind":"cincinnati-metadata-v0","version":"4.14.0"}`+"\n").
		WithManifest("0000_20_b.yaml", "b: 1\n").WithManifest("0000_10_a.json", "{}").WithManifest("notes.txt", "x")
	want(t, run(t, "info", layout(t, b), "--contents"), 0, "# image-references\n"+references+"\n"+
		"# release-metadata\n"+`{"kind":"cincinnati-metadata-v0","version":"4.14.0"}`+"\n"+
		"# 0000_10_a.json\n{}\n# 0000_20_b.yaml\nb: 1\n", "")
}

// An image that several components share is read once, without its layers.
func TestInfoReadsSharedImagesOnce(t *testing.T) {
	server := watch(t)
	shared := server.push(t, testrelease.New("1.0.0").WithComponent("x"), "ocp/art", "x")
	pullSpec := host(server.Server) + "/ocp/art@" + shared.Digest().String()
	server.push(t, testrelease.New("4.14.0").WithComponent("a", testrelease.Image(pullSpec)).WithComponent("b", testrelease.Image(pullSpec)), "ocp/release", "4.14.0")
	server.names[shared.Digest().String()] = "component"
	server.names[shared.Images[0].Config.Digest.String()] = "component's config"
	server.asked()
	good(t, run(t, "info", host(server.Server)+"/ocp/release:4.14.0", "--insecure", "--size"))
	requests, _ := server.asked()
	var components []string
	for _, request := range requests {
		if strings.Contains(request, "component") {
			components = append(components, request)
		}
	}
	if diff := cmp.Diff([]string{"GET component", "GET component's config"}, components); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
