// Package v1alpha1 holds the documents that commands print with -o json and its relatives: what scripts
// rely on. Fields are added, never renamed or removed. Absent values are left out, lists are sorted, and
// the same release gives the same bytes.
package v1alpha1

// APIVersion is the apiVersion of every document.
const APIVersion = "release-x.openshift.io/v1alpha1"

// TypeMeta says what a document is.
type TypeMeta struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func typeMeta(kind string) TypeMeta { return TypeMeta{APIVersion: APIVersion, Kind: kind} }

// ObjectMeta names a document.
type ObjectMeta struct {
	Name string `json:"name"`
}

// ListMeta is there because a Kubernetes list has one; it is always empty.
type ListMeta struct{}

// Release says which release a document is about.
type Release struct {
	// Reference is the release as the user wrote it.
	Reference string `json:"reference,omitempty"`
	// Image is a pull spec by digest; left out where the source has no digest.
	Image string `json:"image,omitempty"`
	// Digest is that of the single image that was read.
	Digest string `json:"digest,omitempty"`
	// ListDigest is that of the manifest list it was chosen from, if any.
	ListDigest string `json:"listDigest,omitempty"`
	Version    string `json:"version,omitempty"`
	// Architecture is the one that was chosen of a manifest list, or that the image's configuration names
	// where the command reads it.
	Architecture string `json:"architecture,omitempty"`
}
