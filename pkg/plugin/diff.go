package plugin

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// diffFlags are the flags of diff.
type diffFlags struct {
	release   releaseFlags
	inclusion *inclusionFlags
	output    *outputFlags
	full      bool
	exitCode  bool
	impact    bool
	manifests optional
	to        toFlag
}

// diffRequest compares two releases.
type diffRequest struct {
	releaseRequest
	inclusion inclusionRequest
	output    *printers.Output
	options   diff.Options
	exitCode  bool
	impact    bool
	all       bool     // also reads the objects of files that do not differ
	needs     string   // the flag that needs manifests in both releases; "" if none does
	to        string   // a file; "" for standard output
	files     []string // patterns of the files to print as unified text; nil for none
}

// errDifferent is the result of --exit-code for releases that differ. It is not printed.
var errDifferent = errors.New("the releases differ")

func newDiffCommand(f *factory) *cobra.Command {
	c := &diffFlags{}
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Compare two releases: images, versions, files and objects",
		Long: `Compare two releases: component images with the commits that they were built from, component
versions, files and objects.

Objects are matched by kind, namespace and name, so a file that was renamed is no change. Of an object
that differs, the paths of the values are listed. Image digests and version strings, which differ in every
update, are left out without --full.

Flags that describe a cluster limit files and objects to those that it would apply. Without them, and
without --impact or -o html, manifests in files that do not differ are not read, so nothing warns of them.

With --impact, the output says what the update means for a cluster: what has to be acknowledged before it,
versions and fields of APIs that are removed, roles that allow more, alerts that change and so on, each
as a blocker, a warning or information. Where a command helps, it is printed, quoted for a shell.

With --manifests, the files themselves are compared, and patch -p1 applies the output. The operator's own
manifests are rendered, and their names begin with manifests/.`,
		Example: examples(f.Name, `
# What changes with an update
%[1]s diff 4.14.0 4.14.1

# The commits of the images that changed
%[1]s diff 4.14.0 4.14.1 --jq '.images.changed[].compare'

# What changes in the connected cluster
%[1]s diff 4.14.0 4.14.1 --included-by-cluster

# What the update means for the connected cluster
%[1]s diff 4.14.0 4.15.0 --impact --included-by-cluster

# The text of the manifests of the etcd operator
%[1]s diff 4.14.0 4.14.1 --manifests '*etcd-operator*'

# An HTML page to browse, with the steps of the update
%[1]s diff 4.14.0 4.14.1 --impact -o html --to diff.html

# For the description of a pull request
%[1]s diff 4.14.0 4.14.1 -o markdown --to changes.md

# A release in a registry, and another one on a disk
%[1]s diff quay.io/org/repo:tag oci:release --exit-code`),
		RunE: f.run(func(ctx context.Context, args []string) (request, error) { return c.complete(ctx, f, args) }),
	}
	flags := cmd.Flags()
	flags.BoolVar(&c.full, "full", false, "Also show image digests and version strings in objects")
	flags.BoolVar(&c.impact, "impact", false, "Print what the update means for a cluster: blockers, warnings and information")
	flags.Var(&c.manifests, "manifests", "Print the files that differ as unified text, or only those that match this pattern")
	flags.Lookup("manifests").NoOptDefVal = allFiles
	flags.BoolVar(&c.exitCode, "exit-code", false, "Exit with code 1 if the releases differ")
	c.to.add(flags)
	c.release.addRepository(cmd)
	c.inclusion = newInclusionFlags(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Texts: printers.DiffForms()})
	return cmd
}

// allFiles is the pattern of --manifests without a value.
const allFiles = "*"

