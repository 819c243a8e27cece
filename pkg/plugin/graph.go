package plugin

import (
	"bytes"
	"context"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/wholefile"
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
	to        string
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
%[1]s graph 4.14.0 -o html --to graph.html

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
	flags.StringVar(&c.to, "to", "", "Write to this file, whole or not at all, in place of standard output")
	return c.command
}

func (c *graphCommand) run(ctx context.Context, args []string) error {
	streams := c.Streams
	if c.toFile() {
		streams.OutTerminal, streams.Color = false, false
	}
	output, err := c.output.output(streams)
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
	case c.to == "" && c.command.Flags().Changed("to"):
		return fault.Errorf(fault.Usage, "--to is empty: name a file, or - for standard output")
	case c.output.form == "html" && c.to == "" && c.OutTerminal:
		return fault.Errorf(fault.Usage, "-o html is a page for a browser and not for a terminal: write it with --to FILE")
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
	view := printers.Graph(document, tasks, printers.GraphOptions{Objects: c.objects, Settings: release.described})
	if !c.toFile() {
		return output.Print(ctx, c.Out, view)
	}
	var text bytes.Buffer
	if err := output.Print(ctx, &text, view); err != nil {
		return err
	}
	return wholefile.Write(c.to, text.Bytes())
}

// toFile says whether the graph is written to a file.
func (c *graphCommand) toFile() bool { return c.to != "" && c.to != "-" }
