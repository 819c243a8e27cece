package plugin

import (
	"context"
	"errors"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/check"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// checkFlags are the flags of check.
type checkFlags struct {
	release        releaseFlags
	output         *outputFlags
	trust          trustFlags
	mirror         string
	layout         string
	toReleaseImage string
	byCluster      bool
}

// checkRequest checks what a mirror has of releases.
type checkRequest struct {
	releaseRequest
	trust     trustRequest
	output    *printers.Output
	wide      bool
	mirror    string          // as the user wrote it
	layouts   []mirror.Layout // the one that the user named, or those to try
	byCluster bool
	commands  commandLineOf
}

func newCheckCommand(f *factory) *cobra.Command {
	c := &checkFlags{}
	cmd := &cobra.Command{
		Use:   "check [RELEASE...] --mirror REGISTRY/REPOSITORY",
		Short: "Check that a mirror has all that a cluster needs of releases",
		Long: `Check that a mirror has all that a disconnected cluster needs to install releases or to update to them,
and show each check with its result:

  image      the release image and each component are there by digest, with all children and blobs
  sigstore   images that a policy of the release covers have their sigstore signatures there
  signature  a cluster finds the OpenPGP signature: in --signature or the connected cluster, else
             where the release says
  mirrors    the mirror sets of --idms-file, --icsp-file or --registries-conf lead from each source
             repository to where its images are

A gap comes with the command that closes it. The release is read from the mirror, or from its source if
the mirror does not have it. Without --layout, both layouts of ` + "`mirror`" + ` are tried.

With --included-by-cluster, the mirror sets, signatures and image policies of the connected cluster are
checked too. Whether a release is genuine is what ` + "`verify`" + ` checks.

The exit code is 3 if something is missing, and 4 or 5 if nothing is missing but credentials or the
network prevented a check.`,
		Example: examples(f.Name, `
# A release, and the mirror sets that lead to it
%[1]s check 4.14.0 --mirror registry.example.com/ocp/release --idms-file idms.yaml

# What the connected cluster needs to update to a release
%[1]s check 4.14.1 --mirror registry.example.com/ocp/release --included-by-cluster

# Only the commands that close the gaps
%[1]s check 4.14.0 --mirror registry.example.com/ocp/release --jq '.checks[].command // empty'`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&c.mirror, "mirror", "", "Repository of the mirror, REGISTRY/REPOSITORY: the --to of mirror")
	flags.StringVar(&c.layout, "layout", "", "Names in the mirror: oc or oc-mirror (default: the one that has the release)")
	flags.StringVar(&c.toReleaseImage, "to-release-image", "", "Repository of the release images, if it is not that of the layout")
	flags.BoolVar(&c.byCluster, "included-by-cluster", false, "Also check the mirror sets, signatures and image policies of the connected cluster")
	c.trust.addStores(cmd)
	c.release.add(cmd, "A release; may be repeated")
	c.output = newOutputFlags(cmd, printers.Forms{Table: true})
	return cmd
}

func (c *checkFlags) complete(f *factory, args []string) (request, error) {
	r := &checkRequest{wide: c.output.form() == "wide", mirror: c.mirror, byCluster: c.byCluster}
	var err error
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	switch {
	case c.mirror == "":
		return nil, f.seeHelp("check", "--mirror is missing: name the repository that `mirror` copied to, such as --mirror registry.example.com/ocp/release")
	case f.flags.cache.offline:
		return nil, f.seeHelp("check", "check asks the registry of the mirror, and --offline forbids that: leave --offline out")
	}
	if r.layouts, err = c.parseLayouts(); err != nil {
		return nil, err
	}
	if r.trust, err = c.trust.complete(f); err != nil {
		return nil, err
	}
	r.trust.cluster = r.trust.cluster || c.byCluster
	releases := releaseFlags{releases: append(c.release.releases, args...), repository: c.release.repository}
	if r.releaseRequest, err = releases.request(f, "check", nil); err != nil {
		return nil, err
	}
	r.commands = newCommandLine(f, c, r.repository)
	return r, nil
}

// parseLayouts returns the layout that the user named, or those to try. A registry without a repository can only have one of them.
func (c *checkFlags) parseLayouts() (layouts []mirror.Layout, err error) {
	names := []string{c.layout}
	if c.layout == "" {
		names = []string{mirror.LayoutOC, mirror.LayoutOCMirror}
	}
	for _, name := range names {
		l, layoutErr := parseLayout("--mirror", c.mirror, name, c.toReleaseImage)
		if layoutErr != nil {
			err = layoutErr
			continue
		}
		layouts = append(layouts, l)
	}
	if len(layouts) > 0 {
		return layouts, nil
	}
	return nil, err
}

// hosts adds the mirror to the registries that the command line names.
func (r *checkRequest) hosts() []string {
	hosts := append(r.releaseRequest.hosts(), r.layouts[0].To.Host)
	if !r.layouts[0].ReleaseImage.Repository.IsZero() {
		hosts = append(hosts, r.layouts[0].ReleaseImage.Host)
	}
	return hosts
}

func (r *checkRequest) run(ctx context.Context, s *session) error {
	targets, err := s.resolve(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	c := &checkRun{checkRequest: r, session: s, registry: s.registries.Direct(), report: check.NewReport(r.mirror)}
	q, err := c.request(ctx)
	if err != nil {
		return err
	}
	c.collect(nil, r.layouts[0])
	document := v1alpha1.MirrorCheck{Mirror: r.mirror}
	for _, t := range targets {
		released, err := c.check(ctx, q, t)
		if err != nil {
			return err
		}
		document.Releases = append(document.Releases, released)
	}
	failure := c.report.Err()
	if failure == nil {
		failure = s.strictError()
	}
	document.Checks, document.Complete = c.items, failure == nil
	err = r.output.Print(ctx, s.Out, printers.MirrorCheck(v1alpha1.NewMirrorCheck(document), r.wide))
	if failure != nil && errors.Is(err, syscall.EPIPE) {
		return failure // stdout is closed, but the exit code still matters
	}
	if err != nil {
		return err
	}
	return failure
}
