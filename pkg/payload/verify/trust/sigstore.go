package trust

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/simplesigning"
)

// Sigstore says whom to trust and where to look.
type Sigstore struct {
	Keys     []sigstore.Key    // those that the user trusts, any one suffices; with any, nobody else is trusted
	Registry sigstore.Registry // nil: signatures cannot be looked for

	// Pins are the keys (sigstore.Key.ID) that count in the release's own policy beside Red Hat's.
	Pins []string
}

// ReadKeys reads the public keys that a user trusts.
func ReadKeys(paths ...string) ([]sigstore.Key, error) {
	var keys []sigstore.Key
	for _, path := range paths {
		const limit = 64 << 10
		text, err := readLimited(path, limit)
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

// VerifySigstore checks the signature that lies beside a release in its registry. It is of one image's manifest: for a
// release that is a list a check of its own says that the list has none, and the image is checked. A check that the user
// asked for by a key fails when there is nothing to check; otherwise it is skipped for a release without a policy, with
// a key that is not known, or not read from a registry. Without a registry to ask it is skipped in any case.
func VerifySigstore(ctx context.Context, r Release, o Sigstore) []Check {
	var checks []Check
	if r.ListDigest != "" {
		c := Check{Name: SigstoreCheck, Subject: "list of images", Digest: r.ListDigest}
		checks = append(checks, c.skip(List, "sigstore signatures are of single images and never cover a list: the image is checked instead"))
	}
	return append(checks, o.verify(ctx, r))
}

// trusted is a key that counts, and the policy that brings it.
type trusted struct {
	key    sigstore.Key
	policy *sigstore.Policy // nil: the user does
}

func (o Sigstore) verify(ctx context.Context, r Release) Check {
	check := Check{Name: SigstoreCheck, Subject: "image", Digest: r.Digest}
	asked := len(o.Keys) > 0
	if r.Digest == "" {
		check.Subject = r.Reference
		return check.skipUnless(asked, NoDigest, "a signature covers a digest, and this source has none: read the release from a registry")
	}
	keys, reason, err := o.trusted(r)
	switch {
	case err != nil:
		return check.broken(err)
	case len(keys) == 0:
		return check.skip(NoKey, reason)
	case r.Repository == "":
		return check.skipUnless(asked, NoRegistry, "a sigstore signature lies beside the image in its registry, and this release is not read from one")
	case o.Registry == nil:
		return check.skip(Offline, "a sigstore signature lies beside the image in its registry, and no registry is asked")
	}
	signatures, err := sigstore.Fetch(ctx, o.Registry, r.Repository, r.Digest)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		reason := fmt.Sprintf("not signed: %s has no tag %s", r.Repository, sigstore.Tag(r.Digest))
		needed := asked || slices.ContainsFunc(keys, func(t trusted) bool { return t.policy.Always() })
		if !needed {
			reason += ", and the release's policy is for some feature sets only"
		}
		return check.skipUnless(needed, NoSignature, reason)
	case err != nil:
		return check.broken(err)
	}
	return verdict(check, signatures, keys)
}

// trusted decides whose signatures count; reason says why nobody's do.
func (o Sigstore) trusted(r Release) (keys []trusted, reason string, err error) {
	if len(o.Keys) > 0 {
		for _, key := range o.Keys {
			keys = append(keys, trusted{key: key})
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
			keys = append(keys, trusted{policy.Key, &policy})
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
func verdict(check Check, signatures []sigstore.Signature, keys []trusted) Check {
	var refused []string
	for _, signature := range signatures {
		for _, t := range keys {
			signed, err := signature.Verify(t.key, check.Digest)
			if err == nil && t.policy != nil && !t.policy.Covers(signed.Reference) {
				err = fmt.Errorf("it is signed as %.200q, which the release's policy %s does not cover", signed.Reference, t.policy.Name)
			}
			if err == nil {
				return check.pass(found(signature, t, signed), t.key.ID())
			}
			if text := signature.Where + ": " + err.Error(); !slices.Contains(refused, text) {
				refused = append(refused, text)
			}
		}
	}
	return check.fail(sentence(refused, nil))
}

func found(signature sigstore.Signature, t trusted, signed simplesigning.Document) string {
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
