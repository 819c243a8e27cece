package image_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// A release is named by the digest of its list, in the repository that it was read from or else in the given one.
func TestReadNamesAPullSpec(t *testing.T) {
	one, list, builder := build(t, sample()), build(t, sample().WithList("amd64", "arm64")), sample()
	dir := t.TempDir()
	layout, folder := filepath.Join(dir, "layout"), filepath.Join(dir, "folder")
	if err := errors.Join(one.WriteLayout(layout, "4.14.0"), builder.WriteDirectory(folder)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, reference string
		shelf           *shelf
		want            string
	}{
		{"registry", where, &shelf{release: one}, "registry.test/ocp/release@" + one.Digest().String()},
		{"list in a registry", where, &shelf{release: list}, "registry.test/ocp/release@" + list.Root().Digest.String()},
		{"layout", "oci:" + layout, nil, "quay.io/org/repo@" + one.Digest().String()},
		{"folder, which has no digest", "dir:" + folder, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			opener := image.Opener{Registry: test.shelf, Arch: "amd64"}
			release, err := opener.Read(t.Context(), parse(t, test.reference), image.ReadOptions{Repository: oci.SplitRepository("quay.io/org/repo")})
			if err != nil {
				t.Fatal(err)
			}
			if release.PullSpec != test.want || release.Version != "4.14.0" {
				t.Errorf("got %q of version %s, want %q", release.PullSpec, release.Version, test.want)
			}
		})
	}
}

