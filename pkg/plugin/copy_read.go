package plugin

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/clusterobject"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// readRelease is a release that was read and verified.
type readRelease struct {
	mirror.Release
	document v1alpha1.Release
	keys     []sigstore.Key       // that are trusted for its signatures
	signed   clusterobject.Signed // its OpenPGP signatures, if files for clusters are written
	// archFound says that the architecture was found at the target, and not confirmed.
	archFound bool
}

// readReleases reads and verifies the releases. missing lists the signatures that they lack and need.
func (c *copyRun) readReleases(ctx context.Context, arch *targetArch) (releases []readRelease, missing []string, err error) {
	var targets []target
	if c.saved != nil {
		targets, err = savedTargets(ctx, c.saved, c.from, c.releases)
	} else {
		targets, err = c.session.resolve(ctx, c.releaseRequest)
	}
	if err != nil {
		return nil, nil, err
	}
	for _, t := range targets {
		if c.saved == nil && t.reference.Kind != image.KindRegistry {
			return nil, nil, fault.WithHint(fault.Usage, "`mirror --from` copies what pull saved", "%s is not in a registry: only releases from registries are copied", t.reference.Text)
		}
		release, lacks, err := c.readRelease(ctx, arch, t)
		c.session.opened.closeAll() // it is not needed any more
		if err != nil {
			return nil, nil, err
		}
		releases, missing = append(releases, release), append(missing, lacks...)
	}
	return releases, missing, nil
}

func (c *copyRun) readRelease(ctx context.Context, arch *targetArch, t target) (readRelease, []string, error) {
	checks := c.verification(arch, t)
	if c.saved != nil {
		checks = c.verifyFromLayout(checks)
	}
	report, err := verify.Run(ctx, checks)
	if err != nil {
		return readRelease{}, nil, err
	}
	if err := report.Contradiction(); err != nil {
		return readRelease{}, nil, fmt.Errorf("nothing was copied: %w", err)
	}
	release, err := mirror.NewRelease(report.Release, c.session.flags.arch.value() != "")
	if err != nil {
		return readRelease{}, nil, err
	}
	if release.Components, err = c.choose(report.Release); err != nil {
		return readRelease{}, nil, err
	}
	if c.saved != nil {
		if release, err = c.keepSaved(ctx, release); err != nil {
			return readRelease{}, nil, err
		}
	}
	read := readRelease{Release: release, document: releaseDocument(report.Release), archFound: arch != nil && report.Release.Config == nil}
	if read.keys, err = c.trust.sigstore.TrustedKeys(report.Release.Files); err != nil {
		return readRelease{}, nil, err
	}
	if c.skipSignatures {
		return read, nil, nil
	}
	if c.saved == nil {
		c.keepSignatures(ctx, report.Release)
	}
	if c.objects != nil && !c.dryRun {
		read.signed = c.signed(ctx, report.Release, release.Image.Digest, checks.OpenPGP)
		if len(read.signed.Messages) == 0 && report.Signed(trust.OpenPGPCheck) {
			c.session.warnf("%s has no OpenPGP signature of its own, only the list of images that it is from: clusters will not update to it without --force", release.Image)
		}
	}
	if !release.Demand.OpenPGP || report.Signed(trust.OpenPGPCheck) {
		return read, nil, nil
	}
	return read, []string{"no trusted OpenPGP signature of " + t.reference.Text}, nil
}

// keepSignatures puts the OpenPGP signatures of a release into the cache, unless it has some: `verify --offline` reads them. The
// verification has reported stores that cannot be searched.
func (c *copyRun) keepSignatures(ctx context.Context, release *image.Release) {
	covered := cmp.Or(release.Identity.ListDigest, release.Identity.Digest)
	if !c.dryRun && len(c.session.downloads.Signatures(covered)) == 0 {
		verify.KeepOpenPGP(ctx, release, c.session.openPGP(c.trust), c.session.downloads)
	}
}

// verification returns the request for package verify: all checks but those that reading and copying make anyway.
func (c *copyRun) verification(arch *targetArch, t target) verify.Request {
	skip := []string{verify.Chain, verify.Image, verify.PayloadHash}
	if c.skipSignatures {
		skip = append(skip, trust.OpenPGPCheck, trust.SigstoreCheck)
	}
	q := c.session.verification(t, c.trust, skip)
	q.Read = func(ctx context.Context, o image.ReadOptions) (*image.Release, error) {
		o.Want.Operator = false       // only the payload's hash depends on it
		o.Want.Relevant = trust.Reads // the rest of a payload can be 90 MB
		if arch != nil {
			o.FindArch = arch.find
		}
		return c.session.readToVerify(ctx, t, o, skip)
	}
	return q
}

// choose returns the components to copy.
func (c *copyRun) choose(release *image.Release) ([]payload.Component, error) {
	names := slices.Concat(c.selection.components, c.session.groupMembers(release, c.selection.groups))
	switch {
	case c.selection.onlyRelease:
		return nil, nil
	case len(c.selection.components)+len(c.selection.groups) == 0:
		return release.Components, nil
	}
	selection, err := release.Select(names)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(release.Components), func(one payload.Component) bool { return !selection.Components[one.Name] }), nil
}
