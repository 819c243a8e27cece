package trust

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

func image() digest.Digest { return digest.FromString("image") }
func list() digest.Digest  { return digest.FromString("list") }
func other() digest.Digest { return digest.FromString("other") }

// release makes a release with manifests: name, content, name, content.
func release(files ...string) Release {
	r := Release{Reference: "registry.example.com/a/b:1", Repository: oci.SplitRepository("registry.example.com/a/b"), Digest: image()}
	for i := 0; i < len(files); i += 2 {
		r.Files.Release = append(r.Files.Release, payload.File{Name: files[i], Data: []byte(files[i+1])})
	}
	return r
}

// bringing makes a release with keys and stores of its own.
func bringing(data map[string]string) Release {
	return release(testsign.VerificationName, testsign.Verification(data))
}

func ring(t testing.TB, name string, keys ...*testsign.Key) openpgp.Keyring {
	t.Helper()
	k, err := openpgp.ParseKeyring(name, []byte(testsign.Armored(t, keys...)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// directory makes a store of signatures of a digest.
func directory(t testing.TB, d digest.Digest, messages ...[]byte) store.Store {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "s")
	at := filepath.Join(dir, "sha256="+d.Encoded())
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	for i, m := range messages {
		if err := os.WriteFile(filepath.Join(at, fmt.Sprintf("signature-%d", i+1)), m, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return store.Directory(dir)
}

func at(s store.Store, d digest.Digest, n int) string {
	return filepath.Join(s.String(), "sha256="+d.Encoded(), fmt.Sprintf("signature-%d", n))
}

func equal(t *testing.T, got []Check, want ...Check) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(Check{}, "Err")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	for _, c := range got {
		if c.Result != Skipped && c.Err != nil {
			t.Errorf("%s with the error %v", c.Result, c.Err)
		}
		if (c.Result == Skipped) != (c.Cause != "") {
			t.Errorf("%s with the cause %q", c.Result, c.Cause)
		}
		if c.Result != Pass && c.Key != "" {
			t.Errorf("%s names the key %s", c.Result, c.Key)
		}
		if strings.Contains(c.Reason, "\n") || c.Reason == "" {
			t.Errorf("the reason is not one line: %q", c.Reason)
		}
	}
}

const day = 24 * time.Hour

// Every signature that does not count fails the check with the reason.
func TestBadSignaturesFail(t *testing.T) {
	alice, mallory := testsign.NewKey(t, "alice"), testsign.NewKey(t, "mallory")
	body := testsign.Document(testsign.AtomicType, image(), "quay.io/example/release:1")
	changed := []byte(strings.Replace(string(alice.SignAtomic(t, other())), other().String(), image().String(), 1))
	noReference := testsign.Document(testsign.AtomicType, image(), "")
	unknownField := []byte(strings.Replace(string(body), `"optional":{`, `"optional":{"more":1,`, 1))
	tests := []struct {
		name, reason string
		message      []byte
	}{
		{"unknown key", "it is signed by the key " + mallory.Fingerprint() + ", which is not in the keyring ring", mallory.SignAtomic(t, image())},
		{"expired", "the signature expired on 2023-11-02T12:00:00Z", alice.Sign(t, testsign.Message{Body: body, Lifetime: day})},
		{"another image", "it is about another image, " + other().String(), alice.SignAtomic(t, other())},
		{"changed", "the key " + alice.Fingerprint() + " did not sign this: the signature or what it is over was changed", changed},
		{"unsigned", "it is not signed", testsign.Literal(body)},
		{"detached", "it is a detached signature: the signed document is missing (gpg --sign makes a whole message, gpg --detach-sign does not)", alice.Signature(t, testsign.Message{Body: body})},
		{"another type", `the signed document is of type "cosign container image signature", want "atomic container signature"`, alice.Sign(t, testsign.Message{Body: testsign.Document(testsign.CosignType, image(), "a")})},
		{"no identity", "the signed document names no image: critical.identity.docker-reference is empty", alice.Sign(t, testsign.Message{Body: noReference})},
		{"unknown field", `the signed document has the unknown field "optional.more"`, alice.Sign(t, testsign.Message{Body: unknownField})},
		{"rubbish", `it is not an OpenPGP message: it begins with "<html>"`, []byte("<html>")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := directory(t, image(), test.message)
			got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Stores: []store.Store{s}, Now: testsign.Now()})
			equal(t, got, Check{Name: "signature", Subject: "image, keyring ring", Result: Fail, Reason: at(s, image(), 1) + ": " + test.reason, Digest: image()})
		})
	}
	t.Run("too long", func(t *testing.T) {
		s := directory(t, image(), make([]byte, openpgp.MaxMessage+1))
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Stores: []store.Store{s}, Now: testsign.Now()})
		equal(t, got, Check{Name: "signature", Subject: "image, keyring ring", Result: Fail, Reason: at(s, image(), 1) + ": it has more than the 51200 bytes that are read", Digest: image()})
	})
	t.Run("none at all", func(t *testing.T) {
		s := directory(t, image())
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Stores: []store.Store{s}, Now: testsign.Now()})
		equal(t, got, Check{Name: "signature", Subject: "image, keyring ring", Result: Fail, Unsigned: true, Reason: "not signed: no signature of " + image().String() + " in " + s.String(), Digest: image()})
	})
	t.Run("a store that cannot be read", func(t *testing.T) {
		gone := store.Directory(filepath.Join(t.TempDir(), "gone"))
		_, cause := os.ReadDir(gone.String())
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Stores: []store.Store{gone}, Now: testsign.Now()})
		equal(t, got, Check{Name: "signature", Subject: "image, keyring ring", Result: Fail, Reason: "reading signatures: " + cause.Error(), Digest: image()})
	})
	t.Run("stopped", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		web, err := store.NewWeb(store.WebOptions{}).Store("http://127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		got := VerifyOpenPGP(ctx, release(), OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Stores: []store.Store{web}, Now: testsign.Now()})
		if len(got) != 1 || got[0].Result != Skipped || !errors.Is(got[0].Err, context.Canceled) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("nowhere to look", func(t *testing.T) {
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Now: testsign.Now()})
		equal(t, got, Check{Name: "signature", Subject: "image, keyring ring", Result: Fail, Unsigned: true, Reason: "there is no store to search for signatures: name a store, a directory or a file with --signature", Digest: image()})
	})
	t.Run("good", func(t *testing.T) {
		s := directory(t, image(), []byte("<html>"), mallory.SignAtomic(t, image()), alice.SignAtomic(t, image()))
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Stores: []store.Store{s}, Now: testsign.Now()})
		equal(t, got, Check{
			Name: "signature", Subject: "image, keyring ring", Result: Pass, Key: alice.Fingerprint(), Digest: image(),
			Reason: "signed 2023-11-01T12:00:00Z by alice <alice@example.com>, key " + alice.Fingerprint() + ", as quay.io/example/release:1, for " + image().String() + ", found in " + at(s, image(), 3),
		})
	})
}

