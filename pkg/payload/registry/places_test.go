package registry

import (
	"strings"
	"testing"
)

func TestIsSignatureTag(t *testing.T) {
	hex := strings.Repeat("a", 64)
	for tag, want := range map[string]bool{
		"sha256-" + hex + ".sig": true, "sha256-" + hex: false, "sha256-" + hex[1:] + ".sig": false, "4.14.0.sig": false, "": false,
	} {
		if got := isSignatureTag(tag); got != want {
			t.Errorf("%q: %v, want %v", tag, got, want)
		}
	}
}
