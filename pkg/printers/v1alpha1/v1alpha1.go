// Package v1alpha1 has the documents that commands print with -o json and similar forms. Scripts rely on them: fields are added,
// never renamed or removed. Absent values are omitted, lists are sorted, and the same release gives the same bytes.
package v1alpha1

// APIVersion is the apiVersion of every document.
const APIVersion = "release-x.openshift.io/v1alpha1"

// TypeMeta is the type of a document.
type TypeMeta struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

func typeMeta(kind string) TypeMeta { return TypeMeta{APIVersion: APIVersion, Kind: kind} }

// ObjectMeta has the name of a document.
type ObjectMeta struct {
	Name string `json:"name"`
}

// ListMeta is always empty. Kubernetes lists have it.
type ListMeta struct{}

// Release is the release that a document describes.
type Release struct {
	// Reference is the release as the user wrote it.
	Reference string `json:"reference,omitempty"`
	// Image is a pull spec by digest; empty if the source has no digest.
	Image string `json:"image,omitempty"`
	// Digest is the digest of the image that was read.
	Digest string `json:"digest,omitempty"`
	// ListDigest is the digest of the manifest list that the image was chosen from, if any.
	ListDigest string `json:"listDigest,omitempty"`
	Version    string `json:"version,omitempty"`
	// Architecture is the one chosen from a manifest list, or that of the image's configuration if the command reads it.
	Architecture string `json:"architecture,omitempty"`
}
