// Package verify checks a release: its digests down to every file, its version, who signed it, whether its images can be
// pulled, and whether the connected cluster loaded the same manifests.
package verify

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// The names of the checks, beside those of package trust.
const (
	Chain       = "digest-chain"
	Version     = "version"
	References  = "references"
	Image       = "image"
	PayloadHash = "payload-hash"
)

// Names returns the names of all checks, in the order in which they are made.
func Names() []string {
	return []string{Chain, Version, References, trust.OpenPGPCheck, trust.SigstoreCheck, Image, PayloadHash}
}

// SkipNames sorts the names of checks to skip and removes duplicates. An unknown name is fault.Usage.
func SkipNames(names []string) ([]string, error) {
	all := Names()
	for _, name := range names {
		if !slices.Contains(all, name) {
			hint := cmp.Or(payload.DidYouMean(name, all), "; checks are "+strings.Join(all, ", "))
			return nil, fault.WithHint(fault.Usage, hint, "--skip %q is not a check", name)
		}
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted), nil
}

// Request says what to check, and how.
type Request struct {
	Reference image.Reference
	// Read reads the release. It is called once.
	Read func(context.Context, image.ReadOptions) (*image.Release, error)

	OpenPGP  trust.OpenPGP
	Sigstore trust.Sigstore // Run sets its Registry
	Registry Registry
	Parallel int          // how many images are checked at once
	Deep     bool         // check all layers, and what the component images are made of
	Offline  bool         // ask no registry
	Cache    *cache.Cache // has signatures for Offline; may be nil
	Skip     []string     // from SkipNames

	Cluster      *cluster.Cluster
	ClusterNamed bool   // by the user, so that it is an error if it cannot be asked
	ClusterImage string // the cluster's pull spec of the release; empty if it has none
}

// Registry has what the checks need of registries.
type Registry interface {
	presence.Registry
	sigstore.Registry
}

// Report has the results.
type Report struct {
	Release *image.Release // nil if its chain of digests is broken
	Checks  []trust.Check

	text     string // the reference
	skip     []string
	offline  bool
	stopped  error    // that prevented a check
	required []string // checks of signatures for which the user named keys
}

// Run makes the checks. After a broken chain of digests it skips all others. It returns an error if the release cannot be
// read, if the flags for the cluster are wrong, or when ctx ends.
func Run(ctx context.Context, r Request) (*Report, error) {
	v := &verification{Request: r, Report: Report{text: r.Reference.Text, skip: r.Skip, offline: r.Offline, required: r.requiredChecks()}}
	all := image.Want{Contents: image.AllContents, Operator: true}
	release, err := r.Read(ctx, image.ReadOptions{Want: all, Config: true})
	switch {
	case fault.KindOf(err) == fault.Integrity && v.wants(Chain):
		v.breakChain(err)
		return &v.Report, nil
	case err != nil:
		return nil, err
	}
	v.Release = release
	for _, check := range []struct {
		name string
		make func(context.Context) error
	}{
		{Chain, v.checkChain},
		{Version, v.checkVersion},
		{References, v.checkReferences},
		{trust.OpenPGPCheck, v.checkOpenPGP},
		{trust.SigstoreCheck, v.checkSigstore},
		{Image, v.checkImages},
		{PayloadHash, v.checkHash},
	} {
		if !v.wants(check.name) {
			continue
		}
		if err := check.make(ctx); err != nil {
			return nil, err
		}
	}
	return &v.Report, context.Cause(ctx)
}

// verification makes the checks of one release.
type verification struct {
	Request
	Report
}

// wants reports whether a check is not to be skipped.
func (r *Report) wants(name string) bool { return !slices.Contains(r.skip, name) }

func (r *Report) add(c trust.Check) { r.Checks = append(r.Checks, c) }

// addSkipped adds a check that was not made.
func (r *Report) addSkipped(c trust.Check, cause trust.Cause, reason string) {
	c.Result, c.Cause, c.Reason = trust.Skipped, cause, reason
	r.add(c)
}

// addStopped adds a check that an error prevented. The error decides the exit code if nothing failed, unless the cause is only
// --offline.
func (v *verification) addStopped(c trust.Check, err error) {
	cause := trust.CauseOf(err)
	if cause == trust.Network && v.Offline {
		cause = trust.Offline
	}
	v.addSkipped(c, cause, err.Error())
	if v.stopped == nil && (cause == trust.Credentials || cause == trust.Network) {
		v.stopped = err
	}
}

