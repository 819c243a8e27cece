package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/presence"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// releaseImage is the subject of checks of the release image.
const releaseImage = "release image"

// wanted is an image that has to be in a repository of the mirror.
type wanted struct {
	source     oci.PullSpec // by digest
	at         oci.PullSpec // by digest, in the mirror
	tags       []oci.PullSpec
	isRelease  bool
	components []string // sorted
	there      bool     // with all parts
}

// wanted lists the images of the release, each once for a repository of the mirror.
func (r Release) wanted() ([]wanted, error) {
	images, err := r.Layout.Wanted([]mirror.Release{r.Release})
	if err != nil {
		return nil, err
	}
	var list []wanted
	index := map[oci.PullSpec]int{}
	for _, image := range images {
		for _, tag := range image.Target {
			at := tag.Repository.Digest(image.Source.Digest)
			i, known := index[at]
			if !known {
				i = len(list)
				index[at] = i
				list = append(list, wanted{source: image.Source, at: at})
			}
			list[i].tags = append(list[i].tags, tag)
			list[i].isRelease = list[i].isRelease || image.Kind == mirror.KindRelease
		}
	}
	for _, c := range r.Components {
		for i := range list {
			if list[i].source.Digest == c.Digest && !list[i].isRelease {
				list[i].components = append(list[i].components, c.Name)
			}
		}
	}
	return list, nil
}

// subject names the image.
func (w wanted) subject() string {
	if w.isRelease {
		return releaseImage
	}
	return strings.Join(w.components, ",")
}

// images checks that the images are there, with everything that they consist of.
func (c *checking) images(ctx context.Context) {
	pinned := make([]payload.Component, len(c.wanted))
	for i, w := range c.wanted {
		pinned[i] = payload.Component{Name: w.subject(), Image: w.at.String(), Digest: w.at.Digest}
	}
	for i, result := range c.parts.Images(ctx, pinned, presence.Options{Parallel: c.Parallel}) {
		w := &c.wanted[i]
		check := trust.Check{Name: Image, Subject: w.subject(), Digest: w.at.Digest}
		if result.Err != nil {
			c.addError(check, result.Err, c.remedy(ctx, *w, w.tags))
			continue
		}
		w.there = true
		check.Result, check.Reason = trust.Pass, "present in "+w.at.Repository.String()
		c.add(check, nil)
	}
}

// remedy says how to copy an image again. tags are what `mirror` would ask for to see whether it is there.
func (c *checking) remedy(ctx context.Context, w wanted, tags []oci.PullSpec) *Remedy {
	r := &Remedy{Components: w.components}
	for _, tag := range tags {
		found, err := c.Registry.Describe(ctx, tag.Repository, tag.Tag)
		switch {
		case err != nil:
		case found.Digest == w.at.Digest || tag.Tag != "" && strings.HasSuffix(tag.Tag, ".sig"):
			r.Repair = true
		default:
			r.Force = true
		}
	}
	return r
}

// signature is the signature that an image of the mirror needs.
type signature struct {
	of    wanted
	image oci.Digest // the image, or a child of the list
	tag   oci.PullSpec
}

// signatures checks that the images that need sigstore signatures have them. Images that are not there are left out: whether an image is a
// list, which needs none, is not known, and a copy brings the signature along.
func (c *checking) signatures(ctx context.Context) {
	var list []signature
	var free []oci.Repository // whose images need none
	for _, w := range c.wanted {
		switch {
		case !c.demanded(w.source.Repository):
			if !slices.Contains(free, w.source.Repository) {
				free = append(free, w.source.Repository)
			}
		case w.there:
			images, err := c.parts.Single(ctx, w.at)
			if err != nil {
				continue // images found it before
			}
			for _, d := range images {
				list = append(list, signature{w, d, w.at.Repository.Tag(sigstore.Tag(d))})
			}
		}
	}
	tags := make([]oci.PullSpec, len(list))
	for i, s := range list {
		tags[i] = s.tag
	}
	for i, err := range c.parts.Tags(ctx, "signatures of images", tags, presence.Options{Parallel: c.Parallel}) {
		s := list[i]
		check := trust.Check{Name: Sigstore, Subject: s.of.subject(), Digest: s.image}
		if err == nil {
			check.Result, check.Reason = trust.Pass, "present in "+s.tag.Repository.String()
			c.add(check, nil)
			continue
		}
		err = fault.Errorf(fault.KindOf(err), "images of %s need a signature: %w", s.of.source.Repository, err)
		c.addError(check, err, c.remedy(ctx, s.of, []oci.PullSpec{s.tag}))
	}
	slices.SortFunc(free, func(a, b oci.Repository) int { return strings.Compare(a.String(), b.String()) })
	for _, repository := range free {
		c.add(trust.Check{
			Name: Sigstore, Subject: repository.String(), Result: trust.Skipped, Cause: NoPolicy,
			Reason: fmt.Sprintf("no image policy %s covers the repository, so its images need no signature", c.policyOwners()),
		}, nil)
	}
}

// policyOwners says whose policies count.
func (c *checking) policyOwners() string {
	if c.Policies != nil {
		return "of the release or the cluster"
	}
	return "of the release"
}

// demanded reports whether images of a source repository need signatures.
func (c *checking) demanded(r oci.Repository) bool {
	if c.release.Demand.Sigstore != nil && c.release.Demand.Sigstore(r) {
		return true
	}
	return slices.ContainsFunc(c.Policies, func(p sigstore.Policy) bool { return p.Covers(r.String()) })
}
