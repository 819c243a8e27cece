package plugin

import (
	"context"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/archivepart"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
	"github.com/release-x/oc-release-x/pkg/printers"
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
			saved = append(saved, withParts(ref)...)
		}
	}
	return saved, others, nil
}

// withParts returns the complete parts of an archive that was split into FILE.001 and so on, or else the layout itself.
func withParts(ref image.Reference) []image.Reference {
	itself := []image.Reference{ref}
	if _, err := os.Lstat(ref.Path); err == nil || ref.Kind != image.KindOCIArchive {
		return itself
	}
	names, err := archivepart.Find(ref.Path, "")
	if err != nil || len(names) == 0 {
		return itself // opening it returns the error
	}
	var parts []image.Reference
	for _, name := range names {
		part := ref
		part.Text, part.Path = "oci-archive:"+name, name
		parts = append(parts, part)
	}
	return parts
}

// incomplete is the error of an archive of which parts are missing.
func (c *copyRun) incomplete(later []mirror.Blob) error {
	var bytes int64
	for _, b := range later {
		bytes += b.Size
	}
	parts := c.saved.Parts()
	return fault.WithHint(fault.Partial, fmt.Sprintf("copy %s too (%s): the last one brings the tags", mirror.PartList(parts.With(later)), printers.Size(bytes)),
		"copied %s of %d", mirror.PartList(parts.Have), parts.Count)
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
func namesTag(wanted image.Reference, tag string) bool {
	version, arch, ok := image.SplitVersion(tag)
	return ok && version == wanted.Version && (wanted.Arch == "" || arch == wanted.Arch)
}

// isReleaseTag reports whether a tag is that of a release, VERSION-ARCH, and not of a component.
func isReleaseTag(tag string) bool {
	_, arch, ok := image.SplitVersion(tag)
	return ok && arch != ""
}

// keepSaved leaves of the components of a release those that were saved. That others are not there is an error if the user chose
// components.
func (c *copyRun) keepSaved(ctx context.Context, release mirror.Release) (mirror.Release, error) {
	kept, err := c.saved.Keep(ctx, release)
	if err != nil {
		return kept, err
	}
	var absent []string
	for _, one := range release.Components {
		if !slices.ContainsFunc(kept.Components, func(k payload.Component) bool { return k.Name == one.Name }) {
			absent = append(absent, one.Name)
		}
	}
	switch {
	case len(absent) == 0:
	case len(c.selection.components)+len(c.selection.groups) > 0:
		return kept, fault.WithHint(fault.NotFound, "pull them too, or choose fewer", "%s does not have these components of %s: %s", c.saved, release.Name, strings.Join(absent, ", "))
	default:
		c.session.notef("%s has %d of the %d components of %s; only these are copied", c.saved, len(kept.Components), len(release.Components), release.Name)
	}
	return kept, nil
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
func (c *copyRun) verifyFromLayout(q verify.Request) verify.Request {
	read := q.Read
	q.Registry, q.OpenPGP.Web, q.Cache = savedRegistry{c.saved}, nil, nil
	q.OpenPGP.Stores = append([]store.Store{savedSignatures{c.saved, q.Reference.Text}}, q.OpenPGP.Stores...)
	q.Read = func(ctx context.Context, o image.ReadOptions) (*image.Release, error) {
		release, err := read(ctx, o)
		if err != nil {
			return nil, err
		}
		release.Identity.Repository = c.repository
		if d, ok := c.saved.Find(release.Identity.Tag); ok {
			if source, err := oci.ParsePullSpec(d.Annotations[ocilayout.Source]); err == nil {
				release.Identity.Repository = source.Repository
			}
		}
		release.PullSpec = release.Identity.Repository.Digest(release.Identity.Digest).String()
		return release, nil
	}
	return q
}

// savedSignatures is the store of the OpenPGP signatures that were saved.
type savedSignatures struct {
	saved mirror.Saved
	name  string // of the release
}

// String is the reference of the release.
func (s savedSignatures) String() string { return s.name }

// Signatures yields the signatures of a digest.
func (s savedSignatures) Signatures(ctx context.Context, d digest.Digest) iter.Seq2[store.Signature, error] {
	return func(yield func(store.Signature, error) bool) {
		messages, err := s.saved.OpenPGPSignatures(ctx, d)
		if err != nil {
			yield(store.Signature{}, err)
		}
		for _, m := range messages {
			if !yield(store.Signature{Where: "signatures of " + s.name, Data: m}, nil) {
				return
			}
		}
	}
}

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
