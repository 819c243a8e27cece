package sigstore

import (
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

// Verify finds out whether the key signed the claim that an image has a digest; the error, fault.Integrity, says what is
// wrong. The document is read only after its signature was verified.
func (s Signature) Verify(key Key, want digest.Digest) (simplesigning.Document, error) {
	if s.Problem != nil {
		return simplesigning.Document{}, s.Problem
	}
	if err := key.Verify(s.Document, s.Value); err != nil {
		return simplesigning.Document{}, err
	}
	signed, err := simplesigning.Parse(s.Document, simplesigning.Cosign)
	if err != nil {
		return simplesigning.Document{}, err
	}
	if signed.Digest != want {
		return simplesigning.Document{}, fault.Errorf(fault.Integrity, "it is about another image, %s", signed.Digest)
	}
	return signed, nil
}
