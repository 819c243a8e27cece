package plugin

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// infoCommand shows the summary of a release.
type infoCommand struct {
	*factory
	release  releaseFlags
	output   *outputFlags
	imageFor string
	columns  map[string]*bool // by the columns that the flag chooses
	command  *cobra.Command
}

func newInfoCommand(f *factory) *cobra.Command {
	c := &infoCommand{factory: f, columns: map[string]*bool{}}
	c.command = &cobra.Command{
		Use:   "info [RELEASE]",
		Short: "Show what a release is: version, digest, upgrades, images",
		Long: `Show the summary of a release, section for section as 'oc adm release info' does. The
document of -o json has everything at the paths where oc has it.`,
		Example: examples(f.Name, `
# The summary of a release
%[1]s info 4.14.0

# Its digest
%[1]s info 4.14.0 -o jsonpath='{.digest}'

# The pull spec of one image
%[1]s info 4.14.0 --image-for etcd

# Versions that can be updated to this one
%[1]s info 4.14.0 --jq '.metadata.previous[]'`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(c.command, oneRelease)
	c.release.addFrom(c.command)
	c.output = newOutputFlags(c.command, printers.Forms{Lines: []string{"digest", "name", "pullspec"}})
	flags := c.command.Flags()
	flags.StringVar(&c.imageFor, "image-for", "", "Print the pull spec of this component alone")
	for _, columns := range []struct{ name, usage string }{
		{printers.InfoPullSpecs, "Show pull specs in place of digests"},
		{printers.InfoCommits, "Show source repositories and commits in place of digests"},
		{printers.InfoCommitURLs, "Show the pages of the source commits in place of digests"},
	} {
		c.columns[columns.name] = flags.Bool(columns.name, false, columns.usage)
	}
	return c.command
}

func (c *infoCommand) run(ctx context.Context, args []string) error {
	columns, err := c.check()
	if err != nil {
		return err
	}
	output, err := c.output.output(c.Streams)
	if err != nil {
		return err
	}
	references, names, err := c.release.references(ctx, c.factory, "info", args)
	if err != nil {
		return err
	}
	if len(references) > 1 || len(names) > 0 {
		return fault.Errorf(fault.Usage, "info takes one release; `oc adm release info FROM TO` compares two")
	}
	wantsConfig := c.imageFor == "" && !slices.Contains([]string{"digest", "name", "pullspec"}, c.output.form)
	release, err := c.load(ctx, references[0], c.release.repository, readOptions{config: wantsConfig})
	if err != nil {
		return err
	}
	if c.imageFor != "" {
		return c.printImage(release)
	}
	view, err := c.view(release, columns)
	if err != nil {
		return err
	}
	return output.Print(ctx, c.Out, view)
}

// check finds the columns to show; flags that exclude each other are refused before anything is fetched.
func (c *infoCommand) check() (columns string, err error) {
	columns = printers.InfoDigests
	for name, chosen := range c.columns {
		if !*chosen {
			continue
		}
		if columns != printers.InfoDigests || c.imageFor != "" || !c.output.isDefault() {
			return "", fault.Errorf(fault.Usage, "only one of --pullspecs, --commits, --commit-urls, --image-for, -o and --jq can be given")
		}
		columns = name
	}
	if c.imageFor != "" && !c.output.isDefault() {
		return "", fault.Errorf(fault.Usage, "only one of --pullspecs, --commits, --commit-urls, --image-for, -o and --jq can be given")
	}
	return columns, nil
}

// printImage prints the pull spec of one component, which may be named by an alias.
func (c *infoCommand) printImage(release *loaded) error {
	selection, err := release.Select([]string{c.imageFor})
	if err != nil || len(selection.Components) != 1 {
		return fault.Errorf(fault.NotFound, "no image tag %q exists in the release image %s%s", c.imageFor, release.identity.Reference, release.Near(c.imageFor))
	}
	for name := range selection.Components {
		component, _ := release.Component(name)
		_, err = fmt.Fprintln(c.Out, printers.SafeLine(component.Image))
	}
	return err
}

func (c *infoCommand) view(release *loaded, columns string) (printers.View, error) {
	config := release.config
	if config == nil {
		config = &image.Config{}
	}
	document, err := v1alpha1.NewReleaseInfo(release.document(), release.Release, config.Raw, config.LayerSize)
	if err != nil {
		return printers.View{}, err
	}
	components := v1alpha1.NewComponentImageList(release.document(), release.Components)
	return printers.View{
		Document: document,
		Lines:    printers.ComponentImages(components).Lines,
		Text: func(w io.Writer) error {
			return printers.Info(w, summary(release, config), columns)
		},
	}, nil
}

// summary is what the text shows beyond the components.
func summary(release *loaded, config *image.Config) printers.Summary {
	s := printers.Summary{
		Digest:   release.identity.Digest.String(),
		PullFrom: release.pullSpec,
		Release:  release.Release,
	}
	if !config.Created.IsZero() {
		s.Created = config.Created.UTC().Format(time.RFC3339)
	}
	if config.OS != "" || config.Architecture != "" {
		s.Platform = cmp.Or(config.OS, "unknown") + "/" + cmp.Or(config.Architecture, "unknown")
	}
	if list := release.identity.ListDigest; list != "" {
		s.Digest, s.Platform = list.String(), "multi ("+s.Platform+")"
	}
	return s
}
