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

// extractFlags are the flags of extract.
type extractFlags struct {
	release   releaseFlags
	inclusion *inclusionFlags
	to        optional
	extractOptions
}

// extractOptions say what to extract and how to write it.
type extractOptions struct {
	files       []string
	operator    bool
	raw         bool
	included    bool
	credentials bool
	cloud       string
	normalize   bool
	force       bool
	sync        bool
}

// extractRequest writes the files of a payload.
type extractRequest struct {
	releaseRequest
	extractOptions
	inclusion inclusionRequest
	to        string // a directory, - for one stream, "" for files on standard output
}

func newExtractCommand(f *factory) *cobra.Command {
	c := &extractFlags{}
	cmd := &cobra.Command{
		Use:   "extract [RELEASE] --to DIR|-",
		Short: "Write the manifests of a release to a directory",
		Long: `Write the files of /release-manifests into a directory, unchanged. The directory appears complete or
not at all. With --to -, the manifests go to standard output as one YAML stream, in the order in which
the operator applies them.

With --included, only documents that the operator would apply to a cluster are written; flags describe
the cluster.`,
		Example: examples(f.Name, `
# All files, as they are in the image
%[1]s extract 4.14.0 --to release

# One file to standard output
%[1]s extract 4.14.0 --file image-references

# What applying this release would change in a cluster
%[1]s extract 4.14.0 --included --to - | oc diff -f -

# The credentials requests that ccoctl needs on AWS
%[1]s extract 4.14.0 --credentials-requests --cloud aws --included --to requests

# For a manual bootstrap, with the operator's own manifests rendered
%[1]s extract 4.14.0 --operator-manifests --to bootstrap`),
		RunE: f.run(func(ctx context.Context, args []string) (request, error) { return c.complete(ctx, f, args) }),
	}
	flags := cmd.Flags()
	flags.Var(&c.to, "to", "Directory to write, or - for one YAML stream on standard output")
	flags.StringSliceVar(&c.files, "file", nil, "Only these files, by name or pattern, with or without their directory in the image; without --to, they go to standard output")
	flags.BoolVar(&c.operator, "operator-manifests", false, "Write manifests/ (the operator's own manifests, rendered) and release-manifests/")
	flags.BoolVar(&c.raw, "raw", false, "With --operator-manifests: do not render the templates")
	flags.BoolVar(&c.included, "included", false, "Only documents that the operator would apply to the cluster")
	flags.BoolVar(&c.credentials, "credentials-requests", false, "Only CredentialsRequests")
	flags.StringVar(&c.cloud, "cloud", "", "With --credentials-requests: only those for this cloud: "+strings.Join(extract.Clouds(), ", "))
	flags.BoolVar(&c.normalize, "normalize", false, "Write manifests as oc does: sorted fields, no comments, no other files")
	flags.BoolVar(&c.force, "force", false, "Replace a directory that holds an extracted release")
	flags.BoolVar(&c.sync, "sync", false, "Flush the directory to disk before it appears, so that it survives a power failure")
	c.release.add(cmd, oneRelease)
	c.release.addFrom(cmd)
	c.inclusion = newInclusionFlags(cmd)
	return cmd
}

func (c *extractFlags) complete(ctx context.Context, f *factory, args []string) (request, error) {
	r := &extractRequest{extractOptions: c.extractOptions, to: c.to.text}
	var err error
	if r.inclusion, err = c.inclusion.complete(ctx); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	if _, err := extract.Credentials(c.cloud); err != nil {
		return nil, err
	}
	r.releaseRequest, err = c.release.requestOne(f, "extract", args)
	return r, err
}

func (r *extractRequest) run(ctx context.Context, s *session) error {
	options, err := r.options(ctx, s)
	if err != nil {
		return err
	}
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	if r.writesEarly(options) {
		return r.writeEarly(ctx, s, t, options)
	}
	release, err := r.read(ctx, s, t, options)
	if err != nil {
		return err
	}
	if r.to == "-" {
		return r.stream(s, release, options)
	}
	files, err := r.selected(release, options)
	switch {
	case err != nil:
		return err
	case r.to == "":
		return printFiles(s, files)
	}
	return r.write(ctx, s, release, files)
}

// read reads the release, and its documents if some of them have to be left out, rendered or printed in order.
func (r *extractRequest) read(ctx context.Context, s *session, t target, o extract.Options) (*evaluatedRelease, error) {
	read := image.ReadOptions{Want: image.Want{Contents: image.AllContents, Operator: r.operator}, Repository: r.repository}
	if r.to == "-" || o.NeedsDocuments() {
		return s.evaluate(ctx, t, r.inclusion, read)
	}
	release, err := s.read(ctx, t, read)
	if err != nil {
		return nil, err
	}
	return withoutDocuments(release), nil
}

// withoutDocuments returns a release of which no manifest was read.
func withoutDocuments(release *image.Release) *evaluatedRelease {
	return &evaluatedRelease{Release: release, payload: &manifest.Payload{}}
}