func (c *diffFlags) complete(ctx context.Context, f *factory, args []string) (request, error) {
	r := &diffRequest{
		exitCode: c.exitCode, impact: c.impact, to: c.to.file(),
		options: diff.Options{Included: len(c.inclusion.given()) > 0, Full: c.full},
	}
	var err error
	if r.output, err = c.output.output(c.to.streams(f.Streams)); err != nil {
		return nil, err
	}
	if err := c.to.check(c.output.form(), f.Streams); err != nil {
		return nil, err
	}
	if args, err = c.completeFiles(r, args); err != nil {
		return nil, err
	}
	switch {
	case len(args) != 2:
		return nil, f.seeHelp("diff", "diff takes two releases, OLD and NEW")
	case args[0] == "-" && args[1] == "-":
		return nil, fault.Errorf(fault.Usage, "OLD and NEW are both -: standard input can be read once")
	}
	if r.inclusion, err = c.inclusion.complete(ctx); err != nil {
		return nil, err
	}
	switch given := c.inclusion.given(); {
	case r.needs != "":
	case c.impact:
		r.needs = "--impact"
	case len(given) > 0:
		r.needs = "--" + given[0]
	}
	// Objects in files that do not differ have an impact, are on the page, or are applied by the new version of a cluster alone.
	r.all = c.impact || r.options.Included || c.output.form() == "html"
	releases := releaseFlags{releases: args, repository: c.release.repository}
	r.releaseRequest, err = releases.request(f, "diff", nil)
	return r, err
}

// completeFiles sets the patterns of --manifests, and returns the arguments without them: a pattern may also be an argument
// after the releases.
func (c *diffFlags) completeFiles(r *diffRequest, args []string) (releases []string, err error) {
	if !c.manifests.given {
		return args, nil
	}
	r.needs = "--manifests"
	if c.impact {
		return nil, fault.Errorf(fault.Usage, "--manifests and --impact exclude each other")
	}
	if !c.output.isDefault() {
		return nil, fault.Errorf(fault.Usage, "--manifests prints unified text: it cannot be combined with -o, --jq or --template")
	}
	r.files = []string{c.manifests.text}
	if c.manifests.text == allFiles && len(args) > 2 {
		args, r.files = args[:2], args[2:]
	}
	return args, diff.CheckPatterns(r.files)
}

func (r *diffRequest) run(ctx context.Context, s *session) error {
	old, new, err := r.read(ctx, s)
	if err != nil {
		return err
	}
	if r.files != nil {
		return r.printFiles(ctx, s, old.Side, new.Side)
	}
	result, err := diff.Compare(old.Side, new.Side, r.options)
	if err != nil {
		return err
	}
	document := v1alpha1.NewReleaseDiff(old.document, new.document, result, r.options.Full)
	if r.impact {
		if document.Impact, err = r.findImpact(ctx, s, old, new, result); err != nil {
			return err
		}
	}
	for _, side := range []diffSide{old, new} {
		if err := side.checkLimits(); err != nil {
			return err
		}
	}
	page := func() (graphpage.DiffPage, error) { return r.page(document, result, new) }
	if err := s.printTo(ctx, r.to, r.output, printers.ReleaseDiff(document, page)); err != nil {
		return err
	}
	return r.result(s, !result.Empty())
}

// page returns the content of the HTML page, with the steps of the update to the new release.
func (r *diffRequest) page(document *v1alpha1.ReleaseDiff, result *diff.Result, new diffSide) (graphpage.DiffPage, error) {
	page := graphpage.DiffPage{Diff: document, Result: result, Full: r.options.Full}
	if !result.HasManifests {
		return page, nil
	}
	var err error
	page.Settings = r.inclusion.describe(new.evaluatedRelease)
	page.Graph, err = graph.New(new.Entries, graph.Update, 0)
	return page, err
}

// result returns the error of --exit-code. Warnings with --strict come first.
func (r *diffRequest) result(s *session, different bool) error {
	if !different || !r.exitCode {
		return nil
	}
	if err := s.strictError(); err != nil {
		return err
	}
	return errDifferent
}

// printFiles prints the files that differ as unified text.
func (r *diffRequest) printFiles(ctx context.Context, s *session, old, new diff.Side) error {
	before, err := diff.FilesOf(old, r.options)
	if err != nil {
		return err
	}
	after, err := diff.FilesOf(new, r.options)
	if err != nil {
		return err
	}
	matches, err := diff.MatchFiles(r.files, slices.Concat(before, after))
	if err != nil {
		return err
	}
	written := &countingWriter{}
	text := func(w io.Writer) error {
		written.Writer = w
		return diff.WriteUnified(written, before, after, matches)
	}
	if err := s.printTo(ctx, r.to, r.output, printers.View{Text: text}); err != nil {
		return err
	}
	return r.result(s, written.bytes > 0)
}

// countingWriter counts the bytes that were written.
type countingWriter struct {
	io.Writer
	bytes int
}

func (c *countingWriter) Write(p []byte) (int, error) {
	c.bytes += len(p)
	return c.Writer.Write(p)
}
