package plugin

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// copyFlags are the flags of the commands that copy releases.
type copyFlags struct {
	release  releaseFlags
	output   *outputFlags
	trust    trustFlags
	selected selectionFlags

	progress                          string
	dryRun, force, repair             bool
	skipSignatures, requireSignatures bool
}

// selectionFlags choose images of releases.
type selectionFlags struct {
	components, groups []string
	onlyRelease        bool
}

// copyRequest copies releases.
type copyRequest struct {
	releaseRequest
	output    *printers.Output
	trust     trustRequest
	layout    mirror.Layout
	selection selectionFlags
	progress  string
	from      []image.Reference // layouts to copy from, in place of registries
	objects   *objectRequest    // files for clusters; nil: none
	partSize  int64             // of each part of an archive; 0 for one that is not split

	dryRun, force, repair             bool
	skipSignatures, requireSignatures bool
}

func (c *copyFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringSliceVar(&c.selected.components, "component", nil, "Copy only these components: names or patterns")
	flags.StringSliceVar(&c.selected.groups, "group", nil, "Copy only the components of these groups: "+strings.Join(payload.GroupNames(), ", "))
	flags.BoolVar(&c.selected.onlyRelease, "only-release", false, "Copy only the release images")
	flags.StringVar(&c.progress, "progress", display.ProgressAuto, "Progress on standard error: auto (bars on a terminal, else plain), plain, json or none")
	flags.BoolVar(&c.dryRun, "dry-run", false, "Print what would be copied, with sizes, and copy nothing")
	flags.BoolVar(&c.force, "force", false, "Replace tags at the target that have another digest")
	flags.BoolVar(&c.skipSignatures, "skip-signatures", false, "Do not copy sigstore signatures and do not check any signature")
	flags.BoolVar(&c.requireSignatures, "require-signatures", false, "Copy nothing if a required signature is missing: exit code 6 instead of 7")
	c.trust.add(cmd)
	c.release.add(cmd, "A release; may be repeated")
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, Lines: []string{"mapping"}})
}

// complete returns the request of a command.
func (c *copyFlags) complete(f *factory, command string, layout mirror.Layout, args []string) (r copyRequest, err error) {
	r = copyRequest{
		layout: layout, selection: c.selected, dryRun: c.dryRun, force: c.force, repair: c.repair, progress: c.progress,
		skipSignatures: c.skipSignatures, requireSignatures: c.requireSignatures,
	}
	if r.output, err = c.output.output(f.Streams); err != nil {
		return r, err
	}
	if err := c.check(f, command); err != nil {
		return r, err
	}
	if r.trust, err = c.trust.complete(f); err != nil {
		return r, err
	}
	var others []string
	if r.from, others, err = parseSaved(c.release.from); err != nil {
		return r, err
	}
	releases := releaseFlags{releases: slices.Concat(c.release.releases, others, args), repository: c.release.repository}
	if r.releaseRequest, err = releases.request(f, command, nil); err != nil || r.from == nil {
		return r, err
	}
	if r.fromEnvironment {
		r.releases, r.fromEnvironment = nil, false
	}
	for _, ref := range r.releases {
		if ref.Kind != image.KindVersion {
			return r, f.seeHelp(command, "%s: name releases of a layout by version", ref.Text)
		}
	}
	return r, nil
}

// check refuses flags that exclude each other.
func (c *copyFlags) check(f *factory, command string) error {
	switch s := c.selected; {
	case f.flags.cache.offline:
		return f.seeHelp(command, "%s copies releases over the network, and --offline forbids that: leave --offline out", command)
	case s.onlyRelease && len(s.components)+len(s.groups) > 0:
		return f.seeHelp(command, "--only-release copies no component: leave out --component and --group")
	case c.skipSignatures && c.requireSignatures:
		return f.seeHelp(command, "--skip-signatures and --require-signatures exclude each other")
	case c.skipSignatures && len(c.trust.keyrings)+len(c.trust.keys) > 0:
		return f.seeHelp(command, "--skip-signatures checks no signature: leave out --keyring and --key")
	}
	if err := checkGroups(c.selected.groups); err != nil {
		return err
	}
	return display.CheckProgress(c.progress)
}
