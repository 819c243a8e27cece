package image_test

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

var everything = image.Want{Contents: image.AllContents, Operator: true}

func TestTheSameReleaseFromEverySource(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	builder := sample()
	release := build(t, builder)
	want := read(t, image.Opener{Registry: &shelf{release: release}}, where)

	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	do(release.WriteLayout(in("layout"), "4.14.0-x86_64"))
	do(release.WriteOCIArchive(in("oci.tar"), "4.14.0-x86_64"))
	do(release.WriteOCIArchive(in("oci.tar.gz"), ""))
	do(release.WriteDockerArchive(in("docker.tar"), "quay.io/ocp/release:4.14.0-x86_64"))
	do(release.WriteDockerArchive(in("docker.tgz")))
	do(release.WriteDockerLayoutArchive(in("docker25.tar"), "4.14.0-x86_64"))
	do(builder.WriteDirectory(in("folder")))
	plain, secure := testrelease.Registry(t), testrelease.TLSRegistry(t)
	do(release.PushTo(plain, "ocp/release", "4.14.0-x86_64"))
	do(release.PushTo(secure, "ocp/release", "4.14.0-x86_64"))
	host := func(s *httptest.Server) string { return s.Listener.Addr().String() }
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw})
	do(os.WriteFile(in("ca.pem"), ca, 0o644))
	client := registry.New(registry.Options{Insecure: []string{host(plain)}, CAFile: in("ca.pem")})

	hosted := func(s *httptest.Server) image.Identity {
		return image.Identity{Repository: oci.SplitRepository(host(s) + "/ocp/release"), Digest: release.Digest(), ManifestsKnown: true}
	}
	stored := image.Identity{Digest: release.Digest(), ManifestsKnown: true}
	nameless := image.Identity{ManifestsKnown: true}
	tests := []struct {
		reference string
		identity  image.Identity
	}{
		{host(plain) + "/ocp/release:4.14.0-x86_64", hosted(plain)},
		{host(plain) + "/ocp/release@" + release.Digest().String(), hosted(plain)},
		{"docker://" + host(secure) + "/ocp/release:4.14.0-x86_64", hosted(secure)},
		{"oci:" + in("layout"), stored},
		{"oci:" + in("layout") + ":4.14.0-x86_64", stored},
		{"ocidir://" + in("layout") + "@" + release.Digest().String(), stored},
		{"oci-archive:" + in("oci.tar"), stored},
		{"oci-archive:" + in("oci.tar") + ":4.14.0-x86_64", stored},
		{"oci-archive:" + in("oci.tar.gz"), stored},
		{"docker-archive:" + in("docker.tar"), nameless},
		{"docker-archive:" + in("docker.tar") + ":quay.io/ocp/release:4.14.0-x86_64", nameless},
		{"docker-archive:" + in("docker.tar") + ":4.14.0-x86_64", nameless},
		{"docker-archive:" + in("docker.tgz"), nameless},
		{"docker-archive:" + in("docker25.tar"), stored},
		{"dir:" + in("folder"), nameless},
	}
	for _, test := range tests {
		t.Run(strings.ReplaceAll(test.reference, dir, ""), func(t *testing.T) {
			opener := image.Opener{Registry: client}
			img, err := opener.Open(t.Context(), parse(t, test.reference))
			if err != nil {
				t.Fatal(err)
			}
			test.identity.Reference, test.identity.Tag = test.reference, parse(t, test.reference).Tag
			if diff := cmp.Diff(test.identity, img.Identity()); diff != "" {
				t.Errorf("identity (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(want, read(t, opener, test.reference)); diff != "" {
				t.Errorf("files (-want +got)\n%s", diff)
			}
			config, err := img.Config(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(test.reference, "dir:") {
				if config != nil {
					t.Errorf("a directory has a configuration: %+v", config)
				}
				return
			}
			raw, _ := release.Blob(release.Images[0].Config.Digest)
			if !bytes.Equal(config.Raw, raw) || config.Architecture != "amd64" || config.Labels["io.openshift.release"] != "4.14.0" || !config.Created.Equal(testrelease.Created()) {
				t.Errorf("configuration %+v", config)
			}
		})
	}
}

func read(t *testing.T, opener image.Opener, reference string) payload.Files {
	t.Helper()
	img, err := opener.Open(t.Context(), parse(t, reference))
	if err != nil {
		t.Fatal(err)
	}
	files, err := img.Files(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Without a wish for contents just the metadata is kept, and just the top layer fetched; names and sizes are there all the same.
func TestWantDecidesWhatIsFetchedAndKept(t *testing.T) {
	release := build(t, sample())
	tests := []struct {
		name  string
		want  image.Want
		blobs int
		kept  []string
	}{
		{"metadata", image.Want{}, 1, []string{"image-references", "release-metadata"}},
		{"one manifest", image.Want{Contents: func(folder, name string) bool { return folder == "release-manifests" && name == "0000_05_a_a.yaml" }}, 1, []string{"0000_05_a_a.yaml", "image-references", "release-metadata"}},
		{"the operator's too", image.Want{Operator: true}, 2, []string{"image-references", "release-metadata"}},
		{"everything", everything, 2, []string{"0000_00_cluster-version-operator_00_namespace.yaml", "0000_05_a_a.yaml", "0000_10_b_b.yaml", "image-references", "release-metadata"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := &shelf{release: release}
			img, err := image.Opener{Registry: s}.Open(t.Context(), parse(t, where))
			if err != nil {
				t.Fatal(err)
			}
			files, err := img.Files(t.Context(), test.want)
			if err != nil {
				t.Fatal(err)
			}
			var kept []string
			for _, f := range append(files.Operator, files.Release...) {
				if f.Size == 0 {
					t.Errorf("%s has no size", f.Name)
				}
				if f.Data != nil {
					kept = append(kept, f.Name)
				}
			}
			if diff := cmp.Diff(test.kept, kept); diff != "" {
				t.Errorf("kept (-want +got)\n%s", diff)
			}
			if s.blobs() != test.blobs || len(files.Release) != 4 {
				t.Errorf("%d blobs and %d files, want %d and 4", s.blobs(), len(files.Release), test.blobs)
			}
		})
	}
}

// No base layer is fetched once the payload is complete, and one with the operator's manifests is the last.
func TestLowerLayersStayWhereTheyAre(t *testing.T) {
	b := sample().WithBaseLayer(testrelease.File("usr/lib/base", "x")).WithBaseLayer(testrelease.File("usr/lib/more", "x"))
	s := &shelf{release: build(t, b)}
	if _, err := s.read(t, image.Limits{}); err != nil {
		t.Fatal(err)
	}
	layers := s.release.Images[0].Layers
	want := []string{"manifest 4.14.0", "blob " + layers[3].Digest.String(), "blob " + layers[2].Digest.String()}
	if diff := cmp.Diff(want, s.asked); diff != "" {
		t.Errorf("fetched (-want +got)\n%s", diff)
	}
	// A release without the folder is read to its ground, and is fine.
	bare := &shelf{release: build(t, testrelease.New("4.14.0").WithManifest("0000_05_a_a.yaml", "kind: A\n").WithBaseLayer(testrelease.File("usr/x", "x")))}
	files, err := bare.read(t, image.Limits{})
	if err != nil || bare.blobs() != 2 || len(files.Operator) != 0 {
		t.Errorf("%v, fetched %v", err, bare.asked)
	}
}

func TestSquashedRelease(t *testing.T) {
	files, err := (&shelf{release: build(t, sample().Squashed())}).read(t, image.Limits{})
	if diff := cmp.Diff(sampleNames(), names(files)); err != nil || diff != "" {
		t.Errorf("error %v, files (-want +got)\n%s", err, diff)
	}
}

func TestArchitectureOfASingleImage(t *testing.T) {
	release := build(t, sample().WithArchitecture("arm64"))
	tests := []struct{ asked, architecture, warning string }{
		{"", "", ""},
		{"aarch64", "arm64", ""},
		{"x86_64", "arm64", where + " is for linux/arm64, not for linux/amd64"},
	}
	for _, test := range tests {
		warning := ""
		opener := image.Opener{
			Registry: &shelf{release: release}, Arch: test.asked, HostArch: "s390x",
			Warnf: func(format string, args ...any) { warning += fmt.Sprintf(format, args...) },
		}
		img, err := opener.Open(t.Context(), parse(t, where))
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Identity().Architecture; got != test.architecture || warning != test.warning {
			t.Errorf("asked for %q: architecture %q, warning %q", test.asked, got, warning)
		}
	}
	_, err := image.Opener{Registry: &shelf{release: release}, Arch: "mips"}.Open(t.Context(), parse(t, where))
	if fault.KindOf(err) != fault.Usage || err.Error() != `no architecture "mips": want amd64 (x86_64), arm64 (aarch64), ppc64le or s390x` {
		t.Errorf("got %v", err)
	}
}

func TestNotes(t *testing.T) {
	release := build(t, sample().WithList("amd64", "arm64"))
	var notes []string
	opener := image.Opener{
		Registry: &shelf{release: release}, Arch: "arm64",
		Notef: func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) },
	}
	img, err := opener.Open(t.Context(), parse(t, where))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		fmt.Sprintf("%s is registry.test/ocp/release@%s", where, release.ListDigest()),
		fmt.Sprintf("%s: the image for linux/arm64 is %s", where, img.Identity().Digest),
	}
	if diff := cmp.Diff(want, notes); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// infoOf is the document that an info command prints of a sample.
func infoOf(t *testing.T, change func(map[string]any)) []byte {
	t.Helper()
	release := build(t, sample())
	config, _ := release.Blob(release.Images[0].Config.Digest)
	document := map[string]any{
		"image": "quay.io/ocp/release:4.14.0", "digest": release.Digest(), "listDigest": "",
		"config": json.RawMessage(config), "metadata": json.RawMessage(sample().Metadata()), "references": json.RawMessage(sample().References()),
		"images": nil,
	}
	change(document)
	data, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFilesAndStandardInput(t *testing.T) {
	const list = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	digest := build(t, sample()).Digest()
	info := image.Identity{Digest: digest, Repository: oci.SplitRepository("quay.io/ocp/release"), Image: "quay.io/ocp/release:4.14.0"}
	ofList := info
	ofList.ListDigest, ofList.Architecture, ofList.OS = list, "amd64", "linux"
	local := image.Identity{Digest: digest, Image: "oci:examples/release", Architecture: "arm64", OS: "linux"}
	tests := []struct {
		name     string
		data     []byte
		identity image.Identity
		metadata bool
		config   bool
	}{
		{"image-references", sample().References(), image.Identity{}, false, false},
		{"image-references in YAML", []byte("kind: ImageStream\nmetadata:\n  name: x\n"), image.Identity{}, false, false},
		{"something else", []byte("what is this?"), image.Identity{}, false, false},
		{"nothing", nil, image.Identity{}, false, false},
		{"references of null", infoOf(t, func(m map[string]any) { m["references"] = nil }), image.Identity{}, false, false},
		{"info", infoOf(t, func(map[string]any) {}), info, true, true},
		{"info without metadata", infoOf(t, func(m map[string]any) { m["metadata"] = nil }), info, false, true},
		{"info without config", infoOf(t, func(m map[string]any) { delete(m, "config") }), info, true, false},
		{"info of a list", infoOf(t, func(m map[string]any) { m["listDigest"] = list }), ofList, true, true},
		{"our info of a layout", infoOf(t, func(m map[string]any) {
			m["image"], m["release"] = "oci:examples/release", map[string]any{"architecture": "arm64"}
		}), local, true, true},
	}
	for _, test := range tests {
		file := filepath.Join(t.TempDir(), "document")
		if err := os.WriteFile(file, test.data, 0o644); err != nil {
			t.Fatal(err)
		}
		for _, reference := range []string{"file:" + file, "-"} {
			t.Run(test.name+" "+reference[:1], func(t *testing.T) {
				img, err := image.Opener{Stdin: bytes.NewReader(test.data)}.Open(t.Context(), parse(t, reference))
				if err != nil {
					t.Fatal(err)
				}
				test.identity.Reference = reference
				if diff := cmp.Diff(test.identity, img.Identity()); diff != "" {
					t.Errorf("identity (-want +got)\n%s", diff)
				}
				files, err := img.Files(t.Context(), image.Want{})
				if err != nil {
					t.Fatal(err)
				}
				want := []string{"r/image-references"}
				if test.metadata {
					want = append(want, "r/release-metadata")
				}
				if diff := cmp.Diff(want, names(files)); diff != "" {
					t.Errorf("files (-want +got)\n%s", diff)
				}
				if test.metadata {
					release, err := payload.Read(files)
					if err != nil || release.Version != "4.14.0" || len(release.Components) != 2 {
						t.Errorf("release %+v, %v", release, err)
					}
				} else if test.identity.Digest == "" && !bytes.Equal(files.Release[0].Data, test.data) {
					t.Errorf("image-references %q", files.Release[0].Data)
				}
				config, err := img.Config(t.Context())
				if err != nil || (config != nil) != test.config {
					t.Errorf("configuration %v, %v", config, err)
				}
				for _, want := range []image.Want{everything, {Operator: true}} {
					_, err = img.Files(t.Context(), want)
					text := reference + ": this source has image-references and no manifests: name the image, or an extracted directory as dir:DIR"
					if err == nil || err.Error() != text || fault.KindOf(err) != fault.NotFound {
						t.Errorf("manifests of a file: %v", err)
					}
				}
			})
		}
	}
}
