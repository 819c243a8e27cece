package plugin

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
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
	all       bool
	objects   bool
	hash      bool
}

func newManifestsCommand(f *factory) *cobra.Command {
	c := &manifestsCommand{factory: f}
	cmd := &cobra.Command{
		Use:   "manifests [RELEASE] [KIND/NAME|NAME|GLOB...]",
		Short: "List the manifests of a release in the operator's own order",
		Long: `List every object of the payload in the order in which the cluster version operator loads
it: its own manifests first, rendered, then those of the components.

What is shown is what the operator of a cluster would apply; the flags say of which cluster.
With --all everything is shown, with its state and the first rule that leaves it out.

The arguments name objects as kubectl does: deployment/etcd-operator, a name alone, or a
pattern over names. With -o manifest the manifests themselves are printed, as the payload has
them, as one YAML stream.`,
		Example: examples(f.Name, `
# What a cluster with default settings applies
%[1]s manifests 4.14.0

# One manifest as it is in the release
%[1]s manifests 4.14.0 deployment/etcd-operator -o manifest

# What is left out, and why
%[1]s manifests 4.14.0 --all --jq '.items[] | select(.state != "included") | "\(.metadata.name): \(.reason)"'

# The objects that run etcd's image
%[1]s manifests 4.14.0 --image etcd

# What a cluster with no more than the capabilities of 4.11 leaves out, and why
%[1]s manifests 4.14.0 --all --capabilities v4.11 --jq '.items[] | select(.state == "excluded") | "\(.metadata.name): \(.reason)"'

# What the connected cluster applies of the release that it runs
%[1]s manifests --included-by-cluster

# The payload hash, which the cluster reports as status.versionHash
%[1]s manifests --included-by-cluster --hash`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(cmd, releaseOfNames)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, List: true, Lines: []string{"name"}, Texts: []string{manifestForm}})
	c.inclusion = newInclusionFlags(cmd)
	flags := cmd.Flags()
	c.filter.add(flags)
	flags.BoolVar(&c.all, "all", false, "Show what is left out too, with state and reason")
	flags.BoolVar(&c.objects, "objects", false, "Put the whole objects into documents, as manifest")
	flags.BoolVar(&c.hash, "hash", false, "Print the hash of what is loaded, a ClusterVersion's status.versionHash")
	return cmd
}

// manifestForm is the form that prints the manifests themselves.
const manifestForm = "manifest"

func (c *manifestsCommand) run(ctx context.Context, args []string) error {
	output, settings, err := c.check(ctx)
	if err != nil {
		return err
	}
	ref, names, err := c.release.oneWithNames(ctx, c.factory, "manifests", args)
	if err != nil {
		return err
	}
	if err := c.checkNames(names); err != nil {
		return err
	}
	read := listManifests()
	read.index = !c.hash && !c.objects && c.output.form != manifestForm && len(c.filter.images) == 0
	release, err := c.evaluate(ctx, ref, c.release.repository, settings, read)
	if err != nil {
		return err
	}
	if c.hash {
		return c.printHash(release)
	}
	c.warnRefused(release)
	shown, err := c.choose(release)
	if err != nil {
		return err
	}
	if len(shown) == 0 && (output.ShowsTable() || c.output.form == manifestForm) {
		fmt.Fprintln(c.ErrOut, "No manifests found.")
	}
	list := v1alpha1.NewReleaseManifestList(release.document(), shown, c.objects)
	if err := release.checkLimits(); err != nil {
		return err
	}
	view := printers.ReleaseManifests(list, c.all)
	view.Texts = map[string]func(io.Writer) error{manifestForm: func(w io.Writer) error { return writeManifests(w, shown) }}
	return output.Print(ctx, c.Out, view)
}

// check reads the flags, before anything is fetched.
func (c *manifestsCommand) check(ctx context.Context) (*printers.Output, inclusion, error) {
	none := inclusion{}
	output, err := c.output.output(c.Streams)
	if err != nil {
		return nil, none, err
	}
	if c.output.form == manifestForm && c.output.sortBy != "" {
		return nil, none, fault.Errorf(fault.Usage, "-o %s keeps the order of the operator: it cannot go with --sort-by", manifestForm)
	}
	if err := c.checkHash(); err != nil {
		return nil, none, err
	}
	if err := c.filter.check(c.output.command.Flags()); err != nil {
		return nil, none, err
	}
	settings, err := c.inclusion.check(ctx)
	return output, settings, err
}

// checkNames takes the arguments after the release.
func (c *manifestsCommand) checkNames(names []string) error {
	if c.hash && len(names) > 0 {
		return fault.Errorf(fault.Usage, "--hash prints the hash of all that is loaded: it cannot go with %s", names[0])
	}
	c.filter.objects = names
	if err := checkObjects(names); err != nil {
		return c.release.explain(err, notObjects(names))
	}
	return nil
}

// choose picks the entries to show, and warns of names that fit nothing or what is not shown.
func (c *manifestsCommand) choose(release *evaluated) ([]manifest.Entry, error) {
	warnings, err := c.filter.complete(release)
	if err != nil {
		return nil, c.release.explain(err, notObjects(c.filter.objects))
	}
	for _, warning := range warnings {
		c.warnf("%s", warning)
	}
	for _, argument := range c.filter.objects {
		if reason := leftOut(release.entries, argument); reason != "" && !c.all {
			c.warnf("%s", reason)
		}
	}
	return slices.DeleteFunc(slices.Clone(release.entries), func(e manifest.Entry) bool {
		return !c.all && e.State == manifest.Excluded || !c.filter.matches(e)
	}), nil
}

// writeManifests writes manifests as one YAML stream. What cannot be read, of which a warning tells, is left out: it would
// break the stream.
func writeManifests(w io.Writer, entries []manifest.Entry) error {
	readable := slices.DeleteFunc(slices.Clone(entries), func(e manifest.Entry) bool { return e.State == manifest.Invalid })
	stream, err := extract.Stream(payload.Files{}, readable, extract.Options{Operator: true})
	if err != nil {
		return err
	}
	_, err = w.Write(stream)
	return err
}

// checkHash refuses what would make a list, or another list, beside --hash.
func (c *manifestsCommand) checkHash() error {
	if !c.hash {
		return nil
	}
	for _, flag := range []string{"output", "jq", "template", "namespace", "level", "component", "kind", "image", "all", "objects", "sort-by"} {
		if c.output.command.Flags().Changed(flag) {
			return fault.Errorf(fault.Usage, "--hash prints the hash of all that is loaded: it cannot go with --%s", flag)
		}
	}
	return nil
}

// printHash prints the hash, and says so when it cannot be that of a cluster.
func (c *manifestsCommand) printHash(release *evaluated) error {
	if refusal := release.refusal(); refusal != "" {
		return fault.Errorf(fault.Integrity, "no payload hash: a cluster refuses the payload, %s", refusal)
	}
	if release.incomplete {
		return fault.Errorf(fault.NotFound, "no hash without the release image that the operator's manifests ask for: name it with --release-image")
	}
	own := func(e manifest.Entry) bool { return e.Folder == manifest.OperatorFolder }
	if !slices.ContainsFunc(release.entries, own) {
		c.warnf("this source has no manifests of the operator itself, so the hash is not that of a cluster; `extract --operator-manifests` writes them too")
	}
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
