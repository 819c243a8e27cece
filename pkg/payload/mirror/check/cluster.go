package check

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/clusterobject"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/configmap"
)

// openPGP checks that a cluster finds the OpenPGP signature of the release. Where the user names places of signatures or a cluster,
// these have to have it, because a disconnected cluster cannot ask the stores of the release. The keys are those that the user trusts, else those
// of the release: whether the release is genuine is a question for `verify`.
func (c *checking) openPGP(ctx context.Context) {
	if !c.release.Demand.OpenPGP {
		c.add(trust.Check{Name: OpenPGP, Result: trust.Skipped, Cause: trust.NoKey, Reason: "the release has no keys for OpenPGP signatures, so clusters ask for none"}, nil)
		return
	}
	options, release := c.OpenPGP, trust.Release{Reference: c.release.Name.String(), Digest: c.release.Covered, Files: c.release.Files}
	if c.release.IsList {
		release.ListDigest = c.release.Covered
	}
	if own, err := configmap.FindVerification(c.release.Files); err == nil && own != nil && len(options.Keyrings) == 0 && !options.TrustCluster {
		options.Keyrings = own.Keyrings
	}
	named := len(options.Stores) > 0 || options.Cluster != nil
	if named {
		release.Files = payload.Files{} // so that its stores are not asked
	}
	for _, check := range trust.VerifyOpenPGP(ctx, release, options) {
		switch {
		case check.Err != nil && !named:
			c.addError(check, fault.Errorf(fault.KindOf(check.Err), "%w; --signature names the signatures that clusters have, such as those of mirror --manifests-to", check.Err), nil)
		case check.Err != nil:
			c.addError(check, check.Err, nil)
		case check.Result == trust.Fail:
			c.add(check, &Remedy{All: true, Apply: clusterobject.Signatures})
		case check.Result == trust.Pass && !named:
			check.Reason += "; a cluster that cannot reach it needs the signature in a ConfigMap"
			c.add(check, nil)
		default:
			c.add(check, nil)
		}
	}
}

// mirrors checks that mirror sets lead from each source repository to the repositories that have its images.
func (c *checking) mirrors(context.Context) {
	sources := map[oci.Repository][]oci.Repository{} // with those of the mirror
	var order []oci.Repository
	for _, w := range c.wanted {
		from, to := w.source.Repository, w.at.Repository
		if _, known := sources[from]; !known {
			order = append(order, from)
		}
		if !slices.Contains(sources[from], to) {
			sources[from] = append(sources[from], to)
		}
	}
	slices.SortFunc(order, func(a, b oci.Repository) int { return strings.Compare(a.String(), b.String()) })
	if len(c.Sets) == 0 {
		c.add(trust.Check{
			Name: Mirrors, Subject: joined(order), Result: trust.Skipped, Cause: NoMirrorSets,
			Reason: "no mirror sets were given: --idms-file, --icsp-file or --registries-conf names those to check, --included-by-cluster checks those of the cluster",
		}, nil)
	}
	for _, sets := range c.Sets {
		for _, source := range order {
			check, remedy := sets.check(source, sources[source])
			c.add(check, remedy)
		}
	}
}

// check checks the mirrors of one source repository.
func (s MirrorSets) check(source oci.Repository, needed []oci.Repository) (trust.Check, *Remedy) {
	check := trust.Check{Name: Mirrors, Subject: source.String(), Result: trust.Pass, Reason: fmt.Sprintf("%s: %s", s.Name, joined(needed))}
	have := s.Mirrors(source)
	lacking := slices.DeleteFunc(slices.Clone(needed), func(r oci.Repository) bool { return r == source || slices.Contains(have, r) })
	if len(lacking) == 0 {
		return check, nil
	}
	check.Result = trust.Fail
	if check.Reason = fmt.Sprintf("%s: no mirror", s.Name); len(have) > 0 {
		check.Reason = fmt.Sprintf("%s: its mirrors are %s, and the images are in %s", s.Name, joined(have), joined(lacking))
	}
	return check, &Remedy{All: true, Apply: clusterobject.IDMS}
}

func joined(repositories []oci.Repository) string {
	names := make([]string, len(repositories))
	for i, r := range repositories {
		names[i] = r.String()
	}
	return strings.Join(names, ", ")
}
