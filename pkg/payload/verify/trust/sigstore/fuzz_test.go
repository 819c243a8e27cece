package sigstore

import (
	"testing"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

// With any manifest, document and signature from a registry, reading ends, and only the signed document passes.
func FuzzSigstorePayload(f *testing.F) {
	s := testsign.NewSigner(f, "ed25519")
	k := key(f, s)
	layer := s.SignatureLayer(f, imageA(), reference)
	registry := testsign.NewImages()
	registry.AddSignatures(f, oci.SplitRepository(repository), imageA(), layer)
	manifest := registry.Manifests[repository+":"+Tag(imageA())].Body
	other := s.SignatureLayer(f, imageB(), reference)
	f.Add(manifest, layer.Document, layer.Value)
	f.Add([]byte("{}"), other.Document, other.Value)
	f.Add([]byte(`{"schemaVersion":2,"layers":[]}`), []byte(`{"critical":{}}`), []byte{})
	f.Fuzz(func(t *testing.T, manifest, document, value []byte) {
		layers, err := readManifest(manifest, "")
		if err == nil && len(layers) > maxDocuments {
			t.Errorf("%d layers", len(layers))
		}
		got, err := Signature{Document: document, Value: value}.Verify(k, imageA())
		if err == nil && (string(document) != string(layer.Document) || got.Digest != imageA() || got.Reference != reference) {
			t.Errorf("accepted %q: %+v", document, got)
		}
		if err != nil && got != (simplesigning.Document{}) {
			t.Errorf("a refusal came with %+v", got)
		}
	})
}