// breakChain adds the failed chain of digests and skips all other checks, because nothing could be read.
func (v *verification) breakChain(err error) {
	v.add(trust.Check{Name: Chain, Subject: v.text, Result: trust.Fail, Reason: err.Error()})
	for _, name := range Names() {
		if name != Chain && v.wants(name) {
			v.addSkipped(trust.Check{Name: name}, "broken-chain", "the chain of digests is broken")
		}
	}
}

// Err returns nil if the release passed. It returns a fault.Integrity error if a check failed; else the error of credentials
// or the network that prevented a check; else fault.Partial if no signature could be checked.
func (r *Report) Err() error {
	failed := 0
	for _, c := range r.Checks {
		if c.Result == trust.Fail {
			failed++
		}
	}
	switch reason, unsigned := r.unsigned(); {
	case failed == 1:
		return fault.Errorf(fault.Integrity, "%s: a check failed", r.text)
	case failed > 1:
		return fault.Errorf(fault.Integrity, "%s: %d checks failed", r.text, failed)
	case r.stopped != nil:
		return fault.Errorf(fault.KindOf(r.stopped), "%s: not everything could be checked: %w", r.text, r.stopped)
	case unsigned:
		hint := "--skip signature leaves that out on purpose"
		if r.offline && r.Release.Identity.Digest != "" {
			hint = "--signature names where one is stored, " + hint
		}
		if r.offline && r.Release.Reference.Kind == image.KindRegistry {
			hint = "cache add keeps one for later, " + hint
		}
		return fault.WithHint(fault.Partial, hint, "%s: no signature could be checked: %s", r.text, reason)
	}
	for _, name := range r.required {
		if reason, skipped := r.skipped(name); skipped {
			return r.notChecked(name, reason, "--skip "+name+" leaves that out on purpose")
		}
	}
	return nil
}

// Contradiction returns an error like Err, but none if a check failed only because nothing signs the release or no known key
// can check the signature, unless the user named keys.
func (r *Report) Contradiction() error {
	for _, c := range r.Checks {
		if c.Result == trust.Fail && (!c.Unsigned || slices.Contains(r.required, c.Name)) {
			return fault.Errorf(fault.Integrity, "%s: %s: %s", r.text, c.Name, c.Reason)
		}
	}
	if r.stopped != nil {
		return fault.Errorf(fault.KindOf(r.stopped), "%s: not everything could be checked: %w", r.text, r.stopped)
	}
	for _, name := range r.required {
		if reason, skipped := r.skipped(name); skipped {
			return r.notChecked(name, reason, "")
		}
	}
	return nil
}

// notChecked is the error of a check that was skipped though the user named keys for it.
func (r *Report) notChecked(name, reason, hint string) error {
	return fault.WithHint(fault.Partial, hint, "%s: the check %s that you named keys for could not be made: %s", r.text, name, reason)
}

// Signed reports whether a trusted key signed the release: whether a check with this name passed.
func (r *Report) Signed(name string) bool {
	return slices.ContainsFunc(r.Checks, func(c trust.Check) bool { return c.Name == name && c.Result == trust.Pass })
}

// requiredChecks returns the checks of signatures for which the user named keys.
func (r Request) requiredChecks() (names []string) {
	if len(r.OpenPGP.Keyrings) > 0 || r.OpenPGP.TrustCluster {
		names = append(names, trust.OpenPGPCheck)
	}
	if len(r.Sigstore.Keys) > 0 {
		names = append(names, trust.SigstoreCheck)
	}
	return names
}

// unsigned reports whether no signature of any kind could be checked, and why. It is false if the user skips the check
// signature.
func (r *Report) unsigned() (reason string, unsigned bool) {
	if !r.wants(trust.OpenPGPCheck) {
		return "", false
	}
	openpgp, noOpenPGP := r.skipped(trust.OpenPGPCheck)
	sigstore, noSigstore := r.skipped(trust.SigstoreCheck)
	return cmp.Or(openpgp, sigstore), noOpenPGP && (noSigstore || !r.wants(trust.SigstoreCheck))
}

// skipped reports whether all checks of a name were skipped, though the user wanted them, and why.
func (r *Report) skipped(name string) (reason string, skipped bool) {
	for _, c := range r.Checks {
		switch {
		case c.Name != name:
		case c.Result != trust.Skipped:
			return "", false
		case reason == "":
			reason = c.Reason
		}
	}
	return reason, r.wants(name)
}
