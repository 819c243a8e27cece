package sigstore

import (
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/claim"
)

// Verify finds out whether the key signed the claim that an image has a digest; the error, fault.Integrity, says what is
// wrong. The document is read only after its signature was verified.
func (s Signature) Verify(key Key, want digest.Digest) (claim.Claim, error) {
	if s.Problem != nil {
		return claim.Claim{}, s.Problem
	}
	if err := key.Verify(s.Document, s.Value); err != nil {
		return claim.Claim{}, err
	}
	signed, err := claim.Parse(s.Document, claim.Cosign)
	if err != nil {
		return claim.Claim{}, err
	}
	if signed.Digest != want {
		return claim.Claim{}, fault.Errorf(fault.Integrity, "it is about another image, %s", signed.Digest)
	}
	return signed, nil
}
