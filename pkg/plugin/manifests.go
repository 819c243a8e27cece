package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// manifestsCommand lists the manifests of a release as the operator loads them.
type manifestsCommand struct {
	*factory
	release   releaseFlags
	inclusion *inclusionFlags
	output    *outputFlags
	filter    manifestFilter
	image     string
	all       bool
	objects   bool
	hash      bool
}

func newManifestsCommand(f *factory) *cobra.Command {
	c := &manifestsCommand{factory: f}
	cmd := &cobra.Command{
		Use:   "manifests [RELEASE]",
		Short: "List the manifests of a release in the order in which the operator loads them",
		Long: `List every object of the payload in the order in which the cluster version operator loads
it: its own manifests first, rendered, then those of the components.

What is shown is what the operator of a cluster would apply; the flags say of which cluster.
With --all everything is shown, with its state and the first rule that leaves it out.`,
		Example: examples(f.Name, `
# What a cluster with default settings applies
%[1]s manifests 4.14.0

# What is left out, and why
%[1]s manifests 4.14.0 --all --jq '.items[] | select(.state != "included") | "\(.metadata.name): \(.reason)"'

# The objects that run etcd's image
%[1]s manifests 4.14.0 --image etcd

# Everything that a cluster without the capability Console leaves out
%[1]s manifests 4.14.0 --all --capabilities v4.11 -o wide

# What the connected cluster applies of the release that it runs
%[1]s manifests --included-by-cluster

# The number that the cluster reports as status.versionHash
%[1]s manifests --included-by-cluster --hash`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, Lines: []string{"name"}})
	c.inclusion = newInclusionFlags(cmd)
	flags := cmd.Flags()
	flags.StringSliceVar(&c.filter.levels, "level", nil, "Only these run levels, as file names write them: 03,50")
	flags.StringSliceVar(&c.filter.components, "component", nil, "Only these components, as file names write them")
	flags.StringSliceVar(&c.filter.kinds, "kind", nil, "Only these kinds: Deployment, or deployment.apps")
	flags.StringVar(&c.image, "image", "", "Only objects that mention the image of this component")
	flags.BoolVar(&c.all, "all", false, "Show what is left out too, with state and reason")
	flags.BoolVar(&c.objects, "objects", false, "Put the whole objects into documents, as manifest")
	flags.BoolVar(&c.hash, "hash", false, "Print the hash of what is loaded, a ClusterVersion's status.versionHash")
	return cmd
}

func (c *manifestsCommand) run(ctx context.Context, args []string) error {
	output, err := c.output.output(c.Streams)
	if err != nil {
		return err
	}
	if c.hash && !c.output.isDefault() {
		return fault.Errorf(fault.Usage, "--hash prints the hash alone: it cannot go with -o or --jq")
	}
	settings, err := c.inclusion.check()
	if err != nil {
		return err
	}
	ref, err := c.release.one(ctx, c.factory, "manifests", args)
	if err != nil {
		return err
	}
	read := listManifests()
	read.index = !c.hash && !c.objects && c.image == ""
	release, err := c.evaluate(ctx, ref, c.release.repository, settings, read)
	if err != nil {
		return err
	}
	if c.hash {
		return c.printHash(release)
	}
	if err := c.filter.mention(release.loaded, c.image); err != nil {
		return err
	}
	shown := slices.DeleteFunc(slices.Clone(release.entries), func(e manifest.Entry) bool {
		return !c.all && e.State == manifest.Excluded || !c.filter.matches(e)
	})
	if len(shown) == 0 && output.ShowsTable() {
		fmt.Fprintln(c.ErrOut, "No manifests found.")
	}
	list := v1alpha1.NewReleaseManifestList(release.document(), shown, c.objects)
	return output.Print(ctx, c.Out, printers.ReleaseManifests(list, c.all))
}

func (c *manifestsCommand) printHash(release *evaluated) error {
	hash, err := manifest.Hash(release.entries)
	if err != nil {
		return err
	}
	if release.connected != nil {
		c.notef("the hash of what the cluster at %s loaded %s", release.connected.version.Server, release.connected.compareHash(release.loaded, hash))
	}
	_, err = fmt.Fprintln(c.Out, hash)
	return err
}

// manifestFilter narrows a list down; what is empty lets everything through.
type manifestFilter struct {
	levels, components, kinds []string
	texts                     []string // one of them must be in the document
}

// mention lets through only what mentions a component's image, by pull spec or by digest alone.
func (m *manifestFilter) mention(release *loaded, name string) error {
	if name == "" {
		return nil
	}
	selection, err := release.Select([]string{name})
	if err != nil {
		return err
	}
	for _, component := range release.Components {
		if selection.Components[component.Name] {
			m.texts = append(m.texts, component.Image)
			if component.Digest != "" {
				m.texts = append(m.texts, component.Digest.String())
			}
		}
	}
	return nil
}

func (m *manifestFilter) matches(e manifest.Entry) bool {
	one := func(wanted []string, value string) bool { return len(wanted) == 0 || slices.Contains(wanted, value) }
	return one(m.levels, e.Level) && one(m.components, e.Component) && m.matchesKind(e) &&
		(len(m.texts) == 0 || e.Mentions(m.texts...))
}

// matchesKind takes a kind in upper or lower case, with or without its group.
func (m *manifestFilter) matchesKind(e manifest.Entry) bool {
	return len(m.kinds) == 0 || slices.ContainsFunc(m.kinds, func(kind string) bool {
		return strings.EqualFold(kind, e.Kind) || strings.EqualFold(kind, e.Kind+"."+e.Group)
	})
}
