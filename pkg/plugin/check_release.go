package plugin

import (
	"cmp"
	"context"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/check"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// checkRun carries out a request.
type checkRun struct {
	*checkRequest
	session  *session
	registry registry.Direct // the mirror
	report   *check.Report
	items    []v1alpha1.MirrorCheckItem
}

// request returns what the checks need, with what the cluster has applied.
func (c *checkRun) request(ctx context.Context) (check.Request, error) {
	s := c.session
	q := check.Request{Registry: c.registry, Parallel: 4 * s.perRegistry, OpenPGP: s.openPGP(c.trust)}
	if files := s.flags.registry.mirrors; len(files.IDMS)+len(files.ITMS)+len(files.ICSP) > 0 || files.Conf != "" {
		rules, err := s.registries.Mirrors()
		if err != nil {
			return q, err
		}
		q.Sets = append(q.Sets, mirrorSets("the given files", rules))
	}
	if !c.byCluster {
		return q, nil
	}
	err := c.addCluster(ctx, &q)
	if kind := fault.KindOf(err); ctx.Err() == nil && (kind == fault.Auth || kind == fault.Network) {
		c.report.AddStopped("the connected cluster", err)
		err = nil
	}
	return q, err
}

// addCluster adds the mirror sets, policies and keys of the connected cluster.
func (c *checkRun) addCluster(ctx context.Context, q *check.Request) error {
	cluster := c.session.cluster
	sets, err := cluster.MirrorSets(ctx)
	if err != nil {
		return fmt.Errorf("--included-by-cluster: %w", err)
	}
	rules := &mirrors.Rules{}
	if sets != nil {
		if rules, err = mirrors.ParseSets("the cluster", sets, c.session.warnf); err != nil {
			return fmt.Errorf("--included-by-cluster: %w", err)
		}
	}
	q.Sets = append(q.Sets, mirrorSets("the cluster", rules))
	policies, err := cluster.ImagePolicies(ctx)
	if err != nil {
		return fmt.Errorf("--included-by-cluster: %w", err)
	}
	q.Policies = []sigstore.Policy{}
	for _, p := range policies {
		q.Policies = append(q.Policies, sigstore.Policy{Name: p.Name, Scopes: p.Scopes})
	}
	// An update is verified with the keys of the release that runs.
	running, err := store.Cluster{Objects: cluster}.Verification(ctx)
	switch {
	case err == nil:
		q.OpenPGP.Keyrings = running.Keyrings
	case fault.KindOf(err) != fault.NotFound:
		return fmt.Errorf("--included-by-cluster: %w", err)
	}
	return nil
}

// mirrorSets returns the mirror sets of one place.
func mirrorSets(name string, rules *mirrors.Rules) check.MirrorSets {
	return check.MirrorSets{Name: name, Mirrors: func(source oci.Repository) (list []oci.Repository) {
		places, _, _ := rules.Places(source, true) // without a place that may be contacted there is no mirror
		for _, p := range places {
			if p.Repository != source {
				list = append(list, p.Repository)
			}
		}
		return list
	}}
}

// check checks one release.
func (c *checkRun) check(ctx context.Context, q check.Request, t target) (v1alpha1.CheckedRelease, error) {
	found, err := c.find(ctx, t)
	if err != nil {
		return v1alpha1.CheckedRelease{}, err
	}
	document := v1alpha1.CheckedRelease{Release: v1alpha1.Release{Reference: t.reference.Text}, Layout: found.layout.Name}
	words := mirrorArguments(t.reference, "", found.source.Digest(t.reference.Digest), false)
	if found.image == nil {
		c.report.AddUnread(t.reference.Text, found.unread)
	} else {
		release, err := c.release(found)
		if err != nil {
			return document, err
		}
		words = mirrorArguments(t.reference, release.Name.String(), release.Image, found.source != t.reference.Repository)
		at, err := found.layout.Release(release.Name)
		if err != nil {
			return document, err
		}
		document.Release, document.Target = releaseDocument(found.image), at.Repository.Digest(release.Image.Digest).String()
		document.Reference, document.Image = t.reference.Text, release.Image.String()
		if err := c.report.Add(ctx, q, release); err != nil {
			return document, err
		}
	}
	c.collect(words, found.layout)
	return document, nil
}

// collect adds the checks that were made since the last time to the document. release are the words that name the release.
func (c *checkRun) collect(release []string, layout mirror.Layout) {
	for _, item := range c.report.Checks[len(c.items):] {
		c.items = append(c.items, v1alpha1.MirrorCheckItem{
			Release: item.Release, Name: item.Name, Subject: item.Subject, Result: string(item.Result), Reason: item.Reason,
			SkippedBecause: string(item.Cause), Key: item.Key, Digest: item.Digest.String(),
			Command: c.commands.command(release, layout, item.Remedy),
		})
	}
}

// release returns a release that was read as one to check.
func (c *checkRun) release(found foundRelease) (check.Release, error) {
	read := found.image
	read.Identity.Repository = found.source
	release, err := mirror.NewRelease(read, c.session.flags.arch.value() != "")
	if err != nil {
		return check.Release{}, err
	}
	covered := release.Image.Digest
	return check.Release{
		Release: release, Layout: found.layout, Covered: covered,
		IsList: covered == read.Identity.ListDigest, Files: read.Files,
	}, nil
}

// foundRelease is a release, and where the mirror has it or should have it.
type foundRelease struct {
	image  *image.Release // nil if it could not be read
	unread string         // why
	layout mirror.Layout
	source oci.Repository // of the release image, as clusters name it
}

// find reads a release from the mirror, else from its source.
func (c *checkRun) find(ctx context.Context, t target) (found foundRelease, err error) {
	ref := t.reference
	found.source = c.sourceOf(ref)
	var absent error
	if ref.Kind == image.KindRegistry {
		if found.image, found.layout, absent = c.readMirror(ctx, ref); found.image != nil {
			return found, nil
		}
		if kind := fault.KindOf(absent); kind != fault.NotFound {
			return found, absent
		}
	}
	found.layout = c.layouts[0]
	if ref.Kind == image.KindRegistry && found.source != ref.Repository { // it was named by its place in the mirror
		found.unread = absent.Error()
		return found, nil
	}
	found.image, err = c.session.read(ctx, t, c.options())
	switch kind := fault.KindOf(err); {
	case err != nil && ctx.Err() == nil && absent != nil && (kind == fault.Auth || kind == fault.Network):
		found.unread = fmt.Sprintf("%v; its source cannot be read: %v", absent, err)
		return found, nil
	case err != nil:
		return found, err
	case found.image.Identity.Digest == "":
		return found, fault.Errorf(fault.Usage, "%s has no digest: name a release in a registry, a layout or an OCI archive", ref.Text)
	}
	found.layout, err = c.recognize(ctx, found.image)
	return found, err
}

// options says what is read of a release.
func (c *checkRun) options() image.ReadOptions {
	return image.ReadOptions{Want: image.Want{Contents: image.AllContents, Relevant: trust.Reads}, Config: true, Repository: c.repository}
}

// sourceOf returns the repository by which clusters name a release image: that of the reference, unless it is in the mirror.
func (c *checkRun) sourceOf(ref image.Reference) oci.Repository {
	if ref.Repository.IsZero() {
		return c.repository
	}
	for _, l := range c.layouts {
		if at, err := l.Release(mirror.Name{Version: "0", Arch: "0", Tag: "0"}); err == nil && at.Repository == ref.Repository {
			return c.repository
		}
	}
	return ref.Repository
}

// readMirror reads a release from the first layout that has it. If none has it, the error is fault.NotFound.
func (c *checkRun) readMirror(ctx context.Context, ref image.Reference) (*image.Release, mirror.Layout, error) {
	var failed, absent error
	for _, layout := range c.layouts {
		at, err := atMirror(ref, layout, cmp.Or(c.session.flags.arch.value(), "amd64"))
		if err != nil {
			return nil, layout, err
		}
		release, err := c.readAt(ctx, at)
		switch {
		case err == nil:
			return release, layout, nil
		case ctx.Err() != nil:
			return nil, layout, err
		case fault.KindOf(err) == fault.NotFound:
			absent = cmp.Or(absent, err)
		default:
			failed = cmp.Or(failed, err)
		}
	}
	if failed != nil && absent != nil {
		failed = fault.WithHint(fault.KindOf(failed), "--layout says where to look", "%w", failed)
	}
	return nil, c.layouts[0], cmp.Or(failed, absent)
}

// atMirror returns the reference of a release in a layout.
func atMirror(ref image.Reference, layout mirror.Layout, defaultArch string) (image.Reference, error) {
	name := mirror.Name{Version: ref.Version, Arch: ref.Arch, Tag: ref.Tag, Digest: ref.Digest}
	if name.Version == "" {
		name.Version, name.Arch, _ = image.SplitVersion(ref.Tag)
	}
	name.Arch = cmp.Or(name.Arch, image.TagArch(defaultArch))
	if name.Version == "" {
		name.Version = cmp.Or(ref.Tag, "0") // such a tag is only in a layout that keeps tags
	}
	at, err := layout.Release(name)
	if err != nil {
		return ref, err
	}
	ref.Repository = at.Repository
	if ref.Digest == "" {
		if ref.Tag = at.Tag; layout.Name != mirror.LayoutOCMirror {
			ref.Fallback = ""
		}
	}
	return ref, nil
}

// readAt reads a release from the mirror. A release of another version than the one that was asked for is fault.NotFound.
func (c *checkRun) readAt(ctx context.Context, ref image.Reference) (*image.Release, error) {
	opener := c.session.opener(ref, c.session.warnf)
	opener.Registry = c.registry
	release, err := opener.Read(ctx, ref, c.options())
	if err != nil {
		return nil, err
	}
	c.session.opened.add(release)
	if other := release.OtherVersion(); other != "" {
		return nil, fault.Errorf(fault.NotFound, "%s: %s", ref.Repository, other)
	}
	warnAll(release.Warnings, c.session.warnf)
	return release, nil
}

// probedComponents is how many components are asked for to recognize a layout. A mirror may lack some.
const probedComponents = 8

// recognize returns the layout of a mirror that does not have the release image: the first one that has a component.
func (c *checkRun) recognize(ctx context.Context, release *image.Release) (mirror.Layout, error) {
	if len(c.layouts) == 1 {
		return c.layouts[0], nil
	}
	for _, layout := range c.layouts {
		for _, component := range release.Components[:min(probedComponents, len(release.Components))] {
			at, err := layout.Component(mirror.Name{Version: "0", Arch: "0", Tag: "0"}, component.Name)
			if err != nil || component.Digest == "" {
				continue
			}
			if _, err := c.registry.Describe(ctx, at.Repository, component.Digest.String()); err == nil {
				return layout, nil
			}
			if ctx.Err() != nil {
				return layout, context.Cause(ctx)
			}
		}
	}
	return c.layouts[0], nil
}
