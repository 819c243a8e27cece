package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers"
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
	c.release.add(c.command)
	c.inclusion = newInclusionFlags(c.command)
	flags := c.command.Flags()
	flags.StringVar(&c.to, "to", "", "Folder to write, or - for one YAML stream on standard output")
	flags.StringSliceVar(&c.files, "file", nil, "Only these files, by name or pattern; without --to they go to standard output")
	flags.BoolVar(&c.operator, "operator-manifests", false, "Write manifests/ (the operator's own, rendered) and release-manifests/")
	flags.BoolVar(&c.raw, "raw", false, "With --operator-manifests: keep their templates as they are")
	flags.BoolVar(&c.included, "included", false, "Only documents that the operator of the cluster would apply")
	flags.BoolVar(&c.credentials, "credentials-requests", false, "Only CredentialsRequests")
	flags.StringVar(&c.cloud, "cloud", "", "With --credentials-requests: only those of this cloud: "+strings.Join(extract.Clouds(), ", "))
	flags.BoolVar(&c.normalize, "normalize", false, "Write manifests as oc does: sorted fields, no comments, no other files")
	flags.BoolVar(&c.force, "force", false, "Replace a folder that holds an extracted release")
	for _, name := range []string{"tools", "command"} {
		flags.String(name, "", "")
		flags.Lookup(name).NoOptDefVal = "true"
		_ = flags.MarkHidden(name)
	}
	return c.command
}

func (c *extractCommand) run(ctx context.Context, args []string) error {
	settings, err := c.inclusion.check(ctx)
	if err != nil {
		return err
	}
	isRequest, err := c.check(settings.installConfig)
	if err != nil {
		return err
	}
	ref, err := c.release.one(ctx, c.factory, "extract", args)
	if err != nil {
		return err
	}
	want := image.Want{Contents: image.AllContents, Operator: c.operator}
	release, err := c.evaluate(ctx, ref, c.release.repository, settings, readOptions{want: want})
	if err != nil {
		return err
	}
	options := extract.Options{
		Operator: c.operator, Raw: c.raw, Names: c.files, Normalize: c.normalize,
		Keep: c.keep(isRequest), OnlyManifests: c.credentials,
	}
	if c.to == "-" {
		stream, err := extract.Stream(release.entries, options)
		if err != nil {
			return err
		}
		_, err = c.Out.Write(stream)
		return err
	}
	files, err := extract.Files(release.files, release.payload, release.entries, options)
	if err != nil {
		return err
	}
	if c.to == "" {
		return c.print(files)
	}
	return c.write(ctx, release, files)
}

// check refuses flags that contradict each other, before anything is fetched. The cloud of CredentialsRequests is that
// of the installer's file when no flag names one.
func (c *extractCommand) check(config *manifest.InstallConfig) (isRequest func(manifest.Entry) bool, err error) {
	for _, name := range []string{"tools", "command"} {
		if c.command.Flags().Changed(name) {
			return nil, fault.Errorf(fault.Usage, "extract has no --%[1]s yet: use `oc adm release extract --%[1]s`", name)
		}
	}
	switch {
	case c.to == "" && len(c.files) == 0:
		return nil, fault.Errorf(fault.Usage, "--to is needed: a folder, or - for standard output; a single file goes there with --file NAME")
	case c.raw && !c.operator:
		return nil, fault.Errorf(fault.Usage, "--raw goes with --operator-manifests")
	case c.raw && (c.included || c.normalize || c.to == "-"):
		return nil, fault.Errorf(fault.Usage, "--raw keeps templates, which have no documents yet: it cannot go with --included, --normalize or --to -")
	case c.cloud != "" && !c.credentials:
		return nil, fault.Errorf(fault.Usage, "--cloud goes with --credentials-requests")
	case c.force && (c.to == "" || c.to == "-"):
		return nil, fault.Errorf(fault.Usage, "--force goes with --to DIR")
	}
	cloud := c.cloud
	if cloud == "" && config != nil && slices.Contains(extract.Clouds(), config.Platform) {
		cloud = config.Platform
		c.notef("only CredentialsRequests for %s, the platform of the install-config", cloud)
	}
	return extract.Credentials(cloud)
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

// print writes files to standard output: one as it is, several manifests as one YAML stream.
func (c *extractCommand) print(files []extract.File) error {
	if len(files) == 1 {
		_, err := c.Out.Write(files[0].Data)
		return err
	}
	var stream []byte
	for _, f := range files {
		if !payload.IsManifestName(f.Path) {
			return fault.Errorf(fault.Usage, "%d files match and %s is no manifest: name one of them, or a folder with --to", len(files), f.Path)
		}
		if text := string(f.Data); !strings.HasPrefix(text, "---") {
			stream = append(stream, "---\n"...)
		}
		stream = append(stream, f.Data...)
		if len(stream) > 0 && stream[len(stream)-1] != '\n' {
			stream = append(stream, '\n')
		}
	}
	_, err := c.Out.Write(stream)
	return err
}

func (c *extractCommand) write(ctx context.Context, release *evaluated, files []extract.File) error {
	if len(files) == 0 {
		return fault.Errorf(fault.NotFound, "nothing is left to write: no document of release %s fits the flags", release.Version)
	}
	list := make([]wholefile.File, 0, len(files))
	for _, f := range files {
		list = append(list, wholefile.File{Path: f.Path, Data: f.Data})
	}
	var replaceable func(string) error
	if c.force {
		replaceable = holdsRelease
	}
	if err := wholefile.WriteFolder(ctx, c.to, list, replaceable); err != nil {
		return err
	}
	c.progressf("Extracted %d files of release %s (%s) to %s", len(files), release.Version, orUnknown(release.identity.Digest.String()), c.to)
	return nil
}

// holdsRelease allows --force to replace a folder that an extraction made, and no other.
func holdsRelease(dir string) error {
	for _, name := range []string{payload.ReferencesName, filepath.Join(image.ReleaseFolder, payload.ReferencesName)} {
		if info, err := os.Lstat(filepath.Join(dir, name)); err == nil && info.Mode().IsRegular() {
			return nil
		}
	}
	return errors.New("--force replaces extracted releases alone, and it holds none: name another folder")
}

func orUnknown(text string) string {
	if text == "" {
		return "digest unknown"
	}
	return text
}

// progressf tells a person at a terminal what was done.
func (f *factory) progressf(format string, args ...any) {
	if f.ErrTerminal {
		fmt.Fprintln(f.ErrOut, printers.SafeLine(fmt.Sprintf(format, args...)))
	}
}