// Every keyring needs a valid signature; they may be several signatures.
func TestEveryKeyringNeedsASignature(t *testing.T) {
	alice, bob := testsign.NewKey(t, "alice"), testsign.NewKey(t, "bob")
	keyrings := []openpgp.Keyring{ring(t, "a", alice), ring(t, "b", bob)}
	pass := func(name string, key *testsign.Key, who, where string) Check {
		return Check{
			Name: "signature", Subject: "image, keyring " + name, Result: Pass, Key: key.Fingerprint(), Digest: image(),
			Reason: "signed 2023-11-01T12:00:00Z by " + who + " <" + who + "@example.com>, key " + key.Fingerprint() + ", as quay.io/example/release:1, for " + image().String() + ", found in " + where,
		}
	}
	t.Run("one is missing", func(t *testing.T) {
		s := directory(t, image(), alice.SignAtomic(t, image()))
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: keyrings, Stores: []store.Store{s}, Now: testsign.Now()})
		equal(t, got, pass("a", alice, "alice", at(s, image(), 1)), Check{
			Name: "signature", Subject: "image, keyring b", Result: Fail, Digest: image(),
			Reason: at(s, image(), 1) + ": it is signed by the key " + alice.Fingerprint() + ", which is not in the keyring b",
		})
	})
	t.Run("both, in two stores", func(t *testing.T) {
		first, second := directory(t, image(), alice.SignAtomic(t, image())), directory(t, image(), bob.SignAtomic(t, image()))
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: keyrings, Stores: []store.Store{first, second}, Now: testsign.Now()})
		equal(t, got, pass("a", alice, "alice", at(first, image(), 1)), pass("b", bob, "bob", at(second, image(), 1)))
	})
	t.Run("both by one message", func(t *testing.T) {
		keyrings := []openpgp.Keyring{ring(t, "a", alice), ring(t, "b", bob, alice)}
		s := directory(t, image(), alice.SignAtomic(t, image()))
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Keyrings: keyrings, Stores: []store.Store{s}, Now: testsign.Now()})
		equal(t, got, pass("a", alice, "alice", at(s, image(), 1)), pass("b", alice, "alice", at(s, image(), 1)))
	})
}

