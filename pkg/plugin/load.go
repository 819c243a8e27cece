package plugin

import (
	"context"
	"io"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
)

// parseSaved separates layouts from the other values of --from: oci:DIR or oci-archive:FILE, several with commas between them. What
// follows a comma may leave out the form of the one before.
func parseSaved(from []string) (saved []image.Reference, others []string, err error) {
	for _, value := range from {
		form, _, _ := strings.Cut(value, ":")
		if form != "oci" && form != "ocidir" && form != "oci-archive" {
			others = append(others, value)
			continue
		}
		for text := range strings.SplitSeq(value, ",") {
			if !strings.Contains(text, ":") {
				text = form + ":" + text
			}
			ref, err := image.ParseReference(text)
			switch {
			case err != nil:
				return nil, nil, err
			case ref.Tag != "" || ref.Digest != "" || ref.Kind != image.KindLayout && ref.Kind != image.KindOCIArchive:
				return nil, nil, fault.Errorf(fault.Usage, "--from %q: want oci:DIR or oci-archive:FILE without a tag: name the versions to copy as arguments", text)
			}
			saved = append(saved, ref)
		}
	}
	return saved, others, nil
}

// openSaved opens the layouts to copy from.
func (s *session) openSaved(ctx context.Context, refs []image.Reference) (saved mirror.Saved, err error) {
	for _, ref := range refs {
		l, err := image.OpenLayout(ctx, ref, s.limits)
		if err != nil {
			_ = saved.Close()
			return nil, err
		}
		saved = append(saved, l)
	}
	return saved, nil
}

// savedTargets returns the releases in layouts: those of the request, or all of them.
func savedTargets(ctx context.Context, saved mirror.Saved, refs, wanted []image.Reference) (targets []target, err error) {
	seen := map[string]bool{}
	found := make([]bool, len(wanted))
	for i, l := range saved {
		for _, d := range l.Entries() {
			tag := image.Tag(d)
			n := slices.IndexFunc(wanted, func(w image.Reference) bool { return namesTag(w, tag) })
			if tag == "" || seen[tag] || len(wanted) > 0 && n < 0 {
				continue
			}
			is, err := l.IsRelease(ctx, d)
			if err != nil && isReleaseTag(tag) {
				return nil, err
			}
			if err != nil || !is {
				continue
			}
			seen[tag] = true
			ref := refs[i]
			ref.Text, ref.Tag = l.Text()+":"+tag, tag
			if n >= 0 {
				found[n] = true
				ref.Version, ref.Arch = wanted[n].Version, wanted[n].Arch // another release with this tag is refused
			}
			targets = append(targets, target{reference: ref})
		}
	}
	if n := slices.Index(found, false); n >= 0 {
		return nil, fault.Errorf(fault.NotFound, "%s was not saved; %s", wanted[n].Text, hasReleases(ctx, saved))
	}
	if len(targets) == 0 {
		return nil, fault.Errorf(fault.NotFound, "%s", hasReleases(ctx, saved))
	}
	return targets, nil
}

// namesTag reports whether a version that the user named, with or without an architecture, is that of a tag.
func namesTag(version image.Reference, tag string) bool {
	rest, ok := strings.CutPrefix(tag, version.Version+"-")
	return tag == version.Text || version.Arch == "" && ok && isArch(rest)
}

// isReleaseTag reports whether a tag is that of a release, VERSION-ARCH, and not of a component.
func isReleaseTag(tag string) bool {
	return isArch(tag[strings.LastIndexByte(tag, '-')+1:])
}

