package configmap

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
)

// The namespace and the label of ConfigMaps with signatures.
const (
	Namespace      = "openshift-config-managed"
	SignatureLabel = "release.openshift.io/verification-signatures"
)

// Signature is a signature in a ConfigMap.
type Signature struct {
	Key  string // of binaryData
	Data []byte
}

// Signatures returns the signatures of a digest in the order of their numbers: binaryData sha256-HEX, as older programs
// write it, and sha256-HEX-N. The label is not required.
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
		return cmp.Or(m-n, strings.Compare(a, b))
	})
	var found []Signature
	for _, key := range keys {
		found = append(found, Signature{Key: key, Data: c.BinaryData[key]})
	}
	return found
}

// Number parses the name sha256-HEX-N; sha256-HEX has the number 0. ok is false for any other name or digest.
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

// OfSignatures returns the ConfigMap with the signatures of a digest, as `oc adm release mirror` names it.
func OfSignatures(d digest.Digest, messages [][]byte) ConfigMap {
	name := d.Algorithm().String() + "-" + d.Encoded()
	c := ConfigMap{Namespace: Namespace, Name: name, Labels: map[string]string{SignatureLabel: ""}, BinaryData: map[string][]byte{}}
	for i, message := range messages {
		c.BinaryData[name+"-"+strconv.Itoa(i+1)] = message
	}
	return c
}
