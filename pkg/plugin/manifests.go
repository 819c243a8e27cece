package plugin

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// manifestsFlags are the flags of manifests.
type manifestsFlags struct {
	release   releaseFlags
	inclusion *inclusionFlags
	output    *outputFlags
	filter    manifest.Filter
	all       bool
	objects   bool
	hash      bool
}

// manifestsRequest lists the manifests of a release as the operator loads them.
type manifestsRequest struct {
	releaseRequest
	inclusion   inclusionRequest
	filter      manifest.Filter
	output      *printers.Output
	raw         bool // print the manifests themselves
	all         bool
	objects     bool
	hash        bool
	releaseFlag bool // --release names the release
}

func newManifestsCommand(f *factory) *cobra.Command {
	c := &manifestsFlags{}
	cmd := &cobra.Command{
		Use:   "manifests [RELEASE] [KIND/NAME|NAME|GLOB...]",
		Short: "List the manifests of a release in the order they are applied",
		Long: `List the objects of a release in the order in which the cluster version operator loads them: the
operator's own manifests first (rendered), then those of the components.

Only objects that the operator would apply to a cluster are listed; flags describe the cluster. With
--all, all objects are listed, with their state and the reason why they are excluded.

Arguments name objects as in kubectl: deployment/etcd-operator, a name, or a pattern over names. With
-o manifest, the manifests themselves are printed unchanged, as one YAML stream.`,
		Example: examples(f.Name, `
# What a cluster with default settings gets
%[1]s manifests 4.14.0

# One manifest, as it is in the release
%[1]s manifests 4.14.0 deployment/etcd-operator -o manifest

# The files of excluded manifests
%[1]s manifests 4.14.0 --all --jq '.items[] | select(.state == "excluded").file'

# The objects that use the image of etcd
%[1]s manifests 4.14.0 --image etcd

# What a cluster with only the capabilities of 4.11 excludes, and why
%[1]s manifests 4.14.0 --all --capabilities v4.11 -o wide

# What the connected cluster applies from the release that it runs
%[1]s manifests --included-by-cluster

# The payload hash, as in the status.versionHash of a ClusterVersion
%[1]s manifests --included-by-cluster --hash`),
		RunE: f.run(func(ctx context.Context, args []string) (request, error) { return c.complete(ctx, f, args) }),
	}
	flags := cmd.Flags()
	flags.BoolVar(&c.all, "all", false, "Also show excluded manifests, with state and reason")
	flags.BoolVar(&c.objects, "objects", false, "Include the whole object in documents, in the field manifest")
	flags.BoolVar(&c.hash, "hash", false, "Print the payload hash, as in the status.versionHash of a ClusterVersion")
	addFilterFlags(flags, &c.filter)
	c.release.add(cmd, releaseOfNames)
	c.inclusion = newInclusionFlags(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, List: true, Lines: []string{"name"}, Texts: []string{manifestForm}})
	return cmd
}

// manifestForm is the output format that prints the manifests themselves.
const manifestForm = "manifest"

// addFilterFlags adds the flags that limit a list of manifests.
func addFilterFlags(flags *pflag.FlagSet, f *manifest.Filter) {
	flags.StringSliceVarP(&f.Namespaces, "namespace", "n", nil, "Only objects in these namespaces")
	addLevelFlags(flags, f)
	flags.StringSliceVar(&f.Kinds, "kind", nil, "Only these kinds, as in kubectl: Deployment, deployments.apps, deploy")
	flags.StringSliceVar(&f.Images, "image", nil, "Only objects that use the images of these components, by name or pattern")
}

// addLevelFlags adds the flags that match file names.
func addLevelFlags(flags *pflag.FlagSet, f *manifest.Filter) {
	flags.StringSliceVar(&f.Levels, "level", nil, "Only these run levels, as in file names: 03,50")
	flags.StringSliceVar(&f.Components, "component", nil, "Only these components, as in file names, or patterns such as '*-operator'")
}

func (c *manifestsFlags) complete(ctx context.Context, f *factory, args []string) (request, error) {
	r := &manifestsRequest{
		filter: c.filter, all: c.all, objects: c.objects, hash: c.hash,
		raw: c.output.form() == manifestForm, releaseFlag: len(c.release.releases) > 0,
	}
	var err error
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	if r.raw && c.output.sortBy != "" {
		return nil, fault.Errorf(fault.Usage, "-o %s keeps the order of the operator: it cannot be combined with --sort-by", manifestForm)
	}
	if err := c.checkHash(); err != nil {
		return nil, err
	}
	if err := r.filter.Check(); err != nil {
		return nil, err
	}
	if r.inclusion, err = c.inclusion.complete(ctx); err != nil {
		return nil, err
	}
	if r.releaseRequest, err = c.release.requestOneWithNames(f, "manifests", args); err != nil {
		return nil, err
	}
	if c.hash && len(r.names) > 0 {
		return nil, fault.Errorf(fault.Usage, "--hash covers all manifests that the operator loads: it cannot be combined with %s", r.names[0])
	}
	r.filter.Objects = r.names
	return r, explainNames(r.filter.Check(), manifest.NotObjects(r.names), r.releaseFlag)
}

