package image_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testprogress"
	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// TestEverySourceTellsWhatItReads checks that each kind of source reports its reads as progress. It leaves out numbers of
// bytes that depend on the compression; every task ends, and a task with a total ends at the total.
func TestEverySourceTellsWhatItReads(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	builder := testrelease.New("4.14.0").WithComponent("etcd").Squashed().
		WithManifest("0000_50_a_00_namespace.yaml", "kind: Namespace\n").WithOperatorManifest("0000_00_a_00_namespace.yaml", "kind: Namespace\n")
	release := build(t, builder)
	server := testrelease.Registry(t)
	for _, err := range []error{
		release.WriteLayout(in("layout"), "4.14.0"), release.WriteOCIArchive(in("plain.tar"), "4.14.0"),
		release.WriteOCIArchive(in("packed.tar.gz"), "4.14.0"), builder.WriteDirectory(in("folder")),
		os.WriteFile(in("refs.json"), builder.References(), 0o644), release.PushTo(server, "ocp/release", "4.14.0"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	host := server.Listener.Addr().String()
	layer := release.Images[0].Layers[0].Digest.String()
	hex := func(digest string) string { return "blobs/sha256/" + strings.TrimPrefix(digest, "sha256:") }
	manifest := release.Digest().String()
	opener := image.Opener{
		Registry: registry.New(registry.Options{Insecure: []string{host}}),
		Cache:    cache.New(cache.Options{Dir: in("cache")}),
		Stdin:    strings.NewReader(string(builder.References())),
	}
	for _, test := range []struct {
		reference string
		want      []string
	}{
		{"oci:" + in("layout"), []string{"index.json from " + in("layout"), hex(manifest) + " from " + in("layout"), "layer " + layer + " from " + in("layout")}},
		{"oci-archive:" + in("plain.tar"), []string{"plain.tar from " + dir, "index.json from " + in("plain.tar"), hex(manifest) + " from " + in("plain.tar"), "layer " + layer + " from " + in("plain.tar")}},
		{"oci-archive:" + in("packed.tar.gz"), []string{"packed.tar.gz from " + dir}},
		{"dir:" + in("folder"), []string{"files from " + in("folder") + "/release-manifests", "files from " + in("folder") + "/manifests"}},
		{"file:" + in("refs.json"), []string{in("refs.json") + " from "}},
		{"-", []string{"standard input from , hidden"}},
		{host + "/ocp/release:4.14.0", []string{
			"the files that name mirrors from ", "the manifest 4.14.0 from " + host + "/ocp/release",
			"waiting for another process to read layer " + layer + " from " + in("cache"),
			"the files that name mirrors from , resumable", "layer " + layer + " from " + host + "/ocp/release, resumable",
		}},
		{host + "/ocp/release@" + manifest, []string{"layer " + layer + " from the cache"}},
	} {
		t.Run(strings.ReplaceAll(test.reference, dir, ""), func(t *testing.T) {
			recorder := &testprogress.Recorder{}
			ctx := progress.WithReporter(t.Context(), recorder)
			img, err := opener.Open(ctx, parse(t, test.reference))
			if err != nil {
				t.Fatal(err)
			}
			want := image.Want{Contents: image.AllContents, Operator: true}
			if strings.HasPrefix(test.reference, "file:") || test.reference == "-" {
				want = image.Want{}
			}
			if _, err := img.Files(ctx, want); err != nil {
				t.Fatal(err)
			}
			opener.Cache.Wait()
			var got []string
			for _, told := range recorder.Tasks() {
				what, far, _ := strings.Cut(told, ": ")
				far, special, _ := strings.Cut(far, ", ")
				done, total, _ := strings.Cut(far, " of ")
				if total != "0" && done != total {
					t.Errorf("it did not end at its total: %s", told)
				}
				if special = strings.TrimPrefix(special, "counted"); special != "" {
					what += ", " + special
				}
				got = append(got, strings.TrimSpace(what))
			}
			for i := range test.want {
				test.want[i] = strings.TrimSpace(test.want[i])
			}
			if diff := cmp.Diff(test.want, slices.Compact(got)); diff != "" {
				t.Errorf("told (-want +got):\n%s", diff)
			}
		})
	}
}
