package sigstore_test

import (
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// Fetch through the registry client of the program.
func TestRegistry(t *testing.T) {
	server := testrelease.Registry(t)
	host := strings.TrimPrefix(server.URL, "http://")
	image, repository := digest.FromString("a"), host+"/ocp/release"
	s := testsign.NewSigner(t, "p256")
	images := testsign.NewImages()
	images.AddSignatures(t, oci.SplitRepository(repository), image, s.SignatureLayer(t, image, "quay.io/example/release:1"))
	images.PushTo(t, server)
	client := registry.New(registry.Options{Insecure: []string{host}, Getenv: func(string) string { return "" }, CertDirs: []string{}})
	key, err := sigstore.ParseKey("cosign.pub", []byte(s.PEM))
	if err != nil {
		t.Fatal(err)
	}
	found, err := sigstore.Fetch(t.Context(), client, oci.SplitRepository(repository), image)
	if err != nil || len(found) != 1 {
		t.Fatalf("got %v, %v", found, err)
	}
	if got, err := found[0].Verify(key, image); err != nil || got.Reference != "quay.io/example/release:1" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := sigstore.Fetch(t.Context(), client, oci.SplitRepository(repository), digest.FromString("b")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("got %v", err)
	}
}