// A store that cannot be asked does not make the release unsigned.
func TestOtherErrorsAreNot404(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	status := http.StatusForbidden
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "signature-1") {
			w.WriteHeader(status)
			return
		}
		w.WriteHeader(http.StatusNotFound)
	}))
	defer server.Close()
	web, err := store.NewWeb(store.WebOptions{}).Store(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Stores: []store.Store{web}, Now: testsign.Now()}
	where := server.URL + "/sha256=" + image().Encoded() + "/signature-1"
	got := VerifyOpenPGP(t.Context(), release(), o)
	equal(t, got, Check{Name: "signature", Subject: "image, keyring ring", Result: Skipped, Cause: Network, Reason: where + " answered 403 Forbidden", Digest: image()})
	if fault.KindOf(got[0].Err) != fault.Network {
		t.Errorf("got %v", got[0].Err)
	}
	t.Run("404 is unsigned", func(t *testing.T) {
		status = http.StatusNotFound
		got := VerifyOpenPGP(t.Context(), release(), o)
		equal(t, got, Check{Name: "signature", Subject: "image, keyring ring", Result: Fail, Unsigned: true, Reason: "not signed: no signature of " + image().String() + " in " + server.URL, Digest: image()})
	})
	t.Run("another store has it", func(t *testing.T) {
		status = http.StatusForbidden
		s := directory(t, image(), alice.SignAtomic(t, image()))
		o := o
		o.Stores = []store.Store{web, s}
		if got := VerifyOpenPGP(t.Context(), release(), o); got[0].Result != Pass || got[0].Err != nil {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("another store has a wrong one", func(t *testing.T) {
		s := directory(t, image(), alice.SignAtomic(t, other()))
		o := o
		o.Stores = []store.Store{web, s}
		got := VerifyOpenPGP(t.Context(), release(), o)
		equal(t, got, Check{
			Name: "signature", Subject: "image, keyring ring", Result: Fail, Digest: image(),
			Reason: at(s, image(), 1) + ": it is about another image, " + other().String() + "; " + where + " answered 403 Forbidden",
		})
	})
}

// A release cannot vouch for itself.
func TestReleasesOwnKeyIsNotTrusted(t *testing.T) {
	mallory := testsign.NewKey(t, "mallory")
	s := directory(t, image(), mallory.SignAtomic(t, image()))
	r := bringing(map[string]string{"verifier-public-key-redhat": testsign.Armored(t, mallory), "store-a": "https://example.com"})
	const mend = "; name the keys that you trust with --keyring, or trust the running cluster's with --trust-cluster"
	fail := func(reason string) Check {
		return Check{Name: "signature", Subject: "image", Result: Fail, Unsigned: true, Reason: reason + mend, Digest: image()}
	}
	got := VerifyOpenPGP(t.Context(), r, OpenPGP{Stores: []store.Store{s}, Now: testsign.Now()})
	equal(t, got, fail("no key to trust: the release brings the key "+mallory.Fingerprint()+", which this program does not know, and a release cannot vouch for itself"))
	t.Run("no key", func(t *testing.T) {
		got := VerifyOpenPGP(t.Context(), release(), OpenPGP{Stores: []store.Store{s}, Now: testsign.Now()})
		equal(t, got, fail("no key to trust: the release brings none"))
	})
	t.Run("a key that cannot be read", func(t *testing.T) {
		got := VerifyOpenPGP(t.Context(), bringing(map[string]string{"verifier-public-key-a": "x"}), OpenPGP{Stores: []store.Store{s}, Now: testsign.Now()})
		broken := fail(`no key to trust: the release's own cannot be read (the ConfigMap openshift-config-managed/release-verification: keyring verifier-public-key-a: it holds no public key: it begins with "x\n")`)
		broken.Unsigned = false // its ConfigMap is not as it should be
		equal(t, got, broken)
	})
	t.Run("given by the user", func(t *testing.T) {
		got := VerifyOpenPGP(t.Context(), r, OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "mine", mallory)}, Stores: []store.Store{s}, Now: testsign.Now()})
		if len(got) != 1 || got[0].Result != Pass || got[0].Subject != "image, keyring mine" {
			t.Errorf("got %+v", got)
		}
	})
}

