package v1alpha1

// MirrorPlan is the document of mirror --dry-run: what would be copied where.
type MirrorPlan struct {
	TypeMeta          `json:",inline"`
	Metadata          ObjectMeta    `json:"metadata"` // the first release
	Releases          []Release     `json:"releases"`
	Images            []MirrorImage `json:"images"`          // components, signatures and releases, in the order of their targets
	Blobs             int           `json:"blobs"`           // each counted once
	Size              int64         `json:"size"`            // bytes of these blobs
	Parts             int           `json:"parts,omitempty"` // of an archive that is split
	MissingSignatures []string      `json:"missingSignatures,omitempty"`
}

// MirrorImage is an image to copy to one tag.
type MirrorImage struct {
	Type      string `json:"type"`   // component, release or signature
	Source    string `json:"source"` // pull spec by digest
	Target    string `json:"target"` // pull spec by tag
	Digest    string `json:"digest"`
	MediaType string `json:"mediaType"`
	Size      int64  `json:"size"` // bytes of all its blobs, those included that other images have too
}

// MirrorResult is the document of mirror: what was copied.
type MirrorResult struct {
	TypeMeta          `json:",inline"`
	Metadata          ObjectMeta     `json:"metadata"` // the first release
	Releases          []MirrorTarget `json:"releases"`
	Images            int            `json:"images"` // by tag, signatures not counted
	Signatures        int            `json:"signatures"`
	Manifests         MirrorCount    `json:"manifests"`
	Blobs             MirrorCount    `json:"blobs"`
	Seconds           float64        `json:"seconds"`
	MissingSignatures []string       `json:"missingSignatures,omitempty"`
	SkippedSignatures bool           `json:"skippedSignatures,omitempty"` // on purpose, with --skip-signatures
	ClusterFiles      *ClusterFiles  `json:"clusterFiles,omitempty"`      // with --manifests-to
	Parts             []string       `json:"parts,omitempty"`             // files of an archive that is split
	// MissingParts are the parts of an archive that have to be copied too before the images get their tags.
	MissingParts []int `json:"missingParts,omitempty"`
}

// ClusterFiles are the files that were written for clusters.
type ClusterFiles struct {
	Directory string   `json:"directory"`
	Files     []string `json:"files"` // relative to the directory, with slashes
}

// MirrorTarget is a release and where it is now.
type MirrorTarget struct {
	Release
	Target string `json:"target"` // pull spec by tag
}

// MirrorCount counts what was copied and what the target had.
type MirrorCount struct {
	Copied      int   `json:"copied"`
	Present     int   `json:"present"`
	CopiedSize  int64 `json:"copiedSize,omitempty"`  // bytes
	PresentSize int64 `json:"presentSize,omitempty"` // bytes
}

// NewMirrorPlan fills in the type and name of a plan.
func NewMirrorPlan(plan MirrorPlan) *MirrorPlan {
	plan.TypeMeta = typeMeta("MirrorPlan")
	plan.Metadata.Name = plan.Releases[0].Version
	return &plan
}

// NewMirrorResult fills in the type and name of a result.
func NewMirrorResult(result MirrorResult) *MirrorResult {
	result.TypeMeta = typeMeta("MirrorResult")
	result.Metadata.Name = result.Releases[0].Version
	return &result
}
