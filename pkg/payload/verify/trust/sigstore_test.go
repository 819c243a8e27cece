package trust

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

const repository = "registry.example.com/a/b"

func public(t *testing.T, s testsign.Signer) sigstore.Key {
	t.Helper()
	k, err := sigstore.ParseKey("cosign.pub", []byte(s.PEM))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestVerifySigstore(t *testing.T) {
	s, foreign := testsign.NewSigner(t, "p256"), testsign.NewSigner(t, "p384")
	mine, theirs := public(t, s), public(t, foreign)
	tag := repository + ":sha256-" + image().Encoded() + ".sig"
	const reference, outside = "quay.io/example/release:1", "quay.io/other/release:1"
	policy := func(featureSets string) Release {
		return release(testsign.PolicyName, testsign.Policy(s.PEM, featureSets, "quay.io/example"))
	}
	pinned := []string{mine.ID()}
	layers := func(l ...testsign.Layer) []testsign.Layer { return l }
	good := layers(s.SignatureLayer(t, image(), reference))
	nobody := "it is not signed by the key " + mine.ID() + ": by another one, or it was changed"
	tests := []struct {
		name   string
		r      Release
		o      Sigstore
		layers []testsign.Layer
		want   Check // Name, Subject and Digest are the same in all
	}{
		{"given key", release(), Sigstore{Keys: []sigstore.Key{mine}}, good, Check{Result: Pass, Key: mine.ID(), Reason: "signed by the key " + mine.ID() + ", as " + reference + ", for " + image().String() + ", found in " + tag + ", layer 1"}},
		{"one of two keys", release(), Sigstore{Keys: []sigstore.Key{theirs, mine}}, good, Check{Result: Pass, Key: mine.ID(), Reason: "signed by the key " + mine.ID() + ", as " + reference + ", for " + image().String() + ", found in " + tag + ", layer 1"}},
		{"one of two signatures", release(), Sigstore{Keys: []sigstore.Key{mine}}, layers(foreign.SignatureLayer(t, image(), reference), good[0]), Check{Result: Pass, Key: mine.ID(), Reason: "signed by the key " + mine.ID() + ", as " + reference + ", for " + image().String() + ", found in " + tag + ", layer 2"}},
		{"known policy", policy(""), Sigstore{Pins: pinned}, good, Check{Result: Pass, Key: mine.ID(), Reason: "signed by the key " + mine.ID() + ", as " + reference + ", for " + image().String() + ", found in " + tag + ", layer 1, with the known key of the release's policy openshift"}},
		{
			"a log that is not checked", release(testsign.PolicyName, testsign.Policy(s.PEM, "", "quay.io/example")+"        rekorKeyData: YQ==\n"),
			Sigstore{Pins: pinned},
			good,
			Check{Result: Pass, Key: mine.ID(), Reason: "signed by the key " + mine.ID() + ", as " + reference + ", for " + image().String() + ", found in " + tag + ", layer 1, with the known key of the release's policy openshift; that it is in the transparency log, as the policy wants, was not checked"},
		},
		{"another key", release(), Sigstore{Keys: []sigstore.Key{mine}}, layers(foreign.SignatureLayer(t, image(), reference)), Check{Result: Fail, Reason: tag + ", layer 1: " + nobody}},
		{"another image", release(), Sigstore{Keys: []sigstore.Key{mine}}, layers(s.SignatureLayer(t, other(), reference)), Check{Result: Fail, Reason: tag + ", layer 1: it is about another image, " + other().String()}},
		{"changed bytes", release(), Sigstore{Keys: []sigstore.Key{mine}}, layers(testsign.Layer{Document: good[0].Document, Value: good[0].Value, Stored: []byte("{}")}), Check{Result: Fail, Reason: tag + ", layer 1: its bytes are not those of " + digestOf(good[0].Document)}},
		{"a name that the policy does not cover", policy(""), Sigstore{Pins: pinned}, layers(s.SignatureLayer(t, image(), outside)), Check{Result: Fail, Reason: tag + ", layer 1: it is signed as \"" + outside + "\", which the release's policy openshift does not cover"}},
		{"unsigned, with a key", release(), Sigstore{Keys: []sigstore.Key{mine}}, nil, Check{Result: Fail, Unsigned: true, Reason: "not signed: " + repository + " has no tag sha256-" + image().Encoded() + ".sig"}},
		{"unsigned, with a known policy", policy(""), Sigstore{Pins: pinned}, nil, Check{Result: Fail, Unsigned: true, Reason: "not signed: " + repository + " has no tag sha256-" + image().Encoded() + ".sig"}},
		{"unsigned, with a policy for some", policy("DevPreviewNoUpgrade"), Sigstore{Pins: pinned}, nil, Check{Result: Skipped, Cause: NoSignature, Reason: "not signed: " + repository + " has no tag sha256-" + image().Encoded() + ".sig, and the release's policy is for some feature sets only"}},
		{"wrong, with a policy for some", policy("DevPreviewNoUpgrade"), Sigstore{Pins: pinned}, layers(foreign.SignatureLayer(t, image(), reference)), Check{Result: Fail, Reason: tag + ", layer 1: " + nobody}},
		{"no policy", release(), Sigstore{}, good, Check{Result: Skipped, Cause: NoKey, Reason: "no key to trust: the release brings no ClusterImagePolicy, and --key names none"}},
		{"the release's own key", policy(""), Sigstore{}, good, Check{Result: Skipped, Cause: NoKey, Reason: "no key to trust: the release brings " + mine.ID() + " (policy openshift), which this program does not know: --key names a key that you trust"}},
		{"a given key goes before the policy's", policy(""), Sigstore{Keys: []sigstore.Key{theirs}, Pins: pinned}, good, Check{Result: Fail, Reason: tag + ", layer 1: it is not signed by the key " + theirs.ID() + ": by another one, or it was changed"}},
		{"a policy that cannot be read", release(testsign.PolicyName, testsign.Policy("x", "", "a")), Sigstore{}, good, Check{Result: Fail, Reason: "reading " + testsign.PolicyName + ": the public key of the policy openshift: it is not PEM (-----BEGIN PUBLIC KEY-----)"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			registry := testsign.NewImages()
			if test.layers != nil {
				registry.AddSignatures(t, oci.SplitRepository(repository), image(), test.layers...)
			}
			test.o.Registry = registry
			test.want.Name, test.want.Subject, test.want.Digest = "sigstore", "image", image()
			equal(t, VerifySigstore(t.Context(), test.r, test.o), test.want)
		})
	}
}

// A manifest list has no signature of this kind. The check says so, and the registry is not asked for it.
func TestListsHaveNoSignature(t *testing.T) {
	s := testsign.NewSigner(t, "p256")
	registry := testsign.NewImages()
	registry.AddSignatures(t, oci.SplitRepository(repository), image(), s.SignatureLayer(t, image(), "quay.io/example/release:1"))
	registry.AddSignatures(t, oci.SplitRepository(repository), list(), s.SignatureLayer(t, list(), "quay.io/example/release:1"))
	r := release()
	r.ListDigest = list()
	tag := repository + ":sha256-" + image().Encoded() + ".sig"
	equal(t, VerifySigstore(t.Context(), r, Sigstore{Keys: []sigstore.Key{public(t, s)}, Registry: registry}),
		Check{Name: "sigstore", Subject: "list of images", Result: Skipped, Cause: List, Digest: list(), Reason: "sigstore signatures are of single images and never cover a list: the image is checked instead"},
		Check{Name: "sigstore", Subject: "image", Result: Pass, Digest: image(), Key: public(t, s).ID(), Reason: "signed by the key " + public(t, s).ID() + ", as quay.io/example/release:1, for " + image().String() + ", found in " + tag + ", layer 1"},
	)
	for _, asked := range registry.Requests {
		if strings.Contains(asked, list().Encoded()) {
			t.Errorf("asked for %s", asked)
		}
	}
}

// After other errors than a missing tag the check is skipped.
func TestSigstoreErrors(t *testing.T) {
	key := public(t, testsign.NewSigner(t, "p256"))
	for name, kind := range map[string]fault.Kind{"network": fault.Network, "credentials": fault.Auth} {
		t.Run(name, func(t *testing.T) {
			registry := testsign.NewImages()
			registry.Err = fault.Errorf(kind, "gone")
			got := VerifySigstore(t.Context(), release(), Sigstore{Keys: []sigstore.Key{key}, Registry: registry})
			equal(t, got, Check{Name: "sigstore", Subject: "image", Result: Skipped, Cause: CauseOf(registry.Err), Digest: image(), Reason: "looking for a signature: gone"})
			if fault.KindOf(got[0].Err) != kind {
				t.Errorf("got %v", got[0].Err)
			}
		})
	}
}

// If there is no digest or no registry, the check fails if the user named keys.
func TestSigstoreWithoutRegistry(t *testing.T) {
	key := public(t, testsign.NewSigner(t, "p256"))
	s := testsign.NewSigner(t, "p256")
	local := release(testsign.PolicyName, testsign.Policy(s.PEM, "", "quay.io/a"))
	local.Repository = oci.SplitRepository("")
	const noRegistry = "a sigstore signature is next to the image in its registry, and this release is not read from one"
	equal(t, VerifySigstore(t.Context(), local, Sigstore{Keys: []sigstore.Key{key}, Registry: testsign.NewImages()}), Check{Name: "sigstore", Subject: "image", Result: Fail, Unsigned: true, Digest: image(), Reason: noRegistry})
	equal(t, VerifySigstore(t.Context(), local, Sigstore{Pins: []string{public(t, s).ID()}}), Check{Name: "sigstore", Subject: "image", Result: Skipped, Cause: NoRegistry, Digest: image(), Reason: noRegistry})
	online := local
	online.Repository = oci.SplitRepository(repository)
	equal(t, VerifySigstore(t.Context(), online, Sigstore{Pins: []string{public(t, s).ID()}}), Check{Name: "sigstore", Subject: "image", Result: Skipped, Cause: Offline, Digest: image(), Reason: "a sigstore signature is next to the image in its registry, and no registry is asked"})
	const noDigest = "a signature covers a digest, and this source has none: read the release from a registry"
	equal(t, VerifySigstore(t.Context(), Release{Reference: "dir:x"}, Sigstore{}), Check{Name: "sigstore", Subject: "dir:x", Result: Skipped, Cause: NoDigest, Reason: noDigest})
	equal(t, VerifySigstore(t.Context(), Release{Reference: "dir:x"}, Sigstore{Keys: []sigstore.Key{key}}), Check{Name: "sigstore", Subject: "dir:x", Result: Fail, Unsigned: true, Reason: noDigest})
}

func TestPolicyKeys(t *testing.T) {
	if diff := cmp.Diff([]string{"sha256:ba9d26350d78893a20f337e2153a113108bfcf064085afaee60d446e63405576"}, policyKeys()); diff != "" {
		t.Error(diff)
	}
}
