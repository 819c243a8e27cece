package sigstore

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Policy is what a ClusterImagePolicy requires of images.
type Policy struct {
	Name        string
	Scopes      []string // repositories, namespaces, registries, or *.DOMAIN
	FeatureSets []string // only clusters with one of these have the policy; empty: all clusters
	Key         Key
	Log         bool // it requires an entry in a transparency log too
}

const policyKind = "ClusterImagePolicy"

// MentionsPolicy reports whether FindPolicies reads a file with this content. It ignores all others.
func MentionsPolicy(content []byte) bool { return bytes.Contains(content, []byte(policyKind)) }

// FindPolicies reads the ClusterImagePolicies of a payload whose root of trust is a public key, in the order in which the
// operator reads manifests. A policy that cannot be read is fault.Integrity.
func FindPolicies(files payload.Files) ([]Policy, error) {
	lacks := func(file payload.File) bool { return !MentionsPolicy(file.Data) }
	files.Operator = slices.DeleteFunc(slices.Clone(files.Operator), lacks)
	files.Release = slices.DeleteFunc(slices.Clone(files.Release), lacks)
	var found []Policy
	loaded := manifest.Load(files, manifest.Render{})
	if err := loaded.Err(); err != nil {
		return nil, err
	}
	for _, object := range loaded.Objects {
		if object.Kind != policyKind || object.Group != "config.openshift.io" {
			continue
		}
		policy, ok, err := readPolicy(object)
		if err != nil {
			return nil, fault.Errorf(fault.Integrity, "reading %s: %w", object.File, err)
		}
		if ok {
			found = append(found, policy)
		}
	}
	return found, nil
}

func readPolicy(object *manifest.Object) (policy Policy, ok bool, err error) {
	data, err := object.JSON()
	if err != nil {
		return Policy{}, false, err
	}
	var content struct {
		Spec struct {
			Scopes []string `json:"scopes"`
			Policy struct {
				RootOfTrust struct {
					PolicyType string `json:"policyType"`
					PublicKey  struct {
						KeyData      []byte `json:"keyData"`
						RekorKeyData []byte `json:"rekorKeyData"`
					} `json:"publicKey"`
				} `json:"rootOfTrust"`
			} `json:"policy"`
		} `json:"spec"`
	}
	if err := json.Unmarshal(data, &content); err != nil {
		return Policy{}, false, fault.Errorf(fault.Integrity, "the policy %s: %w", object.Name, err)
	}
	root := content.Spec.Policy.RootOfTrust
	if root.PolicyType != "PublicKey" {
		return Policy{}, false, nil
	}
	key, err := ParseKey("of the policy "+object.Name, root.PublicKey.KeyData)
	if err != nil {
		return Policy{}, false, err
	}
	return Policy{
		Name: object.Name, Scopes: content.Spec.Scopes, FeatureSets: object.FeatureSets,
		Key: key, Log: len(root.PublicKey.RekorKeyData) > 0,
	}, true, nil
}

// Always reports whether every cluster has the policy.
func (p Policy) Always() bool {
	return len(p.FeatureSets) == 0 || slices.Contains(p.FeatureSets, "Default")
}

// Covers reports whether an image's name, with a tag, a digest or neither, is in one of the scopes.
func (p Policy) Covers(reference string) bool {
	spec, err := oci.ParsePullSpec(reference)
	if err != nil {
		return false
	}
	name := spec.Repository.String()
	return slices.ContainsFunc(p.Scopes, func(scope string) bool {
		if domain, ok := strings.CutPrefix(scope, "*."); ok {
			return strings.HasSuffix(spec.Host, "."+domain)
		}
		return name == scope || strings.HasPrefix(name, scope+"/")
	})
}