// Of the release's own keys, only those with a pinned fingerprint count.
func TestPinnedKeys(t *testing.T) {
	known, mallory := testsign.NewKey(t, "known"), testsign.NewKey(t, "mallory")
	own := func(keys ...*testsign.Key) Release {
		return bringing(map[string]string{"verifier-public-key-redhat": testsign.Armored(t, keys...)})
	}
	const subject = "image, keyring verifier-public-key-redhat"
	verify := func(t *testing.T, r Release, message []byte, pins ...string) (Check, string) {
		t.Helper()
		s := directory(t, image(), message)
		got := VerifyOpenPGP(t.Context(), r, OpenPGP{Stores: []store.Store{s}, Now: testsign.Now(), Pins: pins})
		if len(got) != 1 {
			t.Fatalf("got %+v", got)
		}
		return got[0], at(s, image(), 1) + ": "
	}
	t.Run("known", func(t *testing.T) {
		got, _ := verify(t, own(mallory, known), known.SignAtomic(t, image()), known.Fingerprint())
		if got.Result != Pass || got.Key != known.Fingerprint() || got.Subject != subject {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a foreign key beside a known one", func(t *testing.T) {
		got, where := verify(t, own(known, mallory), mallory.SignAtomic(t, image()), known.Fingerprint())
		equal(t, []Check{got}, Check{Name: "signature", Subject: subject, Result: Fail, Digest: image(), Reason: where + "it is signed by the key " + mallory.Fingerprint() + ", which is not in the keyring verifier-public-key-redhat"})
	})
	t.Run("a foreign subkey hung on a known key", func(t *testing.T) {
		owner, thief := testsign.NewKey(t, "known"), testsign.NewKey(t, "thief").WithSubkey(t)
		owner.WithSubkeyOf(thief)
		got, where := verify(t, own(owner), thief.SignAtomic(t, image()), known.Fingerprint())
		equal(t, []Check{got}, Check{Name: "signature", Subject: subject, Result: Fail, Digest: image(), Reason: where + "the subkey " + thief.SubkeyFingerprint() + " is not bound to the key " + known.Fingerprint() + " by a valid signature"})
	})
	t.Run("a known key's own subkey", func(t *testing.T) {
		key := testsign.NewKey(t, "known").WithSubkey(t)
		got, _ := verify(t, own(key), key.SignAtomic(t, image()), key.Fingerprint())
		if got.Result != Pass || got.Key != key.Fingerprint() || !strings.Contains(got.Reason, "by known <known@example.com>, key "+key.Fingerprint()+" (subkey "+key.SubkeyFingerprint()+")") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a subkey's fingerprint is not a key's", func(t *testing.T) {
		key := testsign.NewKey(t, "sub").WithSubkey(t)
		got, _ := verify(t, own(key), key.SignAtomic(t, image()), key.SubkeyFingerprint())
		if got.Result != Fail || !strings.HasPrefix(got.Reason, "no key to trust: ") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("another key that says that it is the known one", func(t *testing.T) {
		// A key with a known user ID: only fingerprints count.
		double := testsign.NewKey(t, "known", testsign.MadeOn(testsign.Created().Add(time.Second)))
		got, _ := verify(t, own(double), double.SignAtomic(t, image()), known.Fingerprint())
		if got.Result != Fail || !strings.HasPrefix(got.Reason, "no key to trust: the release brings the key "+double.Fingerprint()) {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a keyring more than is known", func(t *testing.T) {
		r := bringing(map[string]string{"verifier-public-key-a": testsign.Armored(t, known), "verifier-public-key-b": testsign.Armored(t, mallory)})
		s := directory(t, image(), known.SignAtomic(t, image()), mallory.SignAtomic(t, image()))
		got := VerifyOpenPGP(t.Context(), r, OpenPGP{Stores: []store.Store{s}, Now: testsign.Now(), Pins: []string{known.Fingerprint()}})
		if len(got) != 2 || got[0].Result != Pass {
			t.Fatalf("got %+v", got)
		}
		equal(t, got[1:], Check{
			Name: "signature", Subject: "image, keyring verifier-public-key-b", Result: Fail, Unsigned: true, Digest: image(),
			Reason: "the release requires a signature for this keyring, and this program knows none of its keys: name those that you trust with --keyring",
		})
	})
	t.Run("Red Hat's by default", func(t *testing.T) {
		if diff := cmp.Diff([]string{"567E347AD0044ADE55BA8A5F199E2F91FD431D51", "B08B659EE86AF623BC90E8DB938A80CAF21541EB"}, releaseKeys()); diff != "" {
			t.Error(diff)
		}
		got, _ := verify(t, own(known), known.SignAtomic(t, image()))
		if got.Result != Fail || !strings.HasPrefix(got.Reason, "no key to trust: ") {
			t.Errorf("got %+v", got)
		}
	})
}

// The signature of a release in a manifest list covers the list, and the check says so.
func TestCoveredDigest(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	o := OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Now: testsign.Now()}
	r := release()
	r.ListDigest = list()
	t.Run("of the list", func(t *testing.T) {
		s := directory(t, list(), alice.SignAtomic(t, list()))
		o := o
		o.Stores = []store.Store{s}
		equal(t, VerifyOpenPGP(t.Context(), r, o), Check{
			Name: "signature", Subject: "list of images, keyring ring", Result: Pass, Key: alice.Fingerprint(), Digest: list(),
			Reason: "signed 2023-11-01T12:00:00Z by alice <alice@example.com>, key " + alice.Fingerprint() + ", as quay.io/example/release:1, for " + list().String() + ", found in " + at(s, list(), 1),
		})
	})
	t.Run("of one of its images", func(t *testing.T) {
		s := directory(t, list(), alice.SignAtomic(t, image()))
		o := o
		o.Stores = []store.Store{s, directory(t, image(), alice.SignAtomic(t, image()))}
		equal(t, VerifyOpenPGP(t.Context(), r, o), Check{
			Name: "signature", Subject: "list of images, keyring ring", Result: Fail, Digest: list(),
			Reason: at(s, list(), 1) + ": it is about another image, " + image().String(),
		})
	})
}

// A source without a digest cannot be signed.
func TestNoDigest(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	r := Release{Reference: "dir:x"}
	const reason = "a signature covers a digest, and this source has none: read the release from a registry, a layout or an OCI archive"
	want := Check{Name: "signature", Subject: "dir:x", Result: Skipped, Cause: NoDigest, Reason: reason}
	equal(t, VerifyOpenPGP(t.Context(), r, OpenPGP{Now: testsign.Now()}), want)
	want.Result, want.Cause, want.Unsigned = Fail, "", true
	equal(t, VerifyOpenPGP(t.Context(), r, OpenPGP{TrustCluster: true, Cluster: &store.Cluster{Objects: api{}}, Now: testsign.Now()}), want)
	equal(t, VerifyOpenPGP(t.Context(), r, OpenPGP{Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Now: testsign.Now()}), want)
	equal(t, VerifyOpenPGP(t.Context(), r, OpenPGP{Stores: []store.Store{directory(t, image(), alice.SignAtomic(t, image()))}, Now: testsign.Now()}), want)
}

// api is a cluster in memory.
type api struct {
	keys, signatures string
	version          string // the ClusterVersion; empty: there is none
	err              error
}

func (a api) Get(_ context.Context, path string, query url.Values) ([]byte, error) {
	if strings.HasSuffix(path, "/clusterversions/version") {
		if a.version == "" {
			return nil, fault.Errorf(fault.NotFound, "none")
		}
		return []byte(a.version), a.err
	}
	if query.Get("labelSelector") != "" {
		return []byte(`{"kind":"ConfigMapList","items":[` + a.signatures + `]}`), a.err
	}
	return []byte(`{"kind":"ConfigMapList","items":[` + a.keys + `]}`), a.err
}

func TestTrustCluster(t *testing.T) {
	alice, known, mallory := testsign.NewKey(t, "alice"), testsign.NewKey(t, "known"), testsign.NewKey(t, "mallory")
	keys := fmt.Sprintf(`{"metadata":{"name":"release-verification","annotations":{"release.openshift.io/verification-config-map":""}},"data":{"verifier-public-key-c":%q}}`, testsign.Armored(t, alice))
	s := directory(t, image(), alice.SignAtomic(t, image()), known.SignAtomic(t, image()))
	run := func(r Release, a api, trust bool) []Check {
		return VerifyOpenPGP(t.Context(), r, OpenPGP{
			Stores: []store.Store{s}, Cluster: &store.Cluster{Objects: a}, TrustCluster: trust, Now: testsign.Now(), Pins: []string{known.Fingerprint()},
		})
	}
	mine := bringing(map[string]string{"verifier-public-key-r": testsign.Armored(t, mallory)})
	t.Run("trusted", func(t *testing.T) {
		got := run(mine, api{keys: keys}, true)
		if len(got) != 1 || got[0].Result != Pass || got[0].Key != alice.Fingerprint() || got[0].Subject != "image, keyring verifier-public-key-c" {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("not asked to", func(t *testing.T) {
		got := run(mine, api{keys: keys}, false)
		if len(got) != 1 || got[0].Result != Fail || !strings.HasPrefix(got[0].Reason, "no key to trust: ") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("a known key goes first", func(t *testing.T) {
		got := run(bringing(map[string]string{"verifier-public-key-r": testsign.Armored(t, known)}), api{keys: keys}, true)
		if len(got) != 1 || got[0].Result != Pass || got[0].Key != known.Fingerprint() {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("forbidden", func(t *testing.T) {
		got := run(mine, api{err: fault.Errorf(fault.Auth, "forbidden")}, true)
		equal(t, got, Check{Name: "signature", Subject: "image", Result: Skipped, Cause: Credentials, Reason: "reading the cluster's keys: forbidden", Digest: image()})
		if fault.KindOf(got[0].Err) != fault.Auth {
			t.Errorf("got %v", got[0].Err)
		}
	})
	t.Run("its stores", func(t *testing.T) {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/s/sha256="+image().Encoded()+"/signature-1" {
				http.NotFound(w, r)
				return
			}
			w.Write(alice.SignAtomic(t, image()))
		}))
		defer server.Close()
		maps := fmt.Sprintf(`{"metadata":{"name":"release-verification","annotations":{"release.openshift.io/verification-config-map":""}},"data":{"verifier-public-key-c":%q,"store-c":%q}}`,
			testsign.Armored(t, alice), server.URL+"/s")
		got := VerifyOpenPGP(t.Context(), mine, OpenPGP{
			Cluster: &store.Cluster{Objects: api{keys: maps}}, TrustCluster: true, Now: testsign.Now(),
			Web: trustingWeb(t, server),
		})
		if len(got) != 1 || got[0].Result != Pass || !strings.Contains(got[0].Reason, server.URL+"/s/") {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("it has none", func(t *testing.T) {
		got := run(mine, api{}, true)
		equal(t, got, Check{Name: "signature", Subject: "image", Result: Fail, Unsigned: true, Reason: "no key to trust: the cluster has no ConfigMap in openshift-config-managed with the annotation release.openshift.io/verification-config-map", Digest: image()})
	})
	t.Run("its signatures", func(t *testing.T) {
		signatures := fmt.Sprintf(`{"metadata":{"name":"s"},"binaryData":{"sha256-%s-1":%s}}`, image().Encoded(), base64JSON(alice.SignAtomic(t, image())))
		got := VerifyOpenPGP(t.Context(), mine, OpenPGP{Cluster: &store.Cluster{Objects: api{signatures: signatures}}, Keyrings: []openpgp.Keyring{ring(t, "ring", alice)}, Now: testsign.Now()})
		if len(got) != 1 || got[0].Result != Pass || !strings.HasSuffix(got[0].Reason, "found in the connected cluster, ConfigMap s, sha256-"+image().Encoded()+"-1") {
			t.Errorf("got %+v", got)
		}
	})
}

// trustingWeb accepts the certificate of a server.
func trustingWeb(t *testing.T, server *httptest.Server) *store.Web {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o644); err != nil {
		t.Fatal(err)
	}
	return store.NewWeb(store.WebOptions{CAFile: name})
}

// The stores that the administrator of the cluster chose replace those that releases name.
func TestStoresOfTheAdministrator(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/chosen/sha256="+image().Encoded()+"/signature-1" {
			http.NotFound(w, r)
			return
		}
		w.Write(alice.SignAtomic(t, image()))
	}))
	defer server.Close()
	released := bringing(map[string]string{"verifier-public-key-r": testsign.Armored(t, alice), "store-r": server.URL + "/release"})
	run := func(a api) Check {
		got := VerifyOpenPGP(t.Context(), released, OpenPGP{
			Cluster: &store.Cluster{Objects: a}, Now: testsign.Now(), Pins: []string{alice.Fingerprint()},
			Web: trustingWeb(t, server),
		})
		if len(got) != 1 {
			t.Fatalf("got %+v", got)
		}
		return got[0]
	}
	names := func(path string) string { return `{"spec":{"signatureStores":[{"url":"` + server.URL + path + `"}]}}` }
	if got := run(api{version: names("/chosen")}); got.Result != Pass || !strings.Contains(got.Reason, "found in "+server.URL+"/chosen/") {
		t.Errorf("got %+v", got)
	}
	if got := run(api{version: names("/other")}); got.Result != Fail || !strings.HasSuffix(got.Reason, " in the connected cluster, "+server.URL+"/other") {
		t.Errorf("got %+v", got)
	}
	if got := run(api{version: names("/chosen?a=b")}); got.Result != Skipped || fault.KindOf(got.Err) != fault.Network {
		t.Errorf("an address that cannot be asked: got %+v", got)
	}
	// A release may not name a server on this machine. The refusal shows that its store was considered.
	if got := run(api{version: `[]`}); got.Result != Skipped || !strings.Contains(got.Reason, server.URL+`/release" is not asked`) {
		t.Errorf("when it is not known whether there are any: got %+v", got)
	}
}

// The stores that a release names are asked only if there is a Web.
func TestStoresOfTheRelease(t *testing.T) {
	alice := testsign.NewKey(t, "alice")
	r := bringing(map[string]string{"verifier-public-key-r": testsign.Armored(t, alice), "store-a": "http://169.254.169.254/latest", "store-b": "https://localhost/x"})
	o := OpenPGP{Now: testsign.Now(), Pins: []string{alice.Fingerprint()}}
	const subject = "image, keyring verifier-public-key-r"
	got := VerifyOpenPGP(t.Context(), r, o)
	equal(t, got, Check{
		Name: "signature", Subject: subject, Result: Skipped, Cause: Network, Digest: image(),
		Reason: `the release's store "http://169.254.169.254/latest" was not asked: that needs the network; the release's store "https://localhost/x" was not asked: that needs the network`,
	})
	if fault.KindOf(got[0].Err) != fault.Network {
		t.Errorf("got %v", got[0].Err)
	}
	o.Web = store.NewWeb(store.WebOptions{})
	equal(t, VerifyOpenPGP(t.Context(), r, o), Check{
		Name: "signature", Subject: subject, Result: Skipped, Cause: Network, Digest: image(),
		Reason: `the release's store of signatures "http://169.254.169.254/latest" is not asked: it is not https; the release's store of signatures "https://localhost/x" is not asked: it is a loopback or link-local address`,
	})
	o.Stores = []store.Store{directory(t, image(), alice.SignAtomic(t, image()))}
	if got := VerifyOpenPGP(t.Context(), r, o); got[0].Result != Pass {
		t.Errorf("got %+v", got)
	}
}

// Only the first of many reasons are printed.
func TestManyReasons(t *testing.T) {
	if got, want := joinReasons([]string{"a", "b", "c"}, []error{errors.New("d"), errors.New("e"), errors.New("f")}), "a; b; c; d; and 2 more"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A pinned key has so many forged subkeys that verifying them would take minutes.
func TestForgedSubkeysOfAKnownKey(t *testing.T) {
	known, thief := testsign.NewKey(t, "known"), testsign.NewKey(t, "thief")
	crowded := testsign.NewKey(t, "known")
	for range 600 {
		crowded.WithSubkeyOf(thief.WithSubkey(t))
	}
	armored := testsign.Armored(t, crowded)
	r := bringing(map[string]string{"verifier-public-key-1": armored, "verifier-public-key-2": armored, "verifier-public-key-3": armored})
	var messages [][]byte
	for range 9 {
		messages = append(messages, known.SignAtomic(t, image()))
	}
	got := VerifyOpenPGP(t.Context(), r, OpenPGP{Stores: []store.Store{directory(t, image(), messages...)}, Now: testsign.Now(), Pins: []string{known.Fingerprint()}})
	if len(got) != 3 {
		t.Fatalf("got %+v", got)
	}
	for _, c := range got {
		if c.Result != Fail || !strings.Contains(c.Reason, " signatures, more than the 500 that are checked: name a copy of the keys with --keyring") {
			t.Errorf("got %+v", c)
		}
	}
}
