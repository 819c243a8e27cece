// Package verify checks what can be checked of a release: its digests down to every file, its version, who signed it,
// whether its images are there, and whether the connected cluster loaded the same manifests.
package verify

import (
	"cmp"
	"context"
	"io"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

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

// Names are the names of all checks, in the order in which they are made.
func Names() []string {
	return []string{Chain, Version, References, trust.OpenPGPCheck, trust.SigstoreCheck, Image, PayloadHash}
}

// SkipNames sorts the names of checks that are to be left out, each once. What is no check is fault.Usage.
func SkipNames(names []string) ([]string, error) {
	known := Names()
	for _, name := range names {
		if !slices.Contains(known, name) {
			hint := payload.DidYouMean(name, known)
			if hint == "" {
				hint = "; checks are " + strings.Join(known, ", ")
			}
			return nil, fault.WithHint(fault.Usage, hint, "--skip %q is not a check", name)
		}
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted), nil
}

// Request says what to check and with what.
type Request struct {
	Reference image.Reference
	// Read reads the release with ReadOptions. It is called once.
	Read func(context.Context, image.ReadOptions) (*image.Release, error)

	OpenPGP  trust.OpenPGP
	Sigstore trust.Sigstore // its Registry is set here
	Registry Registry
	Parallel int // questions for images at once
	Deep     bool
	Offline  bool
	Cache    *cache.Cache // of signatures, for Offline; nil for none
	Skip     []string     // from SkipNames

	Cluster *cluster.Cluster
	// ClusterNamed says that the user named the cluster: that it cannot be asked is then worth an error.
	ClusterNamed bool
	// ClusterImage is how the cluster names the release; empty when it did not name it.
	ClusterImage string
}

// Registry is what checks ask of registries.
type Registry interface {
	presence.Registry
	sigstore.Registry
	// BlobFrom is Blob from byte number from on, counted from 0.
	BlobFrom(ctx context.Context, repository string, d digest.Digest, size, from int64) (io.ReadCloser, error)
}

// Report is what was found.
type Report struct {
	Release *image.Release // nil when its chain of digests is broken
	Checks  []trust.Check

	text    string // the reference
	skip    []string
	offline bool
	stopped error    // what kept a check from being made
	asked   []string // checks of signatures that the user named keys for
}

// Run makes the checks. A chain of digests that is broken ends them: nothing below it is worth a look. Its error is that of
// a release that cannot be read, of flags that name no cluster, or of ctx.
func Run(ctx context.Context, r Request) (*Report, error) {
	v := &verification{Request: r, Report: Report{text: r.Reference.Text, skip: r.Skip, offline: r.Offline, asked: r.asked()}}
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

// wants reports whether a check was not left out.
func (r *Report) wants(name string) bool { return !slices.Contains(r.skip, name) }

func (r *Report) add(c trust.Check) { r.Checks = append(r.Checks, c) }

// addSkipped adds a check that was not made.
func (r *Report) addSkipped(c trust.Check, cause trust.Cause, reason string) {
	c.Result, c.Cause, c.Reason = trust.Skipped, cause, reason
	r.add(c)
}

// addStopped adds a check that an error kept from being made. The error decides the exit code if nothing failed, unless it
// is only that --offline was given.
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

// breakChain fails the chain of digests: nothing below it was read.
func (v *verification) breakChain(err error) {
	v.add(trust.Check{Name: Chain, Subject: v.text, Result: trust.Fail, Reason: err.Error()})
	for _, name := range Names() {
		if name != Chain && v.wants(name) {
			v.addSkipped(trust.Check{Name: name}, "broken-chain", "the chain of digests is broken")
		}
	}
}

// Err is the error of what failed, else of what credentials or the network stopped, else that it is not known who signed the
// release; nil when the release passed.
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
	for _, name := range r.asked {
		if reason, skipped := r.skipped(name); skipped {
			return fault.WithHint(fault.Partial, "--skip "+name+" leaves that out on purpose", "%s: the check %s that you named keys for could not be made: %s", r.text, name, reason)
		}
	}
	return nil
}

// asked are the checks of signatures for which the user named keys.
func (r Request) asked() (names []string) {
	if len(r.OpenPGP.Keyrings) > 0 || r.OpenPGP.TrustCluster {
		names = append(names, trust.OpenPGPCheck)
	}
	if len(r.Sigstore.Keys) > 0 {
		names = append(names, trust.SigstoreCheck)
	}
	return names
}

// unsigned reports whether no signature of any kind could be checked, and why not. Nothing is unsigned when the check
// signature was left out: then the user does not ask who signed the release.
func (r *Report) unsigned() (reason string, unsigned bool) {
	if !r.wants(trust.OpenPGPCheck) {
		return "", false
	}
	openpgp, neither := r.skipped(trust.OpenPGPCheck)
	sigstore, nor := r.skipped(trust.SigstoreCheck)
	return cmp.Or(openpgp, sigstore), neither && (nor || !r.wants(trust.SigstoreCheck))
}

// skipped reports whether no check of a name was made, though it was not left out on purpose, and why not.
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
