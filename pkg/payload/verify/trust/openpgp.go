package trust

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// releaseKeys are the primary keys with which Red Hat signs releases: release key 2 and beta key 2
// (openshift/cluster-update-keys, manifests.rhel/0000_90_cluster-update-keys_configmap.yaml, and
// https://access.redhat.com/security/team/key).
func releaseKeys() []string {
	return []string{
		"567E347AD0044ADE55BA8A5F199E2F91FD431D51",
		"B08B659EE86AF623BC90E8DB938A80CAF21541EB",
	}
}

// OpenPGP says which keys to trust and where to look for signatures.
type OpenPGP struct {
	// Keyrings are those that the user trusts. If there are any, no other key is trusted.
	Keyrings []openpgp.Keyring
	// TrustCluster trusts the keys of the release that Cluster runs, if there are no Keyrings and this program knows none
	// of the release's own keys.
	TrustCluster bool

	Stores  []store.Store  // are searched first
	Cluster *store.Cluster // nil: is not asked
	Web     *store.Web     // for stores that a release or the cluster names; nil: they are not asked

	Now time.Time // decides what has expired; zero: this machine's clock

	// Pins are the fingerprints of keys that are trusted if the release brings them; nil: Red Hat's. For tests.
	Pins []string
}

// VerifyOpenPGP checks the OpenPGP signatures of a release. Every trusted keyring needs a valid signature, so there is one
// check for each, or a single one that says why nothing could be checked. A check fails if there is no signature or none
// that is valid, of this release, and by a trusted key. It is skipped only if an error prevented it, or if the release has
// no digest and the user named neither keys nor signatures and does not trust the cluster.
func VerifyOpenPGP(ctx context.Context, r Release, o OpenPGP) []Check {
	want, what := r.Covered(), "image"
	if r.ListDigest != "" {
		what = "list of images"
	}
	check := Check{Name: OpenPGPCheck, Subject: what, Digest: want}
	if want == "" {
		check.Subject = r.Reference
		required := len(o.Keyrings)+len(o.Stores) > 0 || o.TrustCluster
		return []Check{check.skipUnless(required, NoDigest, "a signature covers a digest, and this source has none: read the release from a registry, a layout or an OCI archive")}
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	own, ownErr := configmap.FindVerification(r.Files)
	keyrings, running, err := o.trustedKeyrings(ctx, own, ownErr)
	if err != nil {
		check = check.stop(err)
		check.Unsigned = check.Result == Fail && ownErr == nil
		return []Check{check}
	}
	s := search{options: o, want: want}
	s.addStores(ctx, own, running)
	s.run(ctx, keyrings)
	var checks []Check
	for i, keyring := range keyrings {
		check.Subject = what + ", keyring " + keyring.Name
		checks = append(checks, s.verdict(check, i, keyring))
	}
	return checks
}

// trustedKeyrings decides which keys count. running is set if they are those of the cluster's release.
func (o OpenPGP) trustedKeyrings(ctx context.Context, own *configmap.Verification, ownErr error) (keyrings []openpgp.Keyring, running *configmap.Verification, err error) {
	if len(o.Keyrings) > 0 {
		return o.Keyrings, nil, nil
	}
	if pinned := o.pinnedKeyrings(own); pinned != nil {
		return pinned, nil, nil
	}
	if !o.TrustCluster || o.Cluster == nil {
		const hint = "name the keys that you trust with --keyring, or trust the running cluster's with --trust-cluster"
		switch {
		case ownErr != nil:
			return nil, nil, fault.WithHint(fault.Integrity, hint, "no key to trust: the release's own cannot be read (%w)", ownErr)
		case own == nil:
			return nil, nil, fault.WithHint(fault.Integrity, hint, "no key to trust: the release brings none")
		}
		return nil, nil, fault.WithHint(fault.Integrity, hint, "no key to trust: the release brings %s, which this program does not know, and a release cannot vouch for itself", keyNames(own.Keyrings))
	}
	running, err = o.Cluster.Verification(ctx)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		return nil, nil, fault.Errorf(fault.Integrity, "no key to trust: %w", err)
	case err != nil:
		return nil, nil, err
	case len(running.Keyrings) == 0:
		return nil, nil, fault.Errorf(fault.Integrity, "no key to trust: the cluster's ConfigMap %s has none", running.Name)
	}
	return running.Keyrings, running, nil
}

// pinnedKeyrings returns the release's own keyrings with the pinned keys only; nil if no key is pinned. A keyring without
// pinned keys is kept, empty: the release requires a signature for it, so its check has to fail.
func (o OpenPGP) pinnedKeyrings(own *configmap.Verification) []openpgp.Keyring {
	if own == nil {
		return nil
	}
	pins := o.Pins
	if pins == nil {
		pins = releaseKeys()
	}
	var keyrings []openpgp.Keyring
	found := false
	for _, keyring := range own.Keyrings {
		keyring = keyring.Only(pins)
		found = found || len(keyring.Fingerprints()) > 0
		keyrings = append(keyrings, keyring)
	}
	if !found {
		return nil
	}
	return keyrings
}

func keyNames(keyrings []openpgp.Keyring) string {
	var all []string
	for _, keyring := range keyrings {
		all = append(all, keyring.Fingerprints()...)
	}
	switch len(all) {
	case 0:
		return "no key at all"
	case 1:
		return "the key " + all[0]
	}
	return "the keys " + joinReasons(all, nil)
}

// verdict is the check of one keyring.
func (s *search) verdict(check Check, i int, keyring openpgp.Keyring) Check {
	if s.where[i] != "" {
		signed := s.signed[i]
		reason := fmt.Sprintf("signed %s by %s, as %s, for %s, found in %s",
			signed.Time.Format(time.RFC3339), signer(signed), signed.Document.Reference, signed.Document.Digest, s.where[i])
		return check.pass(reason, signed.Key.Fingerprint)
	}
	if len(keyring.Fingerprints()) == 0 {
		return check.failUnsigned("the release requires a signature for this keyring, and this program knows none of its keys: name those that you trust with --keyring")
	}
	switch {
	case len(s.refused[i]) > 0:
		return check.fail(joinReasons(s.refused[i], s.failed))
	case len(s.failed) > 0:
		check.Err = s.failed[0]
		return check.skip(CauseOf(check.Err), joinReasons(nil, s.failed))
	case len(s.stores) == 0:
		return check.failUnsigned("there is no store to search for signatures: name a store, a directory or a file with --signature")
	}
	var searched []string
	for _, place := range s.stores {
		searched = append(searched, place.String())
	}
	return check.failUnsigned("not signed: no signature of " + s.want.String() + " in " + strings.Join(searched, ", "))
}

// joinReasons writes the first reasons in one line, and how many more there are.
func joinReasons(refused []string, failed []error) string {
	const most = 4
	parts := slices.Clone(refused)
	for _, err := range failed {
		parts = append(parts, err.Error())
	}
	if len(parts) > most {
		parts = append(parts[:most:most], fmt.Sprintf("and %d more", len(parts)-most))
	}
	return strings.Join(parts, "; ")
}

// signer names the key that signed, with its user ID.
func signer(s openpgp.Signed) string {
	name := "the key " + s.Key.Fingerprint
	if s.Key.UserID != "" {
		name = s.Key.UserID + ", key " + s.Key.Fingerprint
	}
	if s.Subkey != "" {
		name += " (subkey " + s.Subkey + ")"
	}
	return name
}
