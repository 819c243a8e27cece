package v1alpha1

// ReleaseVerification is the document of the command verify.
type ReleaseVerification struct {
	TypeMeta `json:",inline"`
	Metadata ObjectMeta `json:"metadata"`
	Release  Release    `json:"release"`
	Checks   []Check    `json:"checks"`
	Passed   bool       `json:"passed"` // no check failed, and none was stopped by credentials or the network
}

// The results of a check.
const (
	Pass    = "PASS"
	Fail    = "FAIL"
	Skipped = "SKIPPED"
)

// Check is one thing that was verified, or could not be.
type Check struct {
	Name    string `json:"name"`              // digest-chain, signature, sigstore, references, image or payload-hash
	Subject string `json:"subject,omitempty"` // what was looked at
	Result  string `json:"result"`            // PASS, FAIL or SKIPPED
	Reason  string `json:"reason,omitempty"`
	Key     string `json:"key,omitempty"`    // fingerprint of the key that verified a signature
	Digest  string `json:"digest,omitempty"` // the digest that was verified
}

// NewReleaseVerification makes the document of checks.
func NewReleaseVerification(release Release, checks []Check, passed bool) *ReleaseVerification {
	return &ReleaseVerification{
		TypeMeta: typeMeta("ReleaseVerification"),
		Metadata: ObjectMeta{Name: release.Version},
		Release:  release,
		Checks:   checks,
		Passed:   passed,
	}
}
