package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// graphFlags are the flags of graph.
type graphFlags struct {
	release   releaseFlags
	inclusion *inclusionFlags
	output    *outputFlags
	strategy  string
	attempt   int
	objects   bool
	to        toFlag
	filter    manifest.Filter // only levels and components
}

// graphRequest shows the order in which the operator applies a release.
type graphRequest struct {
	releaseRequest
	inclusion inclusionRequest
	output    *printers.Output
	strategy  graph.Strategy
	attempt   int
	objects   bool
	filter    manifest.Filter
	to        string // a file; "" for standard output
}

func newGraphCommand(f *factory) *cobra.Command {
	c := &graphFlags{}
	cmd := &cobra.Command{
		Use:   "graph [RELEASE]",
		Short: "Show which manifests are applied in parallel and in sequence",
		Long: `Show the task graph of the cluster version operator: which run levels it applies one after the
other, which components in parallel, and what waits for what.

An update goes level by level. An installation starts everything at once. Reconciliation does the
same, in another order each time.

--level and --component limit tree, mermaid and html to the objects that match. Steps keep their
numbers, and the output names the steps that are left out.

Manifests that the operator loads but does not apply, because of --capabilities or --overrides, stay
in the graph: the tree counts them, and --objects, -o html and -o json give the reason.`,
		Example: examples(f.Name, `
# The order of an update
%[1]s graph 4.14.0

# An HTML page to browse
%[1]s graph 4.14.0 -o html --to graph.html

# A picture, with Graphviz
%[1]s graph 4.14.0 -o dot | dot -Tsvg > graph.svg

# When the operators of level 50 are updated
%[1]s graph 4.14.0 --level 50 --component '*-operator' --objects

# The first node of the machine configuration operator
%[1]s graph 4.14.0 --jq 'first(.nodes[]
  | select(.components[] == "machine-config-operator"))'`),
		RunE: f.run(func(ctx context.Context, args []string) (request, error) { return c.complete(ctx, f, args) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&c.strategy, "strategy", string(graph.Update), "What the operator does: update, install or reconcile")
	flags.IntVar(&c.attempt, "attempt", 0, "Number of earlier attempts to reconcile, which the order depends on")
	flags.BoolVar(&c.objects, "objects", false, "Show the objects of each node in the tree")
	c.to.add(flags)
	addLevelFlags(flags, &c.filter)
	c.release.add(cmd, oneRelease)
	c.inclusion = newInclusionFlags(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Texts: printers.GraphForms()})
	return cmd
}

func (c *graphFlags) complete(ctx context.Context, f *factory, args []string) (request, error) {
	r := &graphRequest{strategy: graph.Strategy(c.strategy), attempt: c.attempt, objects: c.objects, filter: c.filter, to: c.to.file()}
	var err error
	if r.output, err = c.output.output(c.to.streams(f.Streams)); err != nil {
		return nil, err
	}
	switch {
	case r.strategy != graph.Update && r.strategy != graph.Install && r.strategy != graph.Reconcile:
		return nil, fault.Errorf(fault.Usage, "--strategy %q: want update, install or reconcile", c.strategy)
	case c.attempt < 0:
		return nil, fault.Errorf(fault.Usage, "--attempt %d: want a number that is not negative", c.attempt)
	case c.attempt != 0 && r.strategy != graph.Reconcile:
		return nil, fault.Errorf(fault.Usage, "--attempt needs --strategy reconcile")
	case c.objects && !c.output.isDefault() && c.output.form() != "tree":
		return nil, fault.Errorf(fault.Usage, "--objects is for -o tree; the other forms always show the objects")
	case c.partFlag() != "" && !c.showsPart():
		return nil, fault.Errorf(fault.Usage, "--%s is for -o tree, mermaid and html; the other forms show the complete graph", c.partFlag())
	}
	if err := c.to.check(c.output.form(), f.Streams); err != nil {
		return nil, err
	}
	if err := r.filter.Check(); err != nil {
		return nil, err
	}
	if r.inclusion, err = c.inclusion.complete(ctx); err != nil {
		return nil, err
	}
	r.releaseRequest, err = c.release.requestOne(f, "graph", args)
	return r, err
}

// partFlag returns the first flag that limits the graph to a part, "" without one.
func (c *graphFlags) partFlag() string {
	switch {
	case c.filter.Levels != nil:
		return "level"
	case c.filter.Components != nil:
		return "component"
	}
	return ""
}

// showsPart reports whether the output format can show a part of a graph.
func (c *graphFlags) showsPart() bool {
	return c.output.isDefault() || slices.Contains([]string{"tree", "mermaid", "html"}, c.output.form())
}

func (r *graphRequest) run(ctx context.Context, s *session) error {
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	release, err := s.evaluate(ctx, t, r.inclusion, image.ListManifests(r.repository))
	if err != nil {
		return err
	}
	s.warnRefused(release)
	tasks, err := graph.New(release.entries, r.strategy, r.attempt)
	if err != nil {
		return err
	}
	graph := v1alpha1.NewReleaseGraph(releaseDocument(release.Release), r.strategy, r.attempt, tasks)
	options := printers.GraphOptions{Objects: r.objects, Settings: r.inclusion.describe(release)}
	if err := r.narrow(s, release, tasks, &options); err != nil {
		return err
	}
	return s.printTo(ctx, r.to, r.output, printers.Graph(graph, tasks, options))
}

// narrow limits the graph to --level and --component, and lists them among the settings of the page.
func (r *graphRequest) narrow(s *session, release *evaluatedRelease, tasks *graph.Graph, o *printers.GraphOptions) error {
	if len(r.filter.Levels) == 0 && len(r.filter.Components) == 0 {
		return nil
	}
	matches, warnings, err := r.filter.Match(release.Release.Release, release.entries)
	if err != nil {
		return err
	}
	warnAll(warnings, s.warnf)
	part := tasks.Narrow(matches)
	if len(part.Steps) == 0 {
		fmt.Fprintln(s.ErrOut, "No objects found.")
	}
	o.Part = &part
	for _, setting := range []graphpage.Setting{
		{Name: "Levels", Value: strings.Join(r.filter.Levels, ", ")},
		{Name: "Components", Value: strings.Join(r.filter.Components, ", ")},
	} {
		if setting.Value != "" {
			o.Settings = append(o.Settings, setting)
		}
	}
	return nil
}
