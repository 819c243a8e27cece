package payload

import (
	"regexp"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

var digestForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
})

// ParseDigest accepts sha256 with 64 lower-case hex digits and nothing else: releases use no other
// algorithm, and what passes is safe in a URL and as a file name. Anything else is fault.Integrity.
func ParseDigest(s string) (digest.Digest, error) {
	if !digestForm().MatchString(s) {
		return "", fault.Errorf(fault.Integrity, "malformed digest %q: want sha256 with 64 lower-case hex digits", s)
	}
	return digest.Digest(s), nil
}