// The configuration is read when it is asked for, and when only it can say whether the image has the architecture of the
// tag. In the second case a release is read without a configuration that the registry does not give.
func TestReadFetchesTheConfigWhereItIsNeeded(t *testing.T) {
	release := build(t, sample())
	config := release.Images[0].Config.Digest
	const tagged = where + "-x86_64"
	for _, test := range []struct {
		name, reference string
		options         image.ReadOptions
		missing         bool // the registry has no configuration
		asks            bool
		architecture    string
		fails           bool
	}{
		{"not needed", where, image.ReadOptions{}, false, false, "", false},
		{"asked for", where, image.ReadOptions{Config: true}, false, true, "amd64", false},
		{"asked for and missing", where, image.ReadOptions{Config: true}, true, true, "", true},
		{"the tag names an architecture", tagged, image.ReadOptions{}, false, true, "amd64", false},
		{"the tag names an architecture, and it is missing", tagged, image.ReadOptions{}, true, true, "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &shelf{release: release}
			s.open = func(d digest.Digest, data []byte) io.ReadCloser {
				if d == config && test.missing {
					return io.NopCloser(failing{})
				}
				return io.NopCloser(bytes.NewReader(data))
			}
			got, err := image.Opener{Registry: s}.Read(t.Context(), parse(t, test.reference), test.options)
			if asks := slices.Contains(s.asked, "blob "+config.String()); asks != test.asks {
				t.Errorf("the configuration is asked for: %v, want %v", asks, test.asks)
			}
			if test.fails {
				if fault.KindOf(err) != fault.NotFound {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got.Architecture() != test.architecture {
				t.Errorf("got the architecture %q, want %q", got.Architecture(), test.architecture)
			}
		})
	}
}

// failing is a blob that the registry turns out not to have.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, fault.Errorf(fault.NotFound, "blob unknown") }

// What is read a second time for a list of manifests is their index: the layer stays where it is. Their texts are never kept.
func TestReadRemembersTheIndexOfManifests(t *testing.T) {
	release := build(t, sample())
	s := &shelf{release: release}
	opener := image.Opener{Registry: s, Cache: cache.New(cache.Options{Dir: filepath.Join(t.TempDir(), "cache")})}
	layers := release.Images[0].Layers
	layer := "blob " + layers[len(layers)-1].Digest.String()
	for _, wantsLayer := range []bool{true, false} {
		s.asked = nil
		got, err := opener.Read(t.Context(), parse(t, where), image.ListManifests(oci.SplitRepository("")))
		if err != nil {
			t.Fatal(err)
		}
		var list, texts []string
		for _, object := range got.Manifests(manifest.Render{}).Objects {
			list = append(list, object.File)
		}
		for _, file := range got.Files.Release {
			if file.Data != nil {
				texts = append(texts, file.Name)
			}
		}
		opener.Cache.Wait()
		if want := []string{"0000_00_cluster-version-operator_00_namespace.yaml", "0000_05_a_a.yaml", "0000_10_b_b.yaml"}; !slices.Equal(list, want) {
			t.Errorf("got %q, want %q", list, want)
		}
		if want := []string{"image-references", "release-metadata"}; !slices.Equal(texts, want) {
			t.Errorf("the texts of %q are in memory, want %q", texts, want)
		}
		if asks := slices.Contains(s.asked, layer); asks != wantsLayer {
			t.Errorf("the layer is asked for: %v, want %v", asks, wantsLayer)
		}
	}
}

func TestRefusal(t *testing.T) {
	for name, test := range map[string]struct {
		builder *testrelease.Builder
		want    string
	}{
		"whole":            {sample(), ""},
		"without metadata": {sample().Without("release-metadata"), "it has no file release-metadata"},
		"of another release": {
			sample().WithMetadata(`{"kind":"cincinnati-metadata-v0","version":"4.13.0"}`),
			"version from image-references (4.14.0) differs from release-metadata (4.13.0)",
		},
	} {
		t.Run(name, func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "folder")
			if err := test.builder.WriteDirectory(folder); err != nil {
				t.Fatal(err)
			}
			release, err := image.Opener{}.Read(t.Context(), parse(t, "dir:"+folder), image.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := release.Refusal(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// An error says which reference it is of, and keeps its kind.
func TestReadNamesTheReferenceInErrors(t *testing.T) {
	_, err := image.Opener{Registry: &shelf{release: build(t, sample().WithReferences("{"))}}.Read(t.Context(), parse(t, where), image.ReadOptions{})
	if want := where + ": not a release: image-references is neither JSON nor YAML: unexpected end of JSON input"; err == nil || err.Error() != want || fault.KindOf(err) != fault.NotFound {
		t.Errorf("got  %v (%v)\nwant %s", err, fault.KindOf(err), want)
	}
}

// A payload hash that is computed again needs the JSON that was kept, and no text of a manifest. Damaged JSON is made again.
func TestReadRemembersTheJSONOfManifests(t *testing.T) {
	const object = "apiVersion: v1\nkind: Namespace\nmetadata: {name: a}\n"
	b := testrelease.New("4.14.0").WithComponent("a").WithManifest("0000_10_a_a.yaml", object).
		WithOperatorManifest("0000_00_cluster-version-operator_00_namespace.yaml", object)
	release := build(t, b)
	directory := filepath.Join(t.TempDir(), "cache")
	opener := image.Opener{Registry: &shelf{release: release}, Cache: cache.New(cache.Options{Dir: directory})}
	hash := func() (sum string, texts int) {
		t.Helper()
		options := image.ListManifests(oci.SplitRepository(""))
		options.Index, options.JSON = false, true
		got, err := opener.Read(t.Context(), parse(t, where), options)
		if err != nil {
			t.Fatal(err)
		}
		loaded := got.Manifests(manifest.Render{ReleaseImage: where})
		got.RememberJSON(loaded)
		entries, _ := manifest.Evaluate(loaded.Objects, manifest.Settings{})
		if sum, err = manifest.Hash(entries); err != nil {
			t.Fatal(err)
		}
		for _, object := range loaded.Objects {
			if object.Raw() != nil && object.Directory == manifest.ReleaseDirectory {
				texts++
			}
		}
		opener.Cache.Wait()
		return sum, texts
	}
	first, read := hash()
	again, readAgain := hash()
	if first != again || read == 0 || readAgain != 0 {
		t.Errorf("got %s from %d texts, and then %s from %d, want none", first, read, again, readAgain)
	}
	notes, err := filepath.Glob(filepath.Join(directory, "notes", manifest.ConvertedForm, "*"))
	if err != nil || len(notes) != 1 {
		t.Fatalf("notes %q, %v", notes, err)
	}
	if err := os.Truncate(notes[0], 60); err != nil {
		t.Fatal(err)
	}
	if damaged, read := hash(); damaged != first || read == 0 {
		t.Errorf("with a damaged note: got %s from %d texts, want %s", damaged, read, first)
	}
	if mended, read := hash(); mended != first || read != 0 {
		t.Errorf("after it: got %s from %d texts, want %s from none", mended, read, first)
	}
}
