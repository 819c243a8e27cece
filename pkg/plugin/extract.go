package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// extractCommand writes the files of a payload.
type extractCommand struct {
	*factory
	release     releaseFlags
	inclusion   *inclusionFlags
	to          string
	files       []string
	operator    bool
	raw         bool
	included    bool
	credentials bool
	cloud       string
	normalize   bool
	force       bool
	sync        bool
	command     *cobra.Command
}

func newExtractCommand(f *factory) *cobra.Command {
	c := &extractCommand{factory: f}
	c.command = &cobra.Command{
		Use:   "extract [RELEASE] --to DIR|-",
		Short: "Write the files of a release's payload, byte for byte",
		Long: `Write the files of /release-manifests into a folder, byte for byte. The folder appears whole or
not at all. With --to - the manifests go to standard output as one YAML stream, in the order in
which the operator applies them.

With --included, documents that a cluster leaves out are cut from their files; the flags say of
which cluster.`,
		Example: examples(f.Name, `
# All files, as they are in the image
%[1]s extract 4.14.0 --to release

# One of them to standard output
%[1]s extract 4.14.0 --file image-references

# What applying this release would change in a cluster
%[1]s extract 4.14.0 --included --to - | oc diff -f -

# What the cloud credential utility needs on AWS
%[1]s extract 4.14.0 --credentials-requests --cloud aws --included --to requests

# The operator's own manifests too, rendered, as they are applied by hand at bootstrap
%[1]s extract 4.14.0 --operator-manifests --to bootstrap`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(c.command, oneRelease)
	c.release.addFrom(c.command)
	c.inclusion = newInclusionFlags(c.command)
	flags := c.command.Flags()
	flags.StringVar(&c.to, "to", "", "Folder to write, or - for one YAML stream on standard output")
	flags.StringSliceVar(&c.files, "file", nil, "Only these files, by name or pattern, with or without their folder in the image; without --to they go to standard output")
	flags.BoolVar(&c.operator, "operator-manifests", false, "Write manifests/ (the operator's own, rendered) and release-manifests/")
	flags.BoolVar(&c.raw, "raw", false, "With --operator-manifests: keep their templates as they are")
	flags.BoolVar(&c.included, "included", false, "Only documents that the operator of the cluster would apply")
	flags.BoolVar(&c.credentials, "credentials-requests", false, "Only CredentialsRequests")
	flags.StringVar(&c.cloud, "cloud", "", "With --credentials-requests: only those of this cloud: "+strings.Join(extract.Clouds(), ", "))
	flags.BoolVar(&c.normalize, "normalize", false, "Write manifests as oc does: sorted fields, no comments, no other files")
	flags.BoolVar(&c.force, "force", false, "Replace a folder that holds an extracted release")
	flags.BoolVar(&c.sync, "sync", false, "Bring the folder to the disk before it appears: it is whole after a power failure too")
	return c.command
}

func (c *extractCommand) run(ctx context.Context, args []string) error {
	release, options, err := c.read(ctx, args)
	if err != nil {
		return err
	}
	if c.to == "-" {
		return c.stream(release, options)
	}
	files, err := c.selected(release, options)
	switch {
	case err != nil:
		return err
	case c.to == "":
		return c.print(files)
	}
	return c.write(ctx, release, files)
}

// selected are the files that the flags leave, at least one.
func (c *extractCommand) selected(release *evaluated, options extract.Options) ([]extract.File, error) {
	files, err := extract.Files(release.files, release.payload, release.entries, options)
	if beyond := release.checkLimits(); beyond != nil {
		err = beyond
	}
	if err != nil {
		return nil, err
	}
	isManifest := func(f extract.File) bool { return payload.IsManifestName(f.Path) }
	if len(files) == 0 || options.Keep != nil && len(c.files) == 0 && !slices.ContainsFunc(files, isManifest) {
		return nil, c.nothing(release)
	}
	return files, nil
}

// read checks the flags, and reads the release and what they say of it.
func (c *extractCommand) read(ctx context.Context, args []string) (*evaluated, extract.Options, error) {
	none := extract.Options{}
	settings, err := c.inclusion.check(ctx)
	if err != nil {
		return nil, none, err
	}
	if err := c.check(); err != nil {
		return nil, none, err
	}
	cloud, err := c.platform(ctx, settings.installConfig)
	if err != nil {
		return nil, none, err
	}
	isRequest, err := extract.Credentials(cloud)
	if err != nil {
		return nil, none, err
	}
	ref, err := c.release.one(ctx, c.factory, "extract", args)
	if err != nil {
		return nil, none, err
	}
	want := image.Want{Contents: image.AllContents, Operator: c.operator}
	release, err := c.evaluate(ctx, ref, c.release.repository, settings, readOptions{want: want})
	return release, extract.Options{
		Operator: c.operator, Raw: c.raw, Names: c.files, Normalize: c.normalize,
		Keep: c.keep(isRequest), OnlyManifests: c.credentials,
	}, err
}

// stream writes one YAML stream to standard output, or the file that --file names and that is no manifest.
func (c *extractCommand) stream(release *evaluated, options extract.Options) error {
	stream, err := extract.Stream(release.files, release.entries, options)
	if beyond := release.checkLimits(); beyond != nil {
		err = beyond
	}
	if err != nil {
		return err
	}
	if len(stream) == 0 {
		files, err := c.selected(release, options)
		if err != nil {
			return err
		}
		if len(c.files) == 0 {
			return c.nothing(release)
		}
		return c.print(files)
	}
	_, err = c.Out.Write(stream)
	return err
}

// nothing is the error of flags that leave nothing, with the reason when they name one file.
func (c *extractCommand) nothing(release *evaluated) error {
	if len(c.files) == 1 {
		for _, e := range release.entries {
			if e.File == c.files[0] && e.State != manifest.Included {
				return fault.Errorf(fault.NotFound, "%s is left out: %s", e.File, e.Reason)
			}
		}
	}
	return fault.Errorf(fault.NotFound, "nothing is left to write: no document of release %s fits the flags", release.Version)
}

// check refuses flags that contradict each other, before anything is fetched.
func (c *extractCommand) check() error {
	switch {
	case c.to == "" && len(c.files) == 0:
		return fault.WithHint(fault.Usage, "a single file goes there with --file NAME", "--to is needed: a folder, or - for standard output")
	case c.raw && !c.operator:
		return fault.Errorf(fault.Usage, "--raw goes with --operator-manifests")
	case c.raw && (c.included || c.normalize || c.to == "-"):
		return fault.Errorf(fault.Usage, "--raw keeps templates, which have no documents yet: it cannot go with --included, --normalize or --to -")
	case c.cloud != "" && !c.credentials:
		return fault.Errorf(fault.Usage, "--cloud goes with --credentials-requests")
	case c.force && (c.to == "" || c.to == "-"):
		return fault.Errorf(fault.Usage, "--force goes with --to DIR")
	case c.sync && (c.to == "" || c.to == "-"):
		return fault.Errorf(fault.Usage, "--sync goes with --to DIR")
	}
	if c.included {
		return nil
	}
	for _, flag := range []string{
		"feature-set", "feature-gates", "known-capabilities", "capabilities", "exclude-identifier", "overrides", "profile",
		"install-config", "included-by-cluster",
	} {
		rendering := flag == "profile" && c.operator || flag == "install-config" && c.credentials
		if c.command.Flags().Changed(flag) && !rendering {
			return fault.Errorf(fault.Usage, "--%s goes with --included: without it nothing is left out", flag)
		}
	}
	return nil
}

// platform is the cloud whose CredentialsRequests are wanted: of the flag, else of the installer's file or, with
// --included-by-cluster, of the connected cluster; "" for all. A flag that says another one is a mistake.
func (c *extractCommand) platform(ctx context.Context, config *manifest.InstallConfig) (string, error) {
	if !c.credentials {
		return "", nil
	}
	known := ""
	switch {
	case config != nil:
		known = config.Platform
	case c.inclusion.byCluster:
		infrastructure, err := c.cluster.Infrastructure(ctx)
		if err != nil {
			return "", byCluster(err, "")
		}
		known = strings.ToLower(infrastructure.Platform)
	}
	switch {
	case known == "" || known == c.cloud:
		return c.cloud, nil
	case c.cloud != "":
		return "", fault.Errorf(fault.Usage, "--cloud %s: the cluster is on %s", c.cloud, known)
	case !slices.Contains(extract.Clouds(), known):
		return "", fault.Errorf(fault.NotFound, "a cluster on the platform %s has no CredentialsRequests; --cloud names another one", known)
	}
	c.notef("only CredentialsRequests for %s, the platform of the cluster", known)
	return known, nil
}

// keep is the condition under which documents stay, nil when all do. In a stream that is applied, what the
// operator would delete has no place.
func (c *extractCommand) keep(isRequest func(manifest.Entry) bool) func(manifest.Entry) bool {
	if !c.included && !c.credentials {
		return nil
	}
	return func(e manifest.Entry) bool {
		if c.included && (e.State != manifest.Included || c.to == "-" && extract.Deleted(e)) {
			return false
		}
		return !c.credentials || isRequest(e)
	}
}
