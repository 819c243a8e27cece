package v1alpha1

// ReleaseVerification is the document of `verify`.
type ReleaseVerification struct {
	TypeMeta `json:",inline"`
	Metadata ObjectMeta `json:"metadata"`
	Release  Release    `json:"release"`
	Checks   []Check    `json:"checks"`
	Skipped  []string   `json:"skipped,omitempty"` // the checks that --skip names
	Passed   bool       `json:"passed"`            // whether the exit code is 0
}

// The results of a check.
const (
	Pass    = "PASS"
	Fail    = "FAIL"
	Skipped = "SKIPPED"
)

// Check is one check, with its result.
type Check struct {
	Name    string `json:"name"`              // digest-chain, version, references, signature, sigstore, image or payload-hash
	Subject string `json:"subject,omitempty"` // what was checked
	Result  string `json:"result"`            // PASS, FAIL or SKIPPED
	Reason  string `json:"reason,omitempty"`
	// SkippedBecause is one word for programs, set with SKIPPED: no-digest, no-key, no-registry, no-signature,
	// list, no-version, tag, no-manifests, no-cluster, other-release, not-loaded, offline, credentials, network, interrupted,
	// broken-chain or cluster (the cluster did not answer).
	SkippedBecause string `json:"skippedBecause,omitempty"`
	Key            string `json:"key,omitempty"`    // fingerprint of the key that verified a signature
	Digest         string `json:"digest,omitempty"` // the digest that was verified
}

// NewReleaseVerification returns the document of checks. skipped are the names of checks that --skip omitted.
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
