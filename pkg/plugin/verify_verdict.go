package plugin

import (
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/trust"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// The names of the checks, beside those of package trust.
const (
	chainCheck      = "digest-chain"
	versionCheck    = "version"
	referencesCheck = "references"
	imageCheck      = "image"
	hashCheck       = "payload-hash"
)

// checkNames are the names of all checks, in the order in which they are made.
func checkNames() []string {
	return []string{chainCheck, versionCheck, referencesCheck, trust.OpenPGPCheck, trust.SigstoreCheck, imageCheck, hashCheck}
}

// checksToSkip sorts the names of checks that are to be left out, each once, and refuses what is no check.
func checksToSkip(names []string) ([]string, error) {
	known := checkNames()
	for _, name := range names {
		if !slices.Contains(known, name) {
			hint := payload.DidYouMean(name, known)
			if hint == "" {
				hint = "; checks are " + strings.Join(known, ", ")
			}
			return nil, fault.WithHint(fault.Usage, hint, "--skip %q is no check", name)
		}
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted), nil
}

// wants says whether a check was not left out.
func (v *verification) wants(name string) bool { return !slices.Contains(v.skip, name) }

func (v *verification) add(c v1alpha1.Check) { v.checks = append(v.checks, c) }

// skipped adds a check that was not made.
func (v *verification) skipped(c v1alpha1.Check, cause trust.Cause, reason string) {
	c.Result, c.SkippedBecause, c.Reason = v1alpha1.Skipped, string(cause), reason
	v.add(c)
}

// stop adds a check that an error kept from being made. The error decides the exit code if nothing failed, unless it is
// only that --offline was given.
func (v *verification) stop(c v1alpha1.Check, err error) {
	cause := trust.CauseOf(err)
	if cause == trust.Network && v.global.cache.offline {
		cause = trust.Offline
	}
	v.skipped(c, cause, err.Error())
	if v.stopped == nil && (cause == trust.Credentials || cause == trust.Network) {
		v.stopped = err
	}
}

// verdict is the error of the command: of what failed, else of what credentials or the network stopped, else that nobody
// knows who signed the release.
func (v *verification) verdict() error {
	failed := 0
	for _, c := range v.checks {
		if c.Result == v1alpha1.Fail {
			failed++
		}
	}
	switch reason, unsigned := v.unsigned(); {
	case failed == 1:
		return fault.Errorf(fault.Integrity, "%s: a check failed", v.ref.Text)
	case failed > 1:
		return fault.Errorf(fault.Integrity, "%s: %d checks failed", v.ref.Text, failed)
	case v.stopped != nil:
		return fault.Errorf(fault.KindOf(v.stopped), "%s: not everything could be checked: %w", v.ref.Text, v.stopped)
	case unsigned:
		hint := "--skip signature leaves that out on purpose"
		if v.global.cache.offline && v.release.identity.Digest != "" {
			hint = "--signature names where one is stored, " + hint
		}
		if v.global.cache.offline && v.ref.Kind == image.KindRegistry {
			hint = "cache add keeps one for later, " + hint
		}
		return fault.WithHint(fault.Partial, hint, "%s: no signature could be checked: %s", v.ref.Text, reason)
	}
	return nil
}

// unsigned says whether no signature of any kind could be checked, and why not. Who left out the check signature does not
// ask who signed the release.
func (v *verification) unsigned() (reason string, unsigned bool) {
	if !v.wants(trust.OpenPGPCheck) {
		return "", false
	}
	for _, c := range v.checks {
		switch {
		case c.Name != trust.OpenPGPCheck && c.Name != trust.SigstoreCheck:
		case c.Result != v1alpha1.Skipped:
			return "", false
		case reason == "":
			reason = c.Reason
		}
	}
	return reason, true
}
