package configmap

import (
	"bytes"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// VerificationAnnotation marks the ConfigMap that says how a release is verified (library-go, pkg/verify/configmap.go).
const VerificationAnnotation = "release.openshift.io/verification-config-map"

// Limits of a ConfigMap: it may be that of a release that is not trusted, and every key and store costs time. Real ones have
// two of each at most.
const (
	maxKeyrings = 16
	maxStores   = 16
)

// Verification has the keys and stores of such a ConfigMap.
type Verification struct {
	Name     string            // of the ConfigMap
	Keyrings []openpgp.Keyring // verifier-public-key-*, in order of names; a release needs a signature for each
	Stores   []string          // store-*: URLs, in order of names
}

// FindVerification reads the first ConfigMap of a payload with the annotation, in the order in which the operator reads
// manifests; nil if there is none. Like the operator it never reads a second one, whatever the first has.
func FindVerification(files payload.Files) (*Verification, error) {
	loaded := manifest.Load(mentioning(files), manifest.Render{})
	if err := loaded.Err(); err != nil {
		return nil, err
	}
	for _, object := range loaded.Objects {
		if object.Kind != "ConfigMap" {
			continue
		}
		maps, err := FromObject(object)
		if err != nil {
			return nil, fault.Errorf(fault.Integrity, "reading %s: %w", object.File, err)
		}
		for _, m := range maps {
			if m.IsVerification() {
				return m.Verification()
			}
		}
	}
	return nil, nil
}

// MentionsVerification reports whether FindVerification reads a file with this content. It ignores all others.
func MentionsVerification(content []byte) bool {
	return bytes.Contains(content, []byte(VerificationAnnotation))
}

// mentioning returns the files that may have the ConfigMap, so that the others are not parsed.
func mentioning(files payload.Files) payload.Files {
	lacks := func(file payload.File) bool { return !MentionsVerification(file.Data) }
	return payload.Files{
		Operator: slices.DeleteFunc(slices.Clone(files.Operator), lacks),
		Release:  slices.DeleteFunc(slices.Clone(files.Release), lacks),
	}
}

// IsVerification reports whether the ConfigMap has the annotation, with any value.
func (c ConfigMap) IsVerification() bool {
	_, ok := c.Annotations[VerificationAnnotation]
	return ok
}

// Verification reads the keys and stores and ignores other fields, as a cluster does. A key or URL that cannot be read, or
// too many of them, is fault.Integrity.
func (c ConfigMap) Verification() (*Verification, error) {
	v := &Verification{Name: c.String()}
	size := 0
	for _, name := range slices.Sorted(maps.Keys(c.Data)) {
		switch {
		case strings.HasPrefix(name, "verifier-public-key-"):
			if size += len(c.Data[name]); size > openpgp.MaxKeyring {
				return nil, fault.Errorf(fault.Integrity, "the ConfigMap %s: its keys have more than %d bytes together", c, openpgp.MaxKeyring)
			}
			keyring, err := openpgp.ParseKeyring(name, []byte(c.Data[name]))
			if err != nil {
				return nil, fault.Errorf(fault.Integrity, "the ConfigMap %s: %w", c, err)
			}
			v.Keyrings = append(v.Keyrings, keyring)
		case strings.HasPrefix(name, "store-"):
			store := strings.TrimSpace(c.Data[name])
			if u, err := url.Parse(store); err != nil || u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "file" {
				return nil, fault.Errorf(fault.Integrity, "the ConfigMap %s: %s is not a URL of a store", c, name)
			}
			v.Stores = append(v.Stores, store)
		}
		if len(v.Keyrings) > maxKeyrings || len(v.Stores) > maxStores {
			return nil, fault.Errorf(fault.Integrity, "the ConfigMap %s names more than %d keyrings or %d stores", c, maxKeyrings, maxStores)
		}
	}
	return v, nil
}