func (r *manifestsRequest) run(ctx context.Context, s *session) error {
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	read := image.ListManifests(r.repository)
	read.Index = !r.hash && !r.objects && !r.raw && len(r.filter.Images) == 0
	read.JSON = r.hash
	release, err := s.evaluate(ctx, t, r.inclusion, read)
	if err != nil {
		return err
	}
	if r.hash {
		return printHash(s, release)
	}
	s.warnRefused(release)
	shown, err := r.choose(s, release)
	if err != nil {
		return err
	}
	if len(shown) == 0 && (r.output.ShowsTable() || r.raw) {
		fmt.Fprintln(s.ErrOut, "No manifests found.")
	}
	list := v1alpha1.NewReleaseManifestList(releaseDocument(release.Release), shown, r.objects)
	if err := release.checkLimits(); err != nil {
		return err
	}
	view := printers.ReleaseManifests(list, r.all)
	if r.raw { // only this form needs the texts of the payload while it prints
		view.Texts = map[string]func(io.Writer) error{manifestForm: func(w io.Writer) error { return writeManifests(w, shown) }}
	}
	return r.output.Print(ctx, s.Out, view)
}

// choose returns the entries to show. It warns of names that match no object or an excluded one.
func (r *manifestsRequest) choose(s *session, release *evaluatedRelease) ([]manifest.Entry, error) {
	matches, warnings, err := r.filter.Match(release.Release.Release, release.entries)
	if err != nil {
		return nil, explainNames(err, manifest.NotObjects(r.names), r.releaseFlag)
	}
	for _, warning := range warnings {
		s.warnf("%s", warning)
	}
	for _, argument := range r.names {
		if reason := manifest.WhyExcluded(release.entries, argument); reason != "" && !r.all {
			s.warnf("%s", reason)
		}
	}
	return slices.DeleteFunc(slices.Clone(release.entries), func(e manifest.Entry) bool {
		return !r.all && e.State == manifest.Excluded || !matches(e)
	}), nil
}

// writeManifests writes manifests as one YAML stream. It omits invalid ones, which would break the stream and have a
// warning.
func writeManifests(w io.Writer, entries []manifest.Entry) error {
	for _, e := range entries {
		if e.State == manifest.Invalid {
			continue
		}
		text, err := extract.Stream(payload.Files{}, []manifest.Entry{e}, extract.Options{Operator: true})
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}

// checkHash refuses --hash with flags that filter or format a list.
func (c *manifestsFlags) checkHash() error {
	if !c.hash {
		return nil
	}
	for _, flag := range []struct {
		name  string
		given bool
	}{
		{"output", c.output.form() != ""},
		{"jq", c.output.jq.given},
		{"template", !c.output.isDefault()},
		{"sort-by", c.output.sortBy != ""},
		{"namespace", c.filter.Namespaces != nil},
		{"level", c.filter.Levels != nil},
		{"component", c.filter.Components != nil},
		{"kind", c.filter.Kinds != nil},
		{"image", c.filter.Images != nil},
		{"all", c.all},
		{"objects", c.objects},
	} {
		if flag.given {
			return fault.Errorf(fault.Usage, "--hash covers all manifests that the operator loads: it cannot be combined with --%s", flag.name)
		}
	}
	return nil
}

// printHash prints the payload hash. It warns if it cannot be that of a cluster.
func printHash(s *session, release *evaluatedRelease) error {
	if refusal := release.Refusal(); refusal != "" {
		return fault.Errorf(fault.Integrity, "no payload hash: a cluster refuses the payload, %s", refusal)
	}
	if release.lacksReleaseImage {
		return fault.Errorf(fault.NotFound, "no payload hash: the operator's manifests need the release image, which this source does not name: set it with --release-image")
	}
	isOperator := func(e manifest.Entry) bool { return e.Directory == manifest.OperatorDirectory }
	if !slices.ContainsFunc(release.entries, isOperator) {
		s.warnf("this source has no manifests of the operator itself, so the hash differs from that of a cluster; `extract --operator-manifests` writes them too")
	}
	release.RememberJSON(release.payload)
	hash, err := manifest.Hash(release.entries)
	if err != nil {
		return err
	}
	if c := release.inclusion; c != nil {
		s.infof("the hash of what the cluster at %s loaded %s", c.Version.Server,
			c.Version.CompareHash(hash, release.Version, release.Identity.ListDigest, release.Identity.Digest))
	}
	_, err = fmt.Fprintln(s.Out, hash)
	return err
}
