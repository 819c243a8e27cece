package v1alpha1

// MirrorCheck is the document of check: whether a mirror has what clusters need of releases.
type MirrorCheck struct {
	TypeMeta `json:",inline"`
	Metadata ObjectMeta        `json:"metadata"` // the first release
	Mirror   string            `json:"mirror"`
	Releases []CheckedRelease  `json:"releases"`
	Checks   []MirrorCheckItem `json:"checks"`
	Complete bool              `json:"complete"` // whether the exit code is 0
}

// CheckedRelease is a release and where the mirror should have it. A release that could not be read has only a reference.
type CheckedRelease struct {
	Release `json:",inline"`
	Layout  string `json:"layout"`           // oc or oc-mirror
	Target  string `json:"target,omitempty"` // pull spec by digest
}

// MirrorCheckItem is one check, with its result.
type MirrorCheckItem struct {
	Release string `json:"release,omitempty"` // its version, or its reference if it could not be read
	Name    string `json:"name"`              // image, sigstore, signature or mirrors
	Subject string `json:"subject,omitempty"`
	Result  string `json:"result"` // PASS, FAIL or SKIPPED
	Reason  string `json:"reason,omitempty"`
	// SkippedBecause is one word for programs, set with SKIPPED: no-key, no-policy, no-mirror-sets, not-read, credentials, network
	// or interrupted.
	SkippedBecause string `json:"skippedBecause,omitempty"`
	Key            string `json:"key,omitempty"`     // fingerprint of the key that verified a signature
	Digest         string `json:"digest,omitempty"`  // of the image
	Command        string `json:"command,omitempty"` // set with FAIL: the command line that closes the gap
}

// NewMirrorCheck fills in the type and name of a document.
func NewMirrorCheck(c MirrorCheck) *MirrorCheck {
	c.TypeMeta = typeMeta("MirrorCheck")
	c.Metadata.Name = c.Releases[0].Version
	if c.Metadata.Name == "" {
		c.Metadata.Name = c.Releases[0].Reference
	}
	return &c
}
