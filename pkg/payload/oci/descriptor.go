package oci

import "strings"

// Descriptor names a blob or a manifest.
type Descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      Digest            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *Platform         `json:"platform"`
	Annotations map[string]string `json:"annotations"`
	// URLs say that the blob lies elsewhere. They are never followed.
	URLs []string `json:"urls"`
}

// Foreign reports whether a blob lies elsewhere by its own account: registries need not have it.
func (d Descriptor) Foreign() bool {
	return len(d.URLs) > 0 || strings.Contains(d.MediaType, "foreign") || strings.Contains(d.MediaType, "nondistributable")
}

// Platform is what a list says about one of its images.
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