// options returns the options of the extraction. It may ask the cluster for its platform.
func (r *extractRequest) options(ctx context.Context, s *session) (extract.Options, error) {
	cloud, err := r.platform(ctx, s)
	if err != nil {
		return extract.Options{}, err
	}
	isRequest, err := extract.Credentials(cloud)
	return extract.Options{
		Operator: r.operator, Raw: r.raw, Names: r.files, Normalize: r.normalize,
		Keep: r.keep(isRequest), OnlyManifests: r.credentials,
	}, err
}

// selected returns the files that match the flags. None is an error.
func (r *extractRequest) selected(release *evaluatedRelease, options extract.Options) ([]extract.File, error) {
	files, err := extract.Files(release.Files, release.payload, release.entries, options)
	if limitErr := release.checkLimits(); limitErr != nil {
		err = limitErr
	}
	if err != nil {
		return nil, err
	}
	isManifest := func(f extract.File) bool { return payload.IsManifestName(f.Path) }
	if len(files) == 0 || options.Keep != nil && len(r.files) == 0 && !slices.ContainsFunc(files, isManifest) {
		return nil, r.noMatchError(release)
	}
	return files, nil
}

// stream writes one YAML stream to standard output, or the file of --file if it is not a manifest.
func (r *extractRequest) stream(s *session, release *evaluatedRelease, options extract.Options) error {
	stream, err := extract.Stream(release.Files, release.entries, options)
	if limitErr := release.checkLimits(); limitErr != nil {
		err = limitErr
	}
	if err != nil {
		return err
	}
	if len(stream) == 0 {
		files, err := r.selected(release, options)
		if err != nil {
			return err
		}
		if len(r.files) == 0 {
			return r.noMatchError(release)
		}
		return printFiles(s, files)
	}
	_, err = s.Out.Write(stream)
	return err
}

// noMatchError is the error when no file matches the flags. It says why, if --file names one excluded manifest.
func (r *extractRequest) noMatchError(release *evaluatedRelease) error {
	if len(r.files) == 1 {
		for _, e := range release.entries {
			if e.File == r.files[0] && e.State != manifest.Included {
				return fault.Errorf(fault.NotFound, "%s is left out: %s", e.File, e.Reason)
			}
		}
	}
	return fault.Errorf(fault.NotFound, "nothing to write: no document of release %s matches the flags", release.Version)
}

// check refuses flags that exclude each other.
func (c *extractFlags) check() error {
	switch {
	case c.to.text == "" && len(c.files) == 0:
		return fault.WithHint(fault.Usage, "--file NAME prints a single file", "--to is needed: a directory, or - for standard output")
	case c.raw && !c.operator:
		return fault.Errorf(fault.Usage, "--raw needs --operator-manifests")
	case c.raw && (c.included || c.normalize || c.to.text == "-"):
		return fault.Errorf(fault.Usage, "--raw keeps templates, which are not YAML: it cannot be combined with --included, --normalize or --to -")
	case c.cloud != "" && !c.credentials:
		return fault.Errorf(fault.Usage, "--cloud needs --credentials-requests")
	case c.force && (c.to.text == "" || c.to.text == "-"):
		return fault.Errorf(fault.Usage, "--force needs --to DIR")
	case c.sync && (c.to.text == "" || c.to.text == "-"):
		return fault.Errorf(fault.Usage, "--sync needs --to DIR")
	}
	if c.included {
		return nil
	}
	for _, flag := range c.inclusion.given() {
		rendering := flag == "profile" && c.operator || flag == "install-config" && c.credentials
		if !rendering {
			return fault.Errorf(fault.Usage, "--%s needs --included: without it no manifest is excluded", flag)
		}
	}
	return nil
}

// platform returns the cloud of the CredentialsRequests to extract: from --cloud, else from the install config or, with
// --included-by-cluster, from the connected cluster; "" means all. A --cloud that differs from the cluster's is an error.
func (r *extractRequest) platform(ctx context.Context, s *session) (string, error) {
	if !r.credentials {
		return "", nil
	}
	platform := ""
	switch {
	case r.inclusion.installConfig != nil:
		platform = r.inclusion.installConfig.Platform
	case r.inclusion.byCluster:
		infrastructure, err := s.cluster.Infrastructure(ctx)
		if err != nil {
			return "", byClusterError(err, "")
		}
		platform = strings.ToLower(infrastructure.Platform)
	}
	switch {
	case platform == "" || platform == r.cloud:
		return r.cloud, nil
	case r.cloud != "":
		return "", fault.Errorf(fault.Usage, "--cloud %s: the cluster is on %s", r.cloud, platform)
	case !slices.Contains(extract.Clouds(), platform):
		return "", fault.Errorf(fault.NotFound, "a cluster on the platform %s has no CredentialsRequests; --cloud chooses another one", platform)
	}
	s.infof("only CredentialsRequests for %s, the platform of the cluster", platform)
	return platform, nil
}

// keep returns the filter for documents, nil to keep all. A stream is meant to be applied, so it has no objects that the
// operator would delete.
func (r *extractRequest) keep(isRequest func(manifest.Entry) bool) func(manifest.Entry) bool {
	if !r.included && !r.credentials {
		return nil
	}
	return func(e manifest.Entry) bool {
		if r.included && (e.State != manifest.Included || r.to == "-" && extract.Deleted(e)) {
			return false
		}
		return !r.credentials || isRequest(e)
	}
}
