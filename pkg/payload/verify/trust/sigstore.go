package trust

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

// policyKeys are the keys of the ClusterImagePolicy with which Red Hat signs release images, as SHA-256 of their DER form:
// release key 3, RSA of 4096 bits, the only key in the policy since October 2024 (openshift/cluster-update-keys,
// manifests.rhel/0000_90_openshift-cluster-image-policy.yaml).
func policyKeys() []string {
	return []string{"sha256:ba9d26350d78893a20f337e2153a113108bfcf064085afaee60d446e63405576"}
}

// Sigstore says which keys to trust and where to look for signatures.
type Sigstore struct {
	Keys     []sigstore.Key    // those that the user trusts, any one suffices; if there are any, no other key is trusted
	Registry sigstore.Registry // nil: no registry is asked

	// Pins are IDs of keys that are trusted, beside Red Hat's, if the release's own policy has them.
	Pins []string
}

// ReadKeys reads the public keys that a user trusts.
func ReadKeys(paths ...string) ([]sigstore.Key, error) {
	var keys []sigstore.Key
	for _, path := range paths {
		const limit = 64 << 10
		text, err := readKeyFile(path, limit)
		if err != nil {
			return nil, err
		}
		key, err := sigstore.ParseKey(path, text)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// VerifySigstore checks the signature of a release's image in its registry. For a manifest list a skipped check says that
// lists have no signatures of this kind. Without a trusted key, and without a registry to ask, the check is skipped. If
// there is no signature, or the release was not read from a registry, it fails if the user named keys, or the policy is
// part of every cluster and there is no signature; otherwise it is skipped.
func VerifySigstore(ctx context.Context, r Release, o Sigstore) []Check {
	var checks []Check
	if r.ListDigest != "" {
		c := Check{Name: SigstoreCheck, Subject: "list of images", Digest: r.ListDigest}
		checks = append(checks, c.skip(List, "sigstore signatures are of single images and never cover a list: the image is checked instead"))
	}
	return append(checks, o.verify(ctx, r))
}

// trustedKey is a key that counts.
type trustedKey struct {
	key    sigstore.Key
	policy *sigstore.Policy // that has the key; nil if the user named it
}

// TrustedKeys returns the keys that are trusted for the signatures of a release with these files: those that the user named, or
// those of its policies that are known. A policy that cannot be read is fault.Integrity.
func (o Sigstore) TrustedKeys(files payload.Files) ([]sigstore.Key, error) {
	trusted, _, err := o.trustedKeys(Release{Files: files})
	keys := make([]sigstore.Key, 0, len(trusted))
	for _, t := range trusted {
		keys = append(keys, t.key)
	}
	return keys, err
}

func (o Sigstore) verify(ctx context.Context, r Release) Check {
	check := Check{Name: SigstoreCheck, Subject: "image", Digest: r.Digest}
	named := len(o.Keys) > 0
	if r.Digest == "" {
		check.Subject = r.Reference
		return check.skipUnless(named, NoDigest, "a signature covers a digest, and this source has none: read the release from a registry")
	}
	keys, reason, err := o.trustedKeys(r)
	switch {
	case err != nil:
		return check.stop(err)
	case len(keys) == 0:
		return check.skip(NoKey, reason)
	case r.Repository.IsZero():
		return check.skipUnless(named, NoRegistry, "a sigstore signature is next to the image in its registry, and this release is not read from one")
	case o.Registry == nil:
		return check.skip(Offline, "a sigstore signature is next to the image in its registry, and no registry is asked")
	}
	signatures, err := sigstore.Fetch(ctx, o.Registry, r.Repository, r.Digest)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		reason := fmt.Sprintf("not signed: %s has no tag %s", r.Repository, sigstore.Tag(r.Digest))
		required := named || slices.ContainsFunc(keys, func(t trustedKey) bool { return t.policy.Always() })
		if !required {
			reason += ", and the release's policy is for some feature sets only"
		}
		return check.skipUnless(required, NoSignature, reason)
	case err != nil:
		return check.stop(err)
	}
	return verdict(check, signatures, keys)
}

// trustedKeys decides which keys count. If there are none, reason says why.
func (o Sigstore) trustedKeys(r Release) (keys []trustedKey, reason string, err error) {
	if len(o.Keys) > 0 {
		for _, key := range o.Keys {
			keys = append(keys, trustedKey{key: key})
		}
		return keys, "", nil
	}
	policies, err := sigstore.FindPolicies(r.Files)
	if err != nil {
		return nil, "", err
	}
	var unknown []string
	for _, policy := range policies {
		if id := policy.Key.ID(); slices.Contains(policyKeys(), id) || slices.Contains(o.Pins, id) {
			keys = append(keys, trustedKey{policy.Key, &policy})
		} else {
			unknown = append(unknown, id+" (policy "+policy.Name+")")
		}
	}
	switch {
	case len(policies) == 0:
		return nil, "no key to trust: the release brings no ClusterImagePolicy, and --key names none", nil
	case len(keys) == 0:
		return nil, "no key to trust: the release brings " + strings.Join(unknown, ", ") + ", which this program does not know: --key names a key that you trust", nil
	}
	return keys, "", nil
}

// verdict tries every signature with every key.
func verdict(check Check, signatures []sigstore.Signature, keys []trustedKey) Check {
	var refused []string
	for _, signature := range signatures {
		for _, t := range keys {
			signed, err := signature.Verify(t.key, check.Digest)
			if err == nil && t.policy != nil && !t.policy.Covers(signed.Reference) {
				err = fmt.Errorf("it is signed as %.200q, which the release's policy %s does not cover", signed.Reference, t.policy.Name)
			}
			if err == nil {
				return check.pass(describe(signature, t, signed), t.key.ID())
			}
			if text := signature.Where + ": " + err.Error(); !slices.Contains(refused, text) {
				refused = append(refused, text)
			}
		}
	}
	return check.fail(joinReasons(refused, nil))
}

func describe(signature sigstore.Signature, t trustedKey, signed simplesigning.Document) string {
	reason := fmt.Sprintf("signed by the key %s, as %s, for %s, found in %s", t.key.ID(), signed.Reference, signed.Digest, signature.Where)
	if t.policy == nil {
		return reason
	}
	reason += ", with the known key of the release's policy " + t.policy.Name
	if t.policy.Log {
		reason += "; that it is in the transparency log, as the policy wants, was not checked"
	}
	return reason
}
