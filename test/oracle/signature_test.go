package oracle

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/opencontainers/go-digest"
	//lint:ignore SA1019 it is what a cluster verifies with (library-go, pkg/verify)
	clusterpgp "golang.org/x/crypto/openpgp"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// readByCluster reports whether a cluster accepts a message as signed by a key of the keyring.
func readByCluster(keys clusterpgp.EntityList, message []byte) error {
	read, err := clusterpgp.ReadMessage(bytes.NewReader(message), keys, nil, nil)
	if err != nil {
		return err
	}
	if !read.IsSigned || read.SignedBy == nil {
		return fmt.Errorf("not signed by a known key")
	}
	if _, err := io.Copy(io.Discard, read.UnverifiedBody); err != nil {
		return err
	}
	return read.SignatureError
}

// A signature that passes here must pass in a cluster: a release whose signature only this program can read cannot be
// installed.
func TestSignaturesRefusedByClustersDoNotPass(t *testing.T) {
	key := testsign.NewKey(t, "release", testsign.RSA(2048))
	keys, err := clusterpgp.ReadKeyRing(bytes.NewReader(key.Public(t)))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := openpgp.ParseKeyring("ring", key.Public(t))
	if err != nil {
		t.Fatal(err)
	}
	image := digest.FromString("image")
	verifier := ring.At(testsign.Now())
	for name, m := range map[string]testsign.Message{"version 4": {}, "version 3": {Old: true}, "lines": {Text: true}} {
		t.Run(name, func(t *testing.T) {
			m.Body = testsign.Document(testsign.AtomicType, image, "quay.io/example/release:1")
			good := key.Sign(t, m)
			if _, err := verifier.Verify(good, image); err != nil {
				t.Fatal(err)
			}
			if err := readByCluster(keys, good); err != nil {
				t.Fatalf("a cluster: %v", err)
			}
			for at := range good {
				for _, mask := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255} {
					changed := bytes.Clone(good)
					changed[at] ^= mask
					if _, err := verifier.Verify(changed, image); err != nil {
						continue
					}
					if err := readByCluster(keys, changed); err != nil {
						t.Errorf("byte %d, %#02x: passes here, and in a cluster: %v", at, mask, err)
					}
				}
			}
		})
	}
}