// keepSaved leaves of the components of a release those that were saved. That others are not there is an error if the user chose
// components.
func (r *copyRequest) keepSaved(ctx context.Context, s *session, saved mirror.Saved, release mirror.Release) (mirror.Release, error) {
	kept, err := saved.Keep(ctx, release)
	if err != nil {
		return kept, err
	}
	var absent []string
	for _, c := range release.Components {
		if !slices.ContainsFunc(kept.Components, func(k payload.Component) bool { return k.Name == c.Name }) {
			absent = append(absent, c.Name)
		}
	}
	switch {
	case len(absent) == 0:
	case len(r.selection.components)+len(r.selection.groups) > 0:
		return kept, fault.WithHint(fault.NotFound, "pull them too, or choose fewer", "%s does not have these components of %s: %s", saved, release.Name, strings.Join(absent, ", "))
	default:
		s.notef("%s has %d of the %d components of %s; only these are copied", saved, len(kept.Components), len(release.Components), release.Name)
	}
	return kept, nil
}

// isArch reports whether a word is an architecture as tags have it.
func isArch(word string) bool {
	return slices.Contains([]string{"x86_64", "aarch64", "ppc64le", "s390x", "multi"}, word)
}

// hasReleases says which releases layouts have.
func hasReleases(ctx context.Context, saved mirror.Saved) string {
	var tags []string
	for _, l := range saved {
		for _, d := range l.Entries() {
			if is, err := l.IsRelease(ctx, d); is && err == nil && image.Tag(d) != "" {
				tags = append(tags, image.Tag(d))
			}
		}
	}
	slices.Sort(tags)
	if tags = slices.Compact(tags); len(tags) == 0 {
		return saved.String() + " has no release with a tag"
	}
	return saved.String() + " has " + strings.Join(tags, ", ")
}

// verifyFromLayout changes a verification so that it reads the layouts alone.
func (r *copyRequest) verifyFromLayout(ctx context.Context, q verify.Request, saved mirror.Saved) verify.Request {
	read := q.Read
	q.Registry, q.OpenPGP.Web, q.Cache = savedRegistry{saved}, nil, nil
	var kept keptSignatures
	q.OpenPGP.Stores = append([]store.Store{&kept}, q.OpenPGP.Stores...)
	q.Read = func(ctx context.Context, o image.ReadOptions) (*image.Release, error) {
		release, err := read(ctx, o)
		if err != nil {
			return nil, err
		}
		release.Identity.Repository = r.repository
		covered := release.Identity.Digest
		if release.Identity.ListDigest != "" {
			covered = release.Identity.ListDigest
		}
		if d, ok := saved.Find(release.Identity.Tag); ok {
			if source, err := oci.ParsePullSpec(d.Annotations[ocilayout.Source]); err == nil {
				release.Identity.Repository = source.Repository
			}
		}
		messages, err := saved.OpenPGPSignatures(ctx, covered)
		kept = keptSignatures{Cached: store.Cached{Name: release.Reference.Text, Digest: covered}}
		for _, m := range messages {
			kept.List = append(kept.List, store.Signature{Where: "signatures of " + release.Reference.Text, Data: m})
		}
		return release, err
	}
	return q
}

// keptSignatures are the OpenPGP signatures of a layout, which are read with the release.
type keptSignatures struct{ store.Cached }

// savedRegistry is a registry that has what was saved.
type savedRegistry struct{ saved mirror.Saved }

func (r savedRegistry) Head(ctx context.Context, repository oci.Repository, name string) (string, error) {
	return r.saved.Source(repository).Head(ctx, name)
}

func (r savedRegistry) HeadBlob(ctx context.Context, _ oci.Repository, d digest.Digest) (int64, error) {
	if r.saved.Has(ctx, d) {
		return -1, nil
	}
	return 0, fault.Errorf(fault.NotFound, "%s was not saved", d)
}

func (r savedRegistry) Manifest(ctx context.Context, repository oci.Repository, name string) (body []byte, mediaType, declared string, err error) {
	return r.saved.Source(repository).Manifest(ctx, name)
}

func (r savedRegistry) Blob(ctx context.Context, repository oci.Repository, d digest.Digest, size, from int64) (io.ReadCloser, error) {
	return r.saved.Source(repository).Blob(ctx, d, size, from)
}
