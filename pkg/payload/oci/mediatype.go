package oci

import "strings"

// The media types that matter. Those of layers do not: a layer is read by its first bytes.
const (
	TypeIndex          = "application/vnd.oci.image.index.v1+json"
	TypeManifest       = "application/vnd.oci.image.manifest.v1+json"
	TypeConfig         = "application/vnd.oci.image.config.v1+json"
	TypeDockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	TypeDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	TypeDockerConfig   = "application/vnd.docker.container.image.v1+json"

	typeSchema1       = "application/vnd.docker.distribution.manifest.v1+json"
	typeSchema1Signed = "application/vnd.docker.distribution.manifest.v1+prettyjws"
	typeArtifact      = "application/vnd.oci.artifact.manifest.v1+json"
)

// ManifestType returns the media type of a Content-Type if it is that of a manifest, else "". Static mirrors and object stores
// serve manifests as application/json, application/octet-stream or text/plain.
func ManifestType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.TrimSpace(t)
	if IsListType(t) || isImageType(t) || isSchema1(t) || t == typeArtifact {
		return t
	}
	return ""
}

// IsListType reports whether a media type is that of a list of images.
func IsListType(t string) bool { return t == TypeIndex || t == TypeDockerList }

// IsConfigType reports whether a media type can be that of an image's configuration. An empty one can.
func IsConfigType(t string) bool { return t == TypeConfig || t == TypeDockerConfig || t == "" }

func isImageType(t string) bool { return t == TypeManifest || t == TypeDockerManifest }
func isSchema1(t string) bool   { return t == typeSchema1 || t == typeSchema1Signed }
