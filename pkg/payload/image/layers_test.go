package image_test

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// TestVerifyLayers finds a changed byte in a layer that reading the payload never touches.
func TestVerifyLayers(t *testing.T) {
	flip := func(data []byte) []byte {
		changed := append([]byte{}, data...)
		changed[len(changed)/2] ^= 1
		return changed
	}
	base := testrelease.New("4.14.0").WithComponent("etcd").WithManifest("0000_50_a_00.yaml", "a: b\n").WithBaseLayer(testrelease.File("usr/bin/a", "x")).WithBaseLayer(testrelease.File("usr/bin/b", "y"))
	for name, test := range map[string]struct {
		b    *testrelease.Builder
		want string
	}{
		"good":           {base, ""},
		"a changed base": {base.Clone().WithStored(testrelease.LayerPart(0), flip), "its bytes have the digest "},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := test.b.Build()
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := r.WriteLayout(dir, "t"); err != nil {
				t.Fatal(err)
			}
			ref, err := image.ParseReference("oci:" + dir)
			if err != nil {
				t.Fatal(err)
			}
			img, err := image.Opener{}.Open(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := img.Files(t.Context(), image.Want{}); err != nil {
				t.Fatalf("the payload itself is good: %v", err)
			}
			n, err := img.(image.Layered).VerifyLayers(t.Context())
			if test.want == "" {
				if err != nil || n < 3 {
					t.Errorf("%d layers, %v", n, err)
				}
				return
			}
			if fault.KindOf(err) != fault.Integrity || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}
