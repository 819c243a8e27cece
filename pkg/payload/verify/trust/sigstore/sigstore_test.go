package sigstore

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

const (
	repository = "registry.example.com/a/b"
	reference  = "quay.io/example/release:1"
)

func imageA() digest.Digest { return digest.FromString("a") }
func imageB() digest.Digest { return digest.FromString("b") }

func key(t testing.TB, s testsign.Signer) Key {
	t.Helper()
	k, err := ParseKey("cosign.pub", []byte(s.PEM))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestVerify(t *testing.T) {
	for _, kind := range []string{"p256", "p384", "p521", "rsa2048", "ed25519"} {
		t.Run(kind, func(t *testing.T) {
			s, foreign := testsign.NewSigner(t, kind), testsign.NewSigner(t, "p256")
			registry := testsign.NewImages()
			registry.AddSignatures(t, oci.SplitRepository(repository), imageA(), s.SignatureLayer(t, imageA(), reference))
			found, err := Fetch(t.Context(), registry, oci.SplitRepository(repository), imageA())
			if err != nil || len(found) != 1 {
				t.Fatalf("got %v, %v", found, err)
			}
			got, err := found[0].Verify(key(t, s), imageA())
			want := simplesigning.Document{Digest: imageA(), Reference: reference, Creator: "testsign"}
			if err != nil || got != want {
				t.Errorf("got %+v, %v", got, err)
			}
			if where := repository + ":sha256-" + imageA().Encoded() + ".sig, layer 1"; found[0].Where != where {
				t.Errorf("found in %s", found[0].Where)
			}
			other := key(t, foreign)
			wantErr := "it is not signed by the key " + other.ID() + ": by another one, or it was changed"
			if got, err := found[0].Verify(other, imageA()); err == nil || err.Error() != wantErr || got != (simplesigning.Document{}) || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestVerifyRefuses(t *testing.T) {
	s := testsign.NewSigner(t, "p256")
	k := key(t, s)
	good := s.SignatureLayer(t, imageA(), reference)
	signed := func(document []byte) testsign.Layer {
		return testsign.Layer{Document: document, Value: s.Sign(t, document)}
	}
	changed := bytes.Replace(good.Document, []byte("release:1"), []byte("release:2"), 1)
	flipped := bytes.Clone(good.Value)
	flipped[len(flipped)-1] ^= 1
	forged := "it is not signed by the key " + k.ID() + ": by another one, or it was changed"
	tests := []struct {
		name   string
		layer  testsign.Layer
		reason string
	}{
		{"document changed", testsign.Layer{Document: changed, Value: good.Value}, forged},
		{"signature changed", testsign.Layer{Document: good.Document, Value: flipped}, forged},
		{"signature of another document", testsign.Layer{Document: good.Document, Value: s.Sign(t, changed)}, forged},
		{"another image", s.SignatureLayer(t, imageB(), reference), "it is about another image, " + imageB().String()},
		{"an OpenPGP claim", signed(testsign.Document(testsign.AtomicType, imageA(), reference)), `the signed document is of type "atomic container signature", want "cosign container image signature"`},
		{"no reference", s.SignatureLayer(t, imageA(), ""), "the signed document names no image: critical.identity.docker-reference is empty"},
		{"unknown field", signed(bytes.Replace(good.Document, []byte(`{"critical"`), []byte(`{"more":1,"critical"`), 1)), `the signed document has the unknown field "more"`},
		{"no JSON", signed([]byte("hello")), "the signed document is not read: it is not a JSON object"},
		{"other bytes under the digest", testsign.Layer{Document: good.Document, Value: good.Value, Stored: changed}, "its bytes are not those of " + digest.FromBytes(good.Document).String()},
		{"fewer bytes", testsign.Layer{Document: good.Document, Value: good.Value, Stored: good.Document[:10]}, "its bytes are not those of " + digest.FromBytes(good.Document).String()},
		{"more bytes", testsign.Layer{Document: good.Document, Value: good.Value, Stored: append(bytes.Clone(good.Document), ' ')}, "its bytes are not those of " + digest.FromBytes(good.Document).String()},
		{"no signature", testsign.Layer{Document: good.Document, Value: nil}, "its annotation dev.cosignproject.cosign/signature is not base64"},
		{"large", signed(bytes.Repeat([]byte(" "), maxDocument+1)), "it has 65537 bytes, more than the 65536 that are read"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			registry := testsign.NewImages()
			registry.AddSignatures(t, oci.SplitRepository(repository), imageA(), test.layer)
			found, err := Fetch(t.Context(), registry, oci.SplitRepository(repository), imageA())
			if err != nil || len(found) != 1 {
				t.Fatalf("got %v, %v", found, err)
			}
			if got, err := found[0].Verify(k, imageA()); err == nil || err.Error() != test.reason || got != (simplesigning.Document{}) || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %+v, %v\nwant %s", got, err, test.reason)
			}
		})
	}
}

func TestFetch(t *testing.T) {
	s := testsign.NewSigner(t, "p256")
	layer, public := s.SignatureLayer(t, imageA(), reference), key(t, s)
	foreign := layer
	foreign.MediaType = "application/vnd.oci.image.layer.v1.tar"
	name := repository + ":sha256-" + imageA().Encoded() + ".sig"
	const imageType = "application/vnd.oci.image.manifest.v1+json"
	one := `{"digest":"` + imageA().String() + `"}`
	config := `"config":` + one
	good := testsign.NewImages()
	good.AddSignatures(t, oci.SplitRepository(repository), imageA(), layer)
	body := string(good.Manifests[name].Body)
	put := func(body, mediaType, declared string) func(*testsign.Images) {
		return func(r *testsign.Images) {
			r.Manifests[name] = testsign.Manifest{Body: []byte(body), MediaType: mediaType, Declared: declared}
		}
	}
	tests := []struct {
		name   string
		set    func(*testsign.Images)
		where  []string
		reason string
		kind   fault.Kind
	}{
		{"none", func(r *testsign.Images) { delete(r.Manifests, name) }, nil, "looking for a signature: " + name + " not found", fault.NotFound},
		{"several, and what is none", func(r *testsign.Images) {
			r.AddSignatures(t, oci.SplitRepository(repository), imageA(), foreign, layer, layer)
		}, []string{name + ", layer 2", name + ", layer 3"}, "", 0},
		{"none of its layers", func(r *testsign.Images) { r.AddSignatures(t, oci.SplitRepository(repository), imageA(), foreign) }, nil, name + " holds no signature: none of its layers is of type application/vnd.dev.cosign.simplesigning.v1+json", fault.Integrity},
		{"a digest that lies", put(body, imageType, imageB().String()), nil, name + ": the registry says that its digest is \"" + imageB().String() + "\", but it is " + digest.FromString(body).String(), fault.Integrity},
		{"no digest", put(body, imageType, ""), []string{name + ", layer 1"}, "", 0},
		{"no type", put(body, "", ""), []string{name + ", layer 1"}, "", 0},
		{"a type that says nothing", put(body, "text/plain; charset=utf-8", ""), []string{name + ", layer 1"}, "", 0},
		{"a key that is there twice", put(strings.Replace(body, "{", `{"layers":[],`, 1), "", ""), nil, name + `: the manifest: the key "layers" appears twice in one object`, fault.Integrity},
		{"another type", put(body, "application/vnd.docker.distribution.manifest.v2+json", ""), nil, name + `: the manifest says that it is "application/vnd.oci.image.manifest.v1+json", but it came as "application/vnd.docker.distribution.manifest.v2+json"`, fault.Integrity},
		{"a list", put(`{"schemaVersion":2,"manifests":[]}`, "", ""), nil, name + ": it is a list of images, not a signature", fault.Integrity},
		{"schema 1", put(`{"schemaVersion":1}`, "", ""), nil, name + ": the image has a manifest of schema 1, which is unsupported: push it again with a newer client", fault.Integrity},
		{"no JSON", put("hello", "", ""), nil, name + ": the manifest is not a JSON object: invalid character 'h' looking for beginning of value", fault.Integrity},
		{"many layers", put(`{"schemaVersion":2,`+config+`,"layers":[`+one+strings.Repeat(","+one, maxDocuments)+"]}", "", ""), nil, name + ": it has 65 layers, more than the 64 that are read", fault.Integrity},
		{"the registry fails", func(r *testsign.Images) { r.Err = fault.Errorf(fault.Network, "gone") }, nil, "looking for a signature: gone", fault.Network},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			registry := testsign.NewImages()
			registry.AddSignatures(t, oci.SplitRepository(repository), imageA(), layer)
			test.set(registry)
			found, err := Fetch(t.Context(), registry, oci.SplitRepository(repository), imageA())
			if test.reason != "" {
				if err == nil || err.Error() != test.reason || fault.KindOf(err) != test.kind || found != nil {
					t.Errorf("got  %v, %v (kind %d)\nwant %s", found, err, fault.KindOf(err), test.reason)
				}
				return
			}
			var where []string
			for _, s := range found {
				if _, err := s.Verify(public, imageA()); err != nil {
					t.Errorf("%s: %v", s.Where, err)
				}
				where = append(where, s.Where)
			}
			if diff := cmp.Diff(test.where, where); err != nil || diff != "" {
				t.Errorf("%v %s", err, diff)
			}
		})
	}
}

// A missing layer is a signature that cannot be verified, unlike a missing tag.
func TestBlobIsGone(t *testing.T) {
	s := testsign.NewSigner(t, "p256")
	layer := s.SignatureLayer(t, imageA(), reference)
	registry := testsign.NewImages()
	registry.AddSignatures(t, oci.SplitRepository(repository), imageA(), layer)
	clear(registry.Blobs)
	found, err := Fetch(t.Context(), registry, oci.SplitRepository(repository), imageA())
	if err != nil || len(found) != 1 {
		t.Fatalf("got %v, %v", found, err)
	}
	want := "blob " + digest.FromBytes(layer.Document).String() + " not found"
	if _, err := found[0].Verify(key(t, s), imageA()); err == nil || err.Error() != want || fault.KindOf(err) != fault.Integrity {
		t.Errorf("got %v", err)
	}
}

// Blobs with an invalid descriptor are not fetched.
func TestBadDescriptors(t *testing.T) {
	entry := `{"schemaVersion":2,"config":{"digest":"` + imageA().String() + `"},"layers":[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":%s,"size":%s,"annotations":{%s}}]}`
	const annotation = `"dev.cosignproject.cosign/signature":"YQ=="`
	good := `"` + imageA().String() + `"`
	for name, test := range map[string]struct{ digest, size, annotations, reason string }{
		"path in the digest": {`"sha256:../../other/manifests/latest"`, "1", annotation, `the manifest's layers: malformed digest "sha256:../../other/manifests/latest": want sha256 with 64 lower-case hex digits`},
		"no digest":          {`""`, "1", annotation, `the manifest's layers: malformed digest "": want sha256 with 64 lower-case hex digits`},
		"negative size":      {good, "-1", annotation, "the manifest's layers: its size is -1"},
		"too long":           {good, "65537", annotation, "it has 65537 bytes, more than the 65536 that are read"},
		"no annotation":      {good, "1", "", "it has no annotation dev.cosignproject.cosign/signature"},
		"no base64":          {good, "1", `"dev.cosignproject.cosign/signature":"!"`, "its annotation dev.cosignproject.cosign/signature is not base64"},
	} {
		t.Run(name, func(t *testing.T) {
			body := strings.NewReplacer("%s,\"size\":%s", test.digest+`,"size":`+test.size, "{%s}", "{"+test.annotations+"}").Replace(entry)
			registry := testsign.NewImages()
			registry.Manifests[repository+":"+Tag(imageA())] = testsign.Manifest{Body: []byte(body)}
			found, err := Fetch(t.Context(), registry, oci.SplitRepository(repository), imageA())
			if err == nil && len(found) == 1 {
				err = found[0].Problem
			}
			if err == nil || strings.TrimPrefix(err.Error(), repository+":"+Tag(imageA())+": ") != test.reason || fault.KindOf(err) != fault.Integrity {
				t.Errorf("got  %+v, %v\nwant %s", found, err, test.reason)
			}
			if len(registry.Requests) != 1 {
				t.Errorf("asked for %v", registry.Requests)
			}
		})
	}
}
