package plugin

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
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
	columns  map[string]*bool // by the name of the columns
	contents bool
	images   bool // --include-images
}

// infoRequest shows the summary of a release.
type infoRequest struct {
	releaseRequest
	columns  string
	imageFor string
	contents bool // print the files
	images   bool // add the component images to the document
	config   bool // show the configuration of the image
	output   *printers.Output
}

func newInfoCommand(f *factory) *cobra.Command {
	c := &infoFlags{columns: map[string]*bool{}}
	cmd := &cobra.Command{
		Use:   "info [RELEASE]",
		Short: "Show the version, digest, upgrades and images of a release",
		Long: `Show a summary of a release with the sections of 'oc adm release info'. The JSON document has
all fields of oc's, at the same paths.`,
		Example: examples(f.Name, `
# The summary of a release
%[1]s info 4.14.0

# Its digest
%[1]s info 4.14.0 -o jsonpath='{.digest}'

# The pull spec of one image
%[1]s info 4.14.0 --image-for etcd

# The sizes of the component images
%[1]s info 4.14.0 --size

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
		{printers.InfoSizes, "Show age, layers and size of the component images instead of digests"},
	} {
		c.columns[columns.name] = flags.Bool(columns.name, false, columns.usage)
	}
	flags.BoolVar(&c.contents, "contents", false, "Print the files of the release, each after its name")
	flags.BoolVar(&c.images, "include-images", false, "Add manifest and configuration of each component image to the document, as .images")
	c.release.add(cmd, oneRelease)
	c.release.addFrom(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Lines: []string{"digest", "name", "pullspec"}})
	return cmd
}

func (c *infoFlags) complete(f *factory, args []string) (request, error) {
	r := &infoRequest{imageFor: c.imageFor, contents: c.contents, images: c.images}
	lines := slices.Contains([]string{"digest", "name", "pullspec"}, c.output.form())
	r.config = c.imageFor == "" && !c.contents && !lines
	var err error
	if r.columns, err = c.check(); err != nil {
		return nil, err
	}
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	if c.images && (c.output.isDefault() || lines) {
		return nil, fault.Errorf(fault.Usage, "--include-images adds .images to the document: print it with -o json, another document format, or --jq")
	}
	r.releaseRequest, err = c.release.request(f, "info", args)
	if err == nil && (len(r.releases) > 1 || len(r.names) > 0) {
		err = fault.WithHint(fault.Usage, fmt.Sprintf("`%s diff OLD NEW` compares two", f.Name), "info takes one release")
	}
	return r, err
}

func (r *infoRequest) run(ctx context.Context, s *session) error {
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	options := image.ReadOptions{Config: r.config, Repository: r.repository}
	if r.contents {
		options.Want.Contents = func(directory, _ string) bool { return directory == image.ReleaseDirectory }
	}
	release, err := s.read(ctx, t, options)
	if err != nil {
		return err
	}
	switch {
	case r.imageFor != "":
		return r.printImage(s, release)
	case r.contents:
		return writeContents(s.Out, release.Files.Release)
	}
	var images map[string]*image.Component
	var missing error
	if r.images || r.columns == printers.InfoSizes {
		if images, missing = s.readComponents(ctx, release); images == nil {
			return missing
		}
	}
	view, err := r.view(release, images, s.Width)
	if err != nil {
		return err
	}
	if err := r.output.Print(ctx, s.Out, view); err != nil {
		return err
	}
	return missing
}

// writeContents writes each file after its name: image-references and release-metadata, then the manifests in order.
func writeContents(w io.Writer, files []payload.File) error {
	out := bufio.NewWriter(w)
	write := func(f payload.File) {
		fmt.Fprintf(out, "# %s\n%s", printers.SafeLine(f.Name), f.Data)
		if !bytes.HasSuffix(f.Data, []byte("\n")) {
			fmt.Fprintln(out)
		}
	}
	first := []string{payload.ReferencesName, payload.MetadataName}
	for _, name := range first {
		for _, f := range files {
			if f.Name == name {
				write(f)
			}
		}
	}
	for _, f := range files {
		if payload.IsManifestName(f.Name) && !slices.Contains(first, f.Name) {
			write(f)
		}
	}
	return out.Flush()
}

// check returns the columns to show. It refuses flags that exclude each other.
func (c *infoFlags) check() (columns string, err error) {
	columns = printers.InfoDigests
	given := 0
	for name, chosen := range c.columns {
		if *chosen {
			columns = name
			given++
		}
	}
	for _, chosen := range []bool{c.contents, c.imageFor != "", !c.output.isDefault()} {
		if chosen {
			given++
		}
	}
	if given > 1 {
		return "", fault.Errorf(fault.Usage, "only one of --pullspecs, --commits, --commit-urls, --size, --contents, --image-for, -o and --jq can be given")
	}
	return columns, nil
}

// printImage prints the pull spec of one component. The name may be an alias.
func (r *infoRequest) printImage(s *session, release *image.Release) error {
	selection, err := release.Select([]string{r.imageFor})
	if err != nil || len(selection.Components) != 1 {
		return fault.Errorf(fault.NotFound, "no image tag %q exists in the release image %s%s", r.imageFor, release.Identity.Reference, release.Suggest(r.imageFor))
	}
	for name := range selection.Components {
		component, _ := release.Component(name)
		_, err = fmt.Fprintln(s.Out, printers.SafeLine(component.Image))
	}
	return err
}

func (r *infoRequest) view(release *image.Release, images map[string]*image.Component, width int) (printers.View, error) {
	config := release.Config
	if config == nil {
		config = &image.Config{}
	}
	info, err := v1alpha1.NewReleaseInfo(releaseDocument(release), release.Release, config.Raw, config.LayerSize)
	if err != nil {
		return printers.View{}, err
	}
	if r.images {
		if info.Images, err = infoImages(images); err != nil {
			return printers.View{}, err
		}
	}
	components := v1alpha1.NewComponentImageList(releaseDocument(release), release.Components)
	return printers.View{
		Document: info,
		Lines:    printers.ComponentImages(components).Lines,
		Text: func(w io.Writer) error {
			text := summary(release, config)
			text.Width = width
			text.Sizes = imageSizes(images)
			return printers.Info(w, text, r.columns)
		},
	}, nil
}

// summary returns the part of the text output before the components.
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
