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

// infoFlags are the flags of info.
type infoFlags struct {
	release  releaseFlags
	output   *outputFlags
	imageFor string
	columns  map[string]*bool // by the columns that the flag chooses
}

// infoRequest shows the summary of a release.
type infoRequest struct {
	releaseRequest
	columns  string
	imageFor string
	config   bool // the image's configuration is shown
	output   *printers.Output
}

func newInfoCommand(f *factory) *cobra.Command {
	c := &infoFlags{columns: map[string]*bool{}}
	cmd := &cobra.Command{
		Use:   "info [RELEASE]",
		Short: "Show the version, digest, upgrades and images of a release",
		Long: `Show a summary of a release with the sections of 'oc adm release info'. The JSON document has
everything that oc's has, at the same paths.`,
		Example: examples(f.Name, `
# The summary of a release
%[1]s info 4.14.0

# Its digest
%[1]s info 4.14.0 -o jsonpath='{.digest}'

# The pull spec of one image
%[1]s info 4.14.0 --image-for etcd

# Versions that can be updated to this one
%[1]s info 4.14.0 --jq '.metadata.previous[]'`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&c.imageFor, "image-for", "", "Print only the pull spec of this component")
	for _, columns := range []struct{ name, usage string }{
		{printers.InfoPullSpecs, "Show pull specs instead of digests"},
		{printers.InfoCommits, "Show source repositories and commits instead of digests"},
		{printers.InfoCommitURLs, "Show URLs of source commits instead of digests"},
	} {
		c.columns[columns.name] = flags.Bool(columns.name, false, columns.usage)
	}
	c.release.add(cmd, oneRelease)
	c.release.addFrom(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Lines: []string{"digest", "name", "pullspec"}})
	return cmd
}

func (c *infoFlags) complete(f *factory, args []string) (request, error) {
	r := &infoRequest{imageFor: c.imageFor}
	r.config = c.imageFor == "" && !slices.Contains([]string{"digest", "name", "pullspec"}, c.output.form())
	var err error
	if r.columns, err = c.check(); err != nil {
		return nil, err
	}
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	r.releaseRequest, err = c.release.request(f, "info", args)
	if err == nil && (len(r.releases) > 1 || len(r.names) > 0) {
		err = fault.Errorf(fault.Usage, "info takes one release; `oc adm release info FROM TO` compares two")
	}
	return r, err
}

func (r *infoRequest) run(ctx context.Context, s *session) error {
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	release, err := s.read(ctx, t, image.ReadOptions{Config: r.config, Repository: r.repository})
	if err != nil {
		return err
	}
	if r.imageFor != "" {
		return r.printImage(s, release)
	}
	view, err := r.view(release, s.Width)
	if err != nil {
		return err
	}
	return r.output.Print(ctx, s.Out, view)
}

// check finds the columns to show; flags that exclude each other are refused before anything is fetched.
func (c *infoFlags) check() (columns string, err error) {
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
func (r *infoRequest) printImage(s *session, release *image.Release) error {
	selection, err := release.Select([]string{r.imageFor})
	if err != nil || len(selection.Components) != 1 {
		return fault.Errorf(fault.NotFound, "no image tag %q exists in the release image %s%s", r.imageFor, release.Identity.Reference, release.Near(r.imageFor))
	}
	for name := range selection.Components {
		component, _ := release.Component(name)
		_, err = fmt.Fprintln(s.Out, printers.SafeLine(component.Image))
	}
	return err
}

func (r *infoRequest) view(release *image.Release, width int) (printers.View, error) {
	config := release.Config
	if config == nil {
		config = &image.Config{}
	}
	info, err := v1alpha1.NewReleaseInfo(releaseDocument(release), release.Release, config.Raw, config.LayerSize)
	if err != nil {
		return printers.View{}, err
	}
	components := v1alpha1.NewComponentImageList(releaseDocument(release), release.Components)
	return printers.View{
		Document: info,
		Lines:    printers.ComponentImages(components).Lines,
		Text: func(w io.Writer) error {
			text := summary(release, config)
			text.Width = width
			return printers.Info(w, text, r.columns)
		},
	}, nil
}

// summary is what the text shows beyond the components.
func summary(release *image.Release, config *image.Config) printers.Summary {
	s := printers.Summary{
		Digest:   release.Identity.Digest.String(),
		PullFrom: release.PullSpec,
		Release:  release.Release,
	}
	if !config.Created.IsZero() {
		s.Created = config.Created.UTC().Format(time.RFC3339)
	}
	if config.OS != "" || config.Architecture != "" {
		s.Platform = cmp.Or(config.OS, "unknown") + "/" + cmp.Or(config.Architecture, "unknown")
	}
	if list := release.Identity.ListDigest; list != "" {
		s.Digest, s.Platform = list.String(), "multi ("+s.Platform+")"
	}
	return s
}
