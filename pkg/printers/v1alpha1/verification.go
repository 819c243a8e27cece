package v1alpha1

// ReleaseVerification is the document of the command verify.
type ReleaseVerification struct {
	TypeMeta `json:",inline"`
	Metadata ObjectMeta `json:"metadata"`
	Release  Release    `json:"release"`
	Checks   []Check    `json:"checks"`
	Skipped  []string   `json:"skipped,omitempty"` // the names of the checks that --skip left out
	Passed   bool       `json:"passed"`            // the command exits with 0
}

// The results of a check.
const (
	Pass    = "PASS"
	Fail    = "FAIL"
	Skipped = "SKIPPED"
)

// Check is one thing that was verified, or could not be.
type Check struct {
	Name    string `json:"name"`              // digest-chain, version, references, signature, sigstore, image or payload-hash
	Subject string `json:"subject,omitempty"` // what was looked at
	Result  string `json:"result"`            // PASS, FAIL or SKIPPED
	Reason  string `json:"reason,omitempty"`
	// SkippedBecause is one word for a program to decide by, set with SKIPPED: no-digest, no-key, no-registry, no-signature,
	// list, no-version, tag, no-manifests, no-cluster, other-release, not-loaded, offline, credentials, network, interrupted,
	// broken-chain or cluster (it could not be asked).
	SkippedBecause string `json:"skippedBecause,omitempty"`
	Key            string `json:"key,omitempty"`    // fingerprint of the key that verified a signature
	Digest         string `json:"digest,omitempty"` // the digest that was verified
}

// NewReleaseVerification makes the document of checks, and of the names of those that were left out on purpose.
func NewReleaseVerification(release Release, checks []Check, skipped []string, passed bool) *ReleaseVerification {
	return &ReleaseVerification{
		TypeMeta: typeMeta("ReleaseVerification"),
		Metadata: ObjectMeta{Name: release.Version},
		Release:  release,
		Checks:   checks,
		Skipped:  skipped,
		Passed:   passed,
	}
}
