package plugin

import (
	"context"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// envCommand writes the pull specs of a release as variables.
type envCommand struct {
	*factory
	release      releaseFlags
	output       *outputFlags
	releaseImage string
	format       string
	prefix       string
	aliases      bool
	to           string
}

func newEnvCommand(f *factory) *cobra.Command {
	c := &envCommand{factory: f}
	cmd := &cobra.Command{
		Use:   "env [RELEASE] [NAME|GLOB...]",
		Short: "Print the pull specs of a release as shell variables",
		Long: `Print the pull specs of a release as variables: ETCD_IMAGE for the component etcd, and
the names that installers and guides use (KUBE_APISERVER_IMAGE for hyperkube).

The output can be sourced: a name or a pull spec that a shell could misread is refused.`,
		Example: examples(f.Name, `
# The guide's component-images.sh
%[1]s env 4.14.0 > component-images.sh
source component-images.sh; echo "${ETCD_IMAGE} ${KUBE_APISERVER_IMAGE}"

# Two variables into the running shell
eval "$(%[1]s env 4.14.0 etcd kube-apiserver)"

# For a workflow on GitHub
%[1]s env 4.14.0 --format github >> "$GITHUB_ENV"`),
		RunE: f.run(func(ctx context.Context, args []string) error { return c.run(ctx, args) }),
	}
	c.release.add(cmd, releaseOfNames)
	c.output = newOutputFlags(cmd, printers.Forms{})
	flags := cmd.Flags()
	flags.StringVar(&c.format, "format", "sh", "How to set a variable: "+strings.Join(printers.EnvironmentFormats(), ", "))
	flags.StringVar(&c.prefix, "prefix", "", "Put this before every name, such as OCP_")
	flags.BoolVar(&c.aliases, "aliases", true, "Add the names that installers and guides use")
	flags.StringVar(&c.to, "to", "", "Write to this file in place of standard output, whole or not at all; a file that would not change is not touched")
	flags.StringVar(&c.releaseImage, "release-image", "", "Pull spec for RELEASE_IMAGE (default: the release by digest)")
	return cmd
}

func (c *envCommand) run(ctx context.Context, args []string) error {
	output, err := c.check()
	if err != nil {
		return err
	}
	references, names, err := c.release.references(ctx, c.factory, "env", args)
	if err != nil {
		return err
	}
	if len(references) > 1 {
		return fault.Errorf(fault.Usage, "env takes one release: the names of two would be the same")
	}
	release, err := c.load(ctx, references[0], c.release.repository, readOptions{})
	if err != nil {
		return err
	}
	variables, err := c.variables(release, names)
	if err != nil {
		return err
	}
	document := v1alpha1.NewReleaseEnvironment(release.document(), variables)
	if !c.output.isDefault() {
		return output.Print(ctx, c.Out, printers.View{Document: document})
	}
	text, err := printers.Environment(c.format, c.comments(release, variables), variables)
	if err != nil {
		return err
	}
	if c.to != "" && c.to != "-" {
		return wholefile.Write(c.to, text)
	}
	_, err = c.Out.Write(text)
	return err
}

// check refuses flags that contradict each other or no shell could take, before anything is fetched.
func (c *envCommand) check() (*printers.Output, error) {
	if !c.output.isDefault() && c.output.command.Flags().Changed("format") {
		return nil, fault.Errorf(fault.Usage, "--format writes variables and -o or --jq a document: give one of them")
	}
	if !c.output.isDefault() && c.to != "" {
		return nil, fault.Errorf(fault.Usage, "--to writes variables and -o or --jq a document: give one of them")
	}
	if _, err := printers.Environment(c.format, nil, nil); err != nil {
		return nil, err
	}
	if c.prefix != "" && !regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`).MatchString(c.prefix) {
		return nil, fault.Errorf(fault.Usage, "--prefix %q: want upper-case letters, digits and underscores, no digit first", c.prefix)
	}
	if err := c.checkTarget(); err != nil {
		return nil, err
	}
	if err := checkReleaseImage(c.releaseImage); err != nil {
		return nil, err
	}
	return c.output.output(c.Streams)
}

// checkTarget refuses a --to that would write nowhere, or over what others wrote.
func (c *envCommand) checkTarget() error {
	switch {
	case c.to == "" && c.output.command.Flags().Changed("to"):
		return fault.Errorf(fault.Usage, "--to is empty: name a file, or - for standard output")
	case c.to != "" && sameFile(c.to, c.Getenv("GITHUB_ENV")):
		return fault.Errorf(fault.Usage, `--to would replace what earlier steps wrote into $GITHUB_ENV: leave it out and append with >> "$GITHUB_ENV"`)
	}
	return nil
}

// sameFile says whether two paths are one, or lead to one file.
func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// variables are those of the release itself and then those of the images that were asked for.
func (c *envCommand) variables(release *loaded, names []string) ([]v1alpha1.Variable, error) {
	list, err := c.releaseVariables(release)
	if err != nil {
		return nil, err
	}
	selection, err := release.Select(names)
	if err != nil {
		return nil, err
	}
	all, err := release.Variables(c.aliases || len(names) > 0)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		asked := selection.Direct[v.Component] && v.Alias == "" || selection.Aliases[v.Alias]
		if len(names) == 0 || asked {
			list = append(list, v1alpha1.Variable{Name: v.Name, Value: v.Value, Component: v.Component, Alias: v.Alias})
		}
	}
	for i := range list {
		list[i].Name = c.prefix + list[i].Name
	}
	return list, nil
}

func (c *envCommand) releaseVariables(release *loaded) ([]v1alpha1.Variable, error) {
	image := release.pullSpec
	if c.releaseImage != "" {
		image = c.releaseImage
	}
	digest := release.identity.ListDigest
	if digest == "" {
		digest = release.identity.Digest
	}
	var list []v1alpha1.Variable
	for _, v := range []v1alpha1.Variable{
		{Name: "RELEASE_IMAGE", Value: image},
		{Name: "RELEASE_VERSION", Value: release.Version},
		{Name: "RELEASE_DIGEST", Value: digest.String()},
	} {
		if v.Value == "" {
			continue
		}
		if !payload.SafeValue(v.Value) {
			return nil, fault.Errorf(fault.Integrity, "%s has characters that are not safe in a shell: %q", v.Name, v.Value)
		}
		list = append(list, v)
	}
	return list, nil
}

// comments head the file. There is no time among them: the same release gives the same bytes.
func (c *envCommand) comments(release *loaded, variables []v1alpha1.Variable) []string {
	lines := []string{
		strings.TrimSpace("Component images of OpenShift " + release.Version),
		"Read from " + release.identity.Reference,
	}
	var missing []string
	for _, name := range []string{"RELEASE_IMAGE", "RELEASE_VERSION", "RELEASE_DIGEST"} {
		has := func(v v1alpha1.Variable) bool { return v.Name == c.prefix+name }
		if !slices.ContainsFunc(variables, has) {
			missing = append(missing, c.prefix+name)
		}
	}
	if len(missing) == 0 {
		return lines
	}
	left := strings.Join(missing, " and ") + " left out: this source does not say what the release image is called"
	if !printers.HasComments(c.format) {
		c.tell("Note: " + left)
	}
	return append(lines, left)
}
