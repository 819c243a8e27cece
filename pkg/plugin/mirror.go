package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// mirrorFlags are the flags of mirror.
type mirrorFlags struct {
	release  releaseFlags
	output   *outputFlags
	trust    trustFlags
	selected selectionFlags

	to, toReleaseImage, toAuthFile    string
	layout, progress                  string
	dryRun, force                     bool
	skipSignatures, requireSignatures bool
}

// selectionFlags choose images of releases.
type selectionFlags struct {
	components, groups []string
	onlyRelease        bool
}

// mirrorRequest copies releases to a registry.
type mirrorRequest struct {
	releaseRequest
	output     *printers.Output
	trust      trustRequest
	layout     mirror.Layout
	selection  selectionFlags
	toAuthFile string
	progress   string

	dryRun, force                     bool
	skipSignatures, requireSignatures bool
}

func newMirrorCommand(f *factory) *cobra.Command {
	c := &mirrorFlags{}
	cmd := &cobra.Command{
		Use:   "mirror RELEASE... --to REGISTRY/REPOSITORY",
		Short: "Copy releases to a registry, with their images and signatures",
		Long: `Copy releases to a registry: the release images, all component images, and their sigstore signatures.
Digests do not change, manifest lists stay whole, and each blob is moved once. OpenPGP signatures are
kept in the cache.

The releases are verified first: one with an invalid signature is not copied. The run can be
interrupted at any time: run the command again to continue.

The tags of --layout oc are VERSION-ARCH and VERSION-ARCH-COMPONENT, as those of
` + "`oc adm release mirror`" + `; --layout oc-mirror writes to openshift/release-images:VERSION-ARCH and
openshift/release:VERSION-ARCH-COMPONENT below --to.

The exit code is 7 if a signature is missing that the clusters of the release require.`,
		Example: examples(f.Name, `
# A release, with credentials for both registries in one file
%[1]s mirror 4.14.0 --to registry.example.com/ocp/release --authfile pull-secret.json

# What would be copied, with sizes
%[1]s mirror 4.14.0 --to registry.example.com/ocp/release --dry-run

# Two releases to where oc-mirror puts them
%[1]s mirror 4.14.0 4.14.1 --to registry.example.com --layout oc-mirror

# The bootstrap images of a multi-architecture release
%[1]s mirror 4.14.0-multi --to registry.example.com/ocp/release --group bootstrap`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	c.add(cmd)
	c.trust.add(cmd)
	c.release.add(cmd, "A release; may be repeated")
	c.release.addFrom(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, Lines: []string{"mapping"}})
	return cmd
}

func (c *mirrorFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.to, "to", "", "Repository to copy to: REGISTRY/REPOSITORY")
	flags.StringVar(&c.layout, "layout", mirror.LayoutOC, "Names at the target: oc or oc-mirror")
	flags.StringVar(&c.toReleaseImage, "to-release-image", "", "Repository for the release images, with a tag if you like, in place of that of the layout")
	flags.StringVar(&c.toAuthFile, "to-authfile", "", "File with credentials for the target (default: those of --authfile)")
	flags.StringSliceVar(&c.selected.components, "component", nil, "Copy only these components: names or patterns")
	flags.StringSliceVar(&c.selected.groups, "group", nil, "Copy only the components of these groups: "+strings.Join(payload.GroupNames(), ", "))
	flags.BoolVar(&c.selected.onlyRelease, "only-release", false, "Copy only the release images")
	flags.StringVar(&c.progress, "progress", display.ProgressAuto, "Progress on standard error: auto (bars on a terminal, else plain), plain, json or none")
	flags.BoolVar(&c.dryRun, "dry-run", false, "Print what would be copied, with sizes, and copy nothing")
	flags.BoolVar(&c.force, "force", false, "Replace tags at the target that have another digest")
	flags.BoolVar(&c.skipSignatures, "skip-signatures", false, "Do not copy sigstore signatures and do not check any signature")
	flags.BoolVar(&c.requireSignatures, "require-signatures", false, "Copy nothing if a required signature is missing: exit code 6 instead of 7")
}

