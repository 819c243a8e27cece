// Package check says whether a mirror has everything that a disconnected cluster needs to install releases or to update to them,
// and what closes each gap.
//
// A manifest is fetched, because it says what an image consists of; blobs are asked for with HEAD. What is reported as missing did
// not come with a GET either.
package check

import (
	"context"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// The names of the checks, in the order in which they are made. They are those of `verify` where both check the same.
const (
	Image    = "image"             // an image is at its target repository, with all parts
	Sigstore = trust.SigstoreCheck // the sigstore signature of an image is there
	OpenPGP  = trust.OpenPGPCheck  // a cluster finds the OpenPGP signature of the release
	Mirrors  = "mirrors"           // mirror sets lead from a source repository to the images
)

// The causes of skipped checks, beside those of package trust.
const (
	NoPolicy     trust.Cause = "no-policy"      // no policy of image signatures covers the repository
	NoMirrorSets trust.Cause = "no-mirror-sets" // no mirror sets were given
	NotRead      trust.Cause = "not-read"       // the release could not be read
)

// Check is one check, with its result.
type Check struct {
	trust.Check
	Release string  // the version; empty for a check of the cluster alone
	Remedy  *Remedy // of a check that failed: what closes the gap
}

// Remedy says how `mirror` closes a gap.
type Remedy struct {
	// Components are those to copy; none means the release image alone, unless All is set.
	Components []string
	All        bool // copy the whole release
	Force      bool // a tag at the target names something else
	Repair     bool // the target has the tag, and lacks parts of what it names
	// Apply is what to apply to the cluster of what --manifests-to writes: a file or a directory; empty for nothing.
	Apply string
}

// MirrorSets are mirror sets from one place.
type MirrorSets struct {
	Name string // of the place, in sentences: "the given files", "the cluster at HOST"
	// Mirrors returns the mirrors of a repository for images by digest, without the repository itself.
	Mirrors func(oci.Repository) []oci.Repository
}

// Registry is the mirror's registry, to which no rules for mirrors apply.
type Registry interface {
	presence.Registry
	Describe(ctx context.Context, repository oci.Repository, tagOrDigest string) (oci.Descriptor, error)
}

// Request says what to check, and how.
type Request struct {
	Registry Registry
	Parallel int // images at once
	OpenPGP  trust.OpenPGP
	Sets     []MirrorSets
	// Policies are those of the cluster, beside those of a release.
	Policies []sigstore.Policy
}

// Release is a release to check.
type Release struct {
	mirror.Release // Image is at the source
	Layout         mirror.Layout
	Covered        oci.Digest    // of OpenPGP signatures
	IsList         bool          // the release image is a list
	Files          payload.Files // with the contents of the manifests
}

// Report has the results.
type Report struct {
	Checks []Check

	where   string // the mirror
	stopped error  // that prevented a check
}

// NewReport returns an empty report about a mirror.
func NewReport(where string) *Report { return &Report{where: where} }

// Add checks a release. It returns an error if the release cannot be at the mirror, or when ctx ends.
func (r *Report) Add(ctx context.Context, q Request, release Release) error {
	c := &checking{Request: q, Report: r, release: release, parts: presence.NewChecker(q.Registry)}
	var err error
	if c.wanted, err = release.wanted(); err != nil {
		return err
	}
	for _, check := range []func(context.Context){c.images, c.signatures, c.openPGP, c.mirrors} {
		check(ctx)
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

// AddUnread adds a release that the mirror does not have, and that could not be read elsewhere.
func (r *Report) AddUnread(version, reason string) {
	r.add(Check{
		Check:   trust.Check{Name: Image, Subject: releaseImage, Result: trust.Fail, Reason: reason},
		Release: version, Remedy: &Remedy{All: true},
	})
	for _, name := range []string{Sigstore, OpenPGP, Mirrors} {
		r.add(Check{Release: version, Check: trust.Check{
			Name: name, Result: trust.Skipped, Cause: NotRead, Reason: "which images and signatures the release needs is not known",
		}})
	}
}

// AddStopped adds that the mirror sets of a place could not be checked.
func (r *Report) AddStopped(place string, err error) {
	r.addError(Check{Check: trust.Check{Name: Mirrors, Subject: place}}, err)
}

func (r *Report) add(c Check) { r.Checks = append(r.Checks, c) }

// Missing is the number of gaps.
func (r *Report) Missing() int {
	missing := 0
	for _, c := range r.Checks {
		if c.Result == trust.Fail {
			missing++
		}
	}
	return missing
}

// Err returns nil if nothing is missing. It returns fault.NotFound if something is; else the error of credentials or the network
// that prevented a check.
func (r *Report) Err() error {
	switch missing := r.Missing(); {
	case missing == 1:
		return fault.Errorf(fault.NotFound, "%s is not complete: something is missing", r.where)
	case missing > 1:
		return fault.Errorf(fault.NotFound, "%s is not complete: %d things are missing", r.where, missing)
	case r.stopped != nil:
		return fault.Errorf(fault.KindOf(r.stopped), "%s: not everything could be checked: %w", r.where, r.stopped)
	}
	return nil
}

// checking checks one release.
type checking struct {
	Request
	*Report
	release Release
	wanted  []wanted
	parts   presence.Checker
}

// add adds a check of the release.
func (c *checking) add(check trust.Check, remedy *Remedy) {
	c.Report.add(Check{Check: check, Release: c.release.Name.Version, Remedy: remedy})
}

// addError adds a check that found an error: a gap, or what prevented the check.
func (c *checking) addError(check trust.Check, err error, remedy *Remedy) {
	c.Report.addError(Check{Check: check, Release: c.release.Name.Version, Remedy: remedy}, err)
}

func (r *Report) addError(c Check, err error) {
	c.Reason, c.Result = err.Error(), trust.Fail
	switch fault.KindOf(err) {
	case fault.Auth, fault.Network:
		c.Result, c.Cause, c.Remedy = trust.Skipped, trust.CauseOf(err), nil
		if r.stopped == nil {
			r.stopped = err
		}
	}
	r.add(c)
}
