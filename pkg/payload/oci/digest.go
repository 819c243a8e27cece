// Package oci has the vocabulary of images in registries: repositories, pull specs, digests, descriptors and manifests. It
// is the only place that reads them from text.
package oci

import (
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Digest names bytes by their hash. A digest from ParseDigest is safe in a URL and as a file name.
type Digest = digest.Digest

// ParseDigest accepts sha256 with 64 lower-case hex digits and nothing else: releases use no other algorithm. Anything else
// is fault.Integrity.
func ParseDigest(text string) (Digest, error) {
	hex, isSHA256 := strings.CutPrefix(text, "sha256:")
	if !isSHA256 || len(hex) != 64 || strings.Trim(hex, "0123456789abcdef") != "" {
		return "", fault.Errorf(fault.Integrity, "malformed digest %q: want sha256 with 64 lower-case hex digits", brief(text))
	}
	return Digest(text), nil
}

// shown limits texts from outside in errors, in bytes. Digests are shorter.
const shown = 160

// brief shortens a text for an error.
func brief(text string) string {
	if len(text) > shown {
		return text[:shown] + "…"
	}
	return text
}