func (c *mirrorFlags) complete(f *factory, args []string) (request, error) {
	r := &mirrorRequest{
		selection: c.selected, dryRun: c.dryRun, force: c.force, toAuthFile: c.toAuthFile, progress: c.progress,
		skipSignatures: c.skipSignatures, requireSignatures: c.requireSignatures,
	}
	var err error
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	if r.layout, err = c.parseLayout(f); err != nil {
		return nil, err
	}
	if err := c.check(f); err != nil {
		return nil, err
	}
	if r.trust, err = c.trust.complete(f); err != nil {
		return nil, err
	}
	releases := releaseFlags{releases: slices.Concat(c.release.fromFlags(), args), repository: c.release.repository}
	if r.releaseRequest, err = releases.request(f, "mirror", nil); err != nil {
		return nil, err
	}
	if r.layout.ReleaseImage.Tag != "" && len(r.releases) > 1 {
		return nil, f.seeHelp("mirror", "--to-release-image has a tag, and %d releases cannot have the same", len(r.releases))
	}
	return r, nil
}

// check refuses flags that exclude each other.
func (c *mirrorFlags) check(f *factory) error {
	switch s := c.selected; {
	case f.flags.cache.offline:
		return f.seeHelp("mirror", "mirror writes to a registry, and --offline forbids that: leave --offline out")
	case s.onlyRelease && len(s.components)+len(s.groups) > 0:
		return f.seeHelp("mirror", "--only-release copies no component: leave out --component and --group")
	case c.skipSignatures && c.requireSignatures:
		return f.seeHelp("mirror", "--skip-signatures and --require-signatures exclude each other")
	case c.skipSignatures && len(c.trust.keyrings)+len(c.trust.keys) > 0:
		return f.seeHelp("mirror", "--skip-signatures checks no signature: leave out --keyring and --key")
	}
	if err := checkGroups(c.selected.groups); err != nil {
		return err
	}
	return display.CheckProgress(c.progress)
}

// parseLayout reads where to copy to.
func (c *mirrorFlags) parseLayout(f *factory) (mirror.Layout, error) {
	l := mirror.Layout{Name: c.layout}
	if c.layout != mirror.LayoutOC && c.layout != mirror.LayoutOCMirror {
		return l, fault.Errorf(fault.Usage, "--layout %q: want %s or %s", c.layout, mirror.LayoutOC, mirror.LayoutOCMirror)
	}
	if c.to == "" {
		return l, f.seeHelp("mirror", "--to is missing: name the repository to copy to, such as --to registry.example.com/ocp/release")
	}
	var err error
	if l.To, err = parseTarget(c.to, c.layout == mirror.LayoutOCMirror); err != nil {
		return l, err
	}
	if c.toReleaseImage != "" {
		l.ReleaseImage, err = oci.ParsePullSpec(strings.TrimPrefix(c.toReleaseImage, "docker://"))
		if err != nil || l.ReleaseImage.Digest != "" {
			return l, fault.Errorf(fault.Usage, "--to-release-image %q: want REGISTRY/REPOSITORY or REGISTRY/REPOSITORY:TAG", payload.HideUserinfo(c.toReleaseImage))
		}
	}
	return l, nil
}

// parseTarget reads --to. hostOnly allows a registry without a path.
func parseTarget(text string, hostOnly bool) (oci.Repository, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(text, "docker://"), "/")
	r, err := oci.ParseRepository(name)
	if err != nil && hostOnly && !strings.Contains(name, "/") {
		if below, hostErr := oci.ParseRepository(name + "/x"); hostErr == nil {
			return oci.Repository{Host: below.Host}, nil
		}
	}
	if err != nil {
		return r, fault.Errorf(fault.Usage, "--to %q: want REGISTRY/REPOSITORY without a tag, such as registry.example.com/ocp/release", payload.HideUserinfo(text))
	}
	return r, nil
}

// hosts adds the target to the registries that the command line names.
func (r *mirrorRequest) hosts() []string {
	hosts := append(r.releaseRequest.hosts(), r.layout.To.Host)
	if !r.layout.ReleaseImage.Repository.IsZero() {
		hosts = append(hosts, r.layout.ReleaseImage.Host)
	}
	return hosts
}

// perRegistry is the default of --max-per-registry.
func (r *mirrorRequest) perRegistry() int { return 8 }
