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

// OpenPGP says whom to trust and where to look.
type OpenPGP struct {
	// Keyrings are those that the user trusts; with any, nobody else is trusted.
	Keyrings []openpgp.Keyring
	// TrustCluster trusts the keys of the release that the cluster runs, where neither Keyrings nor the release's own
	// known keys decide. It needs Cluster.
	TrustCluster bool

	Stores  []store.Store  // asked first
	Cluster *store.Cluster // nil: not asked
	Web     *store.Web     // asks the stores that the release names; nil: they are not asked

	Now time.Time // decides what has expired; zero: this machine's clock

	// Pins are the fingerprints that count in the release's own ConfigMap; nil: Red Hat's. For tests.
	Pins []string
}

// VerifyOpenPGP checks a release's signatures: one check a keyring, for every keyring has to be satisfied, or one that says
// why there was nothing to check. A check fails when nobody signed, when somebody did whom nobody trusts, and for every
// signature that is expired, broken or about something else. It is skipped only when an error stood in the way, or when
// the release has no digest and the user named neither keys nor signatures, and does not trust the cluster's.
func VerifyOpenPGP(ctx context.Context, r Release, o OpenPGP) []Check {
	want, what := r.covered()
	check := Check{Name: OpenPGPCheck, Subject: what, Digest: want}
	if want == "" {
		check.Subject = r.Reference
		asked := len(o.Keyrings)+len(o.Stores) > 0 || o.TrustCluster
		return []Check{check.skipUnless(asked, NoDigest, "a signature covers a digest, and this source has none: read the release from a registry, a layout or an OCI archive")}
	}
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	own, ownErr := configmap.FindVerification(r.Files)
	keyrings, running, err := o.trusted(ctx, own, ownErr)
	if err != nil {
		return []Check{check.broken(err)}
	}
	s := search{options: o, want: want}
	s.stores(ctx, own, running)
	s.run(ctx, keyrings)
	var checks []Check
	for i, keyring := range keyrings {
		check.Subject = what + ", keyring " + keyring.Name
		checks = append(checks, s.verdict(check, i, keyring))
	}
	return checks
}

// trusted decides whose signatures count; running is what the cluster says of itself when its keys do.
func (o OpenPGP) trusted(ctx context.Context, own *configmap.Verification, ownErr error) (keyrings []openpgp.Keyring, running *configmap.Verification, err error) {
	if len(o.Keyrings) > 0 {
		return o.Keyrings, nil, nil
	}
	if known := o.known(own); known != nil {
		return known, nil, nil
	}
	if !o.TrustCluster || o.Cluster == nil {
		const mend = "name the keys that you trust with --keyring, or trust the running cluster's with --trust-cluster"
		switch {
		case ownErr != nil:
			return nil, nil, fault.WithHint(fault.Integrity, mend, "no key to trust: the release's own cannot be read (%w)", ownErr)
		case own == nil:
			return nil, nil, fault.WithHint(fault.Integrity, mend, "no key to trust: the release brings none")
		}
		return nil, nil, fault.WithHint(fault.Integrity, mend, "no key to trust: the release brings %s, which this program does not know, and a release cannot vouch for itself", names(own.Keyrings))
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

// known are the release's own keyrings with nothing in them but keys that this program knows; nil when it knows none. A
// keyring without a known key stays, empty: the release wants a signature for it, and nothing can be one.
func (o OpenPGP) known(own *configmap.Verification) []openpgp.Keyring {
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

// names lists the keys of keyrings.
func names(keyrings []openpgp.Keyring) string {
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
	return "the keys " + sentence(all, nil)
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
		return check.fail("the release requires a signature for this keyring, and this program knows none of its keys: name those that you trust with --keyring")
	}
	switch {
	case len(s.refused[i]) > 0:
		return check.fail(sentence(s.refused[i], s.failed))
	case len(s.failed) > 0:
		check.Err = s.failed[0]
		return check.skip(CauseOf(check.Err), sentence(nil, s.failed))
	case len(s.places) == 0:
		return check.fail("no place is known where a signature could be: name a store, a directory or a file with --signature")
	}
	var asked []string
	for _, place := range s.places {
		asked = append(asked, place.String())
	}
	return check.fail("not signed: no signature of " + s.want.String() + " in " + strings.Join(asked, ", "))
}

// sentence puts reasons in one line, not all of a hundred.
func sentence(refused []string, failed []error) string {
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

// signer names who signed, and with which key.
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
