package oci

import "strings"

// Descriptor names a blob or a manifest.
type Descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      Digest            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *Platform         `json:"platform"`
	Annotations map[string]string `json:"annotations"`
	// URLs name other places of the blob. They are never used.
	URLs []string `json:"urls"`
}

// Foreign reports whether the descriptor says that the blob is elsewhere, so that a registry need not have it.
func (d Descriptor) Foreign() bool {
	return len(d.URLs) > 0 || strings.Contains(d.MediaType, "foreign") || strings.Contains(d.MediaType, "nondistributable")
}

// Platform is the platform of an image in a list.
type Platform struct {
	Architecture string `json:"architecture"`
	OS           string `json:"os"`
	Variant      string `json:"variant"`
}

// String is the platform as users write it: linux/arm64, linux/arm/v7.
func (p Platform) String() string {
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}
