package plugin

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// graphCommand shows in which order the operator works through a release.
type graphCommand struct {
	*factory
	release   releaseFlags
	inclusion *inclusionFlags
	output    *outputFlags
	strategy  string
	attempt   int
	objects   bool
	command   *cobra.Command
}

func newGraphCommand(f *factory) *cobra.Command {
	c := &graphCommand{factory: f}
	c.command = &cobra.Command{
		Use:   "graph [RELEASE]",
		Short: "Show what the operator does in parallel, and what waits for what",
		Long: `Show the task graph of the cluster version operator: which run levels it works through one
after the other, which components side by side, and what waits for what.

An update goes level by level; an installation starts everything at once; reconciling does the
same in another order each time.

What a cluster loads and does not apply, for --capabilities or --overrides, keeps its place: the
tree counts it, and html, json and --objects say why.`,
		Example: examples(f.Name, `
# The order of an update
%[1]s graph 4.14.0

# A page to look at
%[1]s graph 4.14.0 -o html > graph.html

# A picture, with Graphviz
%[1]s graph 4.14.0 -o dot | dot -Tsvg > graph.svg

# The first level at which the machine configuration operator is touched
%[1]s graph 4.14.0 --jq 'first(.nodes[] | select(.components | index("machine-config-operator"))).level'`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(c.command, oneRelease)
	c.output = newOutputFlags(c.command, printers.Forms{Texts: printers.GraphForms()})
	c.inclusion = newInclusionFlags(c.command)
	flags := c.command.Flags()
	flags.StringVar(&c.strategy, "strategy", string(graph.Update), "What the operator is about: update, install or reconcile")
	flags.IntVar(&c.attempt, "attempt", 0, "How often reconcile was tried before; each time has another order")
	flags.BoolVar(&c.objects, "objects", false, "Show in the tree what each node holds")
	return c.command
}

func (c *graphCommand) run(ctx context.Context, args []string) error {
	output, err := c.output.output(c.Streams)
	if err != nil {
		return err
	}
	strategy := graph.Strategy(c.strategy)
	switch {
	case strategy != graph.Update && strategy != graph.Install && strategy != graph.Reconcile:
		return fault.Errorf(fault.Usage, "--strategy %q: want update, install or reconcile", c.strategy)
	case c.command.Flags().Changed("attempt") && strategy != graph.Reconcile:
		return fault.Errorf(fault.Usage, "--attempt goes with --strategy reconcile")
	case c.objects && !c.output.isDefault() && c.output.form != "tree":
		return fault.Errorf(fault.Usage, "--objects goes with the tree; the other forms have the objects in them")
	case c.attempt < 0:
		return fault.Errorf(fault.Usage, "--attempt %d: it cannot be negative", c.attempt)
	}
	settings, err := c.inclusion.check(ctx)
	if err != nil {
		return err
	}
	ref, err := c.release.one(ctx, c.factory, "graph", args)
	if err != nil {
		return err
	}
	release, err := c.evaluate(ctx, ref, c.release.repository, settings, listManifests())
	if err != nil {
		return err
	}
	c.warnRefused(release)
	tasks, err := graph.New(release.entries, strategy, c.attempt)
	if err != nil {
		return err
	}
	document := v1alpha1.NewReleaseGraph(release.document(), strategy, c.attempt, tasks)
	return output.Print(ctx, c.Out, printers.Graph(document, tasks, printers.GraphOptions{
		Objects: c.objects, Settings: release.described,
	}))
}
