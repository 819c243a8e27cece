package configmap

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
)

// Where a cluster keeps signatures, and how it finds them.
const (
	Namespace      = "openshift-config-managed"
	SignatureLabel = "release.openshift.io/verification-signatures"
)

// Signature is a signature as a ConfigMap holds it.
type Signature struct {
	Key  string // of binaryData
	Data []byte
}

// Signatures are the signatures of a digest, in the order of their numbers: binaryData sha256-HEX, as older programs wrote
// it, and sha256-HEX-N. The label is for a cluster to find them; here it does not matter.
func (c ConfigMap) Signatures(d digest.Digest) []Signature {
	var keys []string
	for key := range maps.Keys(c.BinaryData) {
		if _, ok := Number(key, d); ok {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		m, _ := Number(a, d)
		n, _ := Number(b, d)
		if m != n {
			return m - n
		}
		return strings.Compare(a, b)
	})
	var found []Signature
	for _, key := range keys {
		found = append(found, Signature{Key: key, Data: c.BinaryData[key]})
	}
	return found
}

// Number reads the name sha256-HEX-N, or sha256-HEX with the number 0; ok is false for any other name and for the name of
// another digest.
func Number(name string, d digest.Digest) (n int, ok bool) {
	rest, ok := strings.CutPrefix(name, d.Algorithm().String()+"-"+d.Encoded())
	if !ok || rest == "" {
		return 0, ok
	}
	digits, ok := strings.CutPrefix(rest, "-")
	if !ok || digits == "" || len(digits) > 6 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(digits)
	return n, err == nil
}
