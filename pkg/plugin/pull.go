package plugin

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
)

// pullFlags are the flags of pull.
type pullFlags struct {
	copyFlags
	to, archiveSize string
	base            []string
}

// pullRequest copies releases to an OCI layout on a disk.
type pullRequest struct {
	copyRequest
	to   image.Reference
	base []base
}

func newPullCommand(f *factory) *cobra.Command {
	c := &pullFlags{}
	cmd := &cobra.Command{
		Use:   "pull RELEASE... --to oci:DIR|oci-archive:FILE",
		Short: "Copy releases to a disk, with their images and signatures",
		Long: `Copy releases to an OCI layout on a disk, a directory or a tar file: the release images, all component
images, and their signatures. ` + "`mirror --from`" + ` copies the layout to a registry, without any other network.

Digests do not change and manifest lists stay whole. The tags are VERSION-ARCH, VERSION-ARCH-COMPONENT
and sha256-HEX.sig; OpenPGP signatures are in the directory signatures. A layout that is there gets what
it lacks, and its damaged blobs are replaced. A tar file is written as FILE.partial and gets its name
when it is complete.

The releases are verified first: one with an invalid signature is not copied. The run can be
interrupted at any time: run the command again to continue.

The exit code is 7 if a signature is missing that the clusters of the release require.`,
		Example: examples(f.Name, `
# A release, with credentials from a pull secret
%[1]s pull 4.14.0 --to oci:releases --authfile pull-secret.json

# Into one file
%[1]s pull 4.14.0 --to oci-archive:4.14.0.tar --authfile pull-secret.json

# Into files of 4 GiB: 4.14.0.tar.001, 4.14.0.tar.002, and so on
%[1]s pull 4.14.0 --to oci-archive:4.14.0.tar --archive-size 4Gi

# What would be copied, with sizes
%[1]s pull 4.14.0 4.14.1 --to oci:releases --dry-run

# Only what the mirror of the other side lacks
%[1]s pull 4.14.1 --to oci:update --base oci:releases

# Read a release that was pulled
%[1]s images oci:releases:4.14.0-x86_64`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	cmd.Flags().StringVar(&c.archiveSize, "archive-size", "", "Split the archive into FILE.001, FILE.002, and so on, of at most this size, such as 4Gi")
	cmd.Flags().StringArrayVar(&c.base, "base", nil, "Leave out blobs that the place of the copy has already: oci:DIR, an archive, or REGISTRY/REPOSITORY; may be repeated")
	cmd.Flags().StringVar(&c.to, "to", "", "Layout to copy to: oci:DIR or oci-archive:FILE")
	c.add(cmd)
	return cmd
}

func (c *pullFlags) complete(f *factory, args []string) (request, error) {
	to, err := c.parseTo(f)
	if err != nil {
		return nil, err
	}
	r := &pullRequest{to: to}
	if r.base, err = parseBase(c.base); err != nil {
		return nil, err
	}
	name := "oci:" + to.Path
	if to.Kind == image.KindOCIArchive {
		name = "oci-archive:" + to.Path
	}
	layout := mirror.Layout{Name: mirror.LayoutOC, To: oci.Repository{Path: name}}
	if r.copyRequest, err = c.copyFlags.complete(f, "pull", layout, args); err != nil || c.archiveSize == "" {
		return r, err
	}
	if to.Kind != image.KindOCIArchive {
		return nil, f.seeHelp("pull", "--archive-size splits an archive: want --to oci-archive:FILE with it")
	}
	r.partSize, err = size("archive-size", c.archiveSize)
	return r, err
}

func (c *pullFlags) parseTo(f *factory) (image.Reference, error) {
	if c.to == "" {
		return image.Reference{}, f.seeHelp("pull", "--to is missing: name the layout to copy to, such as --to oci:releases")
	}
	to, err := image.ParseReference(c.to)
	if err != nil || to.Kind != image.KindLayout && to.Kind != image.KindOCIArchive || to.Tag != "" || to.Digest != "" {
		return to, fault.WithHint(fault.Usage, layoutHint(strings.TrimSpace(c.to), to), "--to %q is not a layout on a disk", strings.TrimSpace(c.to))
	}
	return to, nil
}

// layoutHint says what to write in place of a text that names no layout. ref is what the text means, if it is a reference.
func layoutHint(text string, ref image.Reference) string {
	switch {
	case strings.HasSuffix(text, ".tar") && !strings.Contains(text, ":"):
		return "did you mean oci-archive:" + text + "?"
	case ref.Kind == image.KindRegistry && strings.ContainsAny(ref.Repository.Host, ".:"):
		return "`mirror` copies to a registry"
	case strings.ContainsAny(text, ": "):
		return "want oci:DIR or oci-archive:FILE without a tag, such as oci:releases"
	}
	return "did you mean oci:" + text + "?"
}

func (r *pullRequest) run(ctx context.Context, s *session) (err error) {
	if r.dryRun {
		return r.copyRequest.run(ctx, s, nil)
	}
	to := layoutTarget{session: s}
	options := ocilayout.Options{Name: r.layout.To.String(), Notef: s.warnf}
	if len(r.base) > 0 {
		has, done, err := s.openBase(ctx, r.base)
		if err != nil {
			return err
		}
		defer done()
		options.Base = func(ctx context.Context, d oci.Descriptor) (bool, error) {
			if to.needed[d.Digest] {
				return false, nil
			}
			return has(ctx, d)
		}
	}
	if r.partSize > 0 {
		split := &partsTarget{layoutTarget: &to, file: r.to.Path, size: r.partSize, options: options}
		defer split.close()
		return r.copyRequest.run(ctx, s, split)
	}
	open := ocilayout.OpenDirectory
	if r.to.Kind == image.KindOCIArchive {
		open = ocilayout.OpenArchive
	}
	if to.Layout, err = open(r.to.Path, options); err != nil {
		return err
	}
	defer to.Close()
	return r.copyRequest.run(ctx, s, &to)
}

// hosts adds the registries of --base to those that the command line names.
func (r *pullRequest) hosts() []string {
	hosts := r.releaseRequest.hosts()
	for _, b := range r.base {
		if !b.repository.IsZero() {
			hosts = append(hosts, b.repository.Host)
		}
	}
	return hosts
}

// layoutTarget is an OCI layout to copy to.
type layoutTarget struct {
	*ocilayout.Layout
	session *session
	needed  map[oci.Digest]bool // blobs that are never left out
}

func (t *layoutTarget) open(oci.Repository) mirror.Target { return t.Layout }

func (t *layoutTarget) take(ctx context.Context, from, _ oci.Repository) (context.Context, func(), error) {
	return t.session.registries.Take(ctx, from)
}

func (t *layoutTarget) isLocal() bool { return true }

func (t *layoutTarget) isReady() bool { return true }

func (t *layoutTarget) parts() []string { return nil }

// prepare says where the images of a plan are from, and which blobs are never left out.
func (t *layoutTarget) prepare(_ context.Context, plan *mirror.Plan, _ []readRelease) error {
	t.needed = plan.VerifyBlobs()
	for _, i := range plan.Images {
		for _, target := range i.Target {
			t.SetSource(target.Tag, i.Source)
		}
	}
	return nil
}

// finish keeps the OpenPGP signatures of the releases, and commits the layout.
func (t *layoutTarget) finish(ctx context.Context, releases []readRelease) error {
	for _, r := range releases {
		if err := t.PutSignatures(r.Image.Digest, t.openPGP(r)); err != nil {
			return err
		}
	}
	return t.Commit(ctx)
}

// openPGP are the OpenPGP signatures of a release.
func (t *layoutTarget) openPGP(r readRelease) (messages [][]byte) {
	for _, s := range t.session.downloads.Signatures(r.Image.Digest) {
		messages = append(messages, s.Data)
	}
	return messages
}
