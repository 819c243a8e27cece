package plugin

import (
	"cmp"
	"context"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// envFlags are the flags of env.
type envFlags struct {
	release releaseFlags
	output  *outputFlags
	format  optional
	to      optional
	envOptions
}

// envOptions select the variables to print.
type envOptions struct {
	releaseImage string
	prefix       string
	aliases      bool
}

// envRequest prints the pull specs of a release as variables.
type envRequest struct {
	releaseRequest
	envOptions
	output *printers.Output // prints a document; nil prints variables
	format string
	to     string // a file; "" for standard output
}

func newEnvCommand(f *factory) *cobra.Command {
	c := &envFlags{format: optional{text: "sh"}}
	cmd := &cobra.Command{
		Use:   "env [RELEASE] [NAME|GLOB...]",
		Short: "Print the pull specs of a release as shell variables",
		Long: `Print the pull specs of a release as variables: ETCD_IMAGE for the component etcd, and so on, and
also under the names in installers and guides (KUBE_APISERVER_IMAGE for hyperkube).

The output is safe to source: names and pull specs that a shell could misinterpret are an error.`,
		Example: examples(f.Name, `
# A file to source in scripts
%[1]s env 4.14.0 > component-images.sh
source component-images.sh; echo "${ETCD_IMAGE} ${KUBE_APISERVER_IMAGE}"

# Two variables into the running shell
eval "$(%[1]s env 4.14.0 etcd kube-apiserver)"

# For later steps of a GitHub workflow
%[1]s env 4.14.0 --format github >> "$GITHUB_ENV"`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	flags := cmd.Flags()
	flags.Var(&c.format, "format", "Format of the variables: "+strings.Join(printers.EnvironmentFormats(), ", "))
	flags.StringVar(&c.prefix, "prefix", "", "Prefix of every name, such as OCP_")
	flags.BoolVar(&c.aliases, "aliases", true, "Also print the names that installers and guides use")
	flags.Var(&c.to, "to", "Write to this file instead of standard output, completely or not at all; a file that would not change is left untouched")
	flags.StringVar(&c.releaseImage, "release-image", "", "Pull spec for RELEASE_IMAGE (default: the release by digest)")
	c.release.add(cmd, releaseOfNames)
	c.output = newOutputFlags(cmd, printers.Forms{})
	return cmd
}

func (c *envFlags) complete(f *factory, args []string) (request, error) {
	r := &envRequest{envOptions: c.envOptions, format: c.format.text, to: c.to.text}
	if err := c.check(f); err != nil {
		return nil, err
	}
	output, err := c.output.output(f.Streams)
	if err != nil {
		return nil, err
	}
	if !c.output.isDefault() {
		r.output = output
	}
	r.releaseRequest, err = c.release.request(f, "env", args)
	if err == nil && len(r.releases) > 1 {
		err = fault.Errorf(fault.Usage, "env takes one release: the names of two would be the same")
	}
	return r, err
}

// check refuses flags that exclude each other, names that no shell accepts, and a --to that would overwrite $GITHUB_ENV.
func (c *envFlags) check(f *factory) error {
	switch {
	case !c.output.isDefault() && c.format.given:
		return fault.Errorf(fault.Usage, "--format prints variables, -o and --jq print a document: give one of them")
	case !c.output.isDefault() && c.to.text != "":
		return fault.Errorf(fault.Usage, "--to writes variables, -o and --jq print a document: give one of them")
	case c.prefix != "" && !regexp.MustCompile(`^[A-Z_][A-Z0-9_]*$`).MatchString(c.prefix):
		return fault.Errorf(fault.Usage, "--prefix %q: want upper-case letters, digits and underscores, not starting with a digit", c.prefix)
	case c.to.given && c.to.text == "":
		return fault.Errorf(fault.Usage, "--to is empty: name a file, or - for standard output")
	case c.to.text != "" && sameFile(c.to.text, f.Getenv("GITHUB_ENV")):
		return fault.Errorf(fault.Usage, `--to would replace what earlier steps wrote into $GITHUB_ENV: leave it out and append with >> "$GITHUB_ENV"`)
	}
	if _, err := printers.Environment(c.format.text, nil, nil); err != nil {
		return err
	}
	return checkReleaseImage(c.releaseImage)
}

// sameFile reports whether two paths are equal or refer to one file.
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

func (r *envRequest) run(ctx context.Context, s *session) error {
	t, err := s.resolveOne(ctx, r.releaseRequest)
	if err != nil {
		return err
	}
	release, err := s.read(ctx, t, image.ReadOptions{Repository: r.repository})
	if err != nil {
		return err
	}
	variables, err := r.variables(release)
	if err != nil {
		return err
	}
	if r.output != nil {
		document := v1alpha1.NewReleaseEnvironment(releaseDocument(release), variables)
		return r.output.Print(ctx, s.Out, printers.View{Document: document})
	}
	text, err := printers.Environment(r.format, r.comments(s, release, variables), variables)
	if err != nil {
		return err
	}
	if r.to != "" && r.to != "-" {
		return wholefile.Write(r.to, text)
	}
	_, err = s.Out.Write(text)
	return err
}

// variables returns the variables of the release itself, then those of the selected images.
func (r *envRequest) variables(release *image.Release) ([]v1alpha1.Variable, error) {
	list, err := r.releaseVariables(release)
	if err != nil {
		return nil, err
	}
	selection, err := release.Select(r.names)
	if err != nil {
		return nil, err
	}
	all, err := release.Variables(r.aliases || len(r.names) > 0)
	if err != nil {
		return nil, err
	}
	for _, v := range all {
		selected := selection.Direct[v.Component] && v.Alias == "" || selection.Aliases[v.Alias]
		if len(r.names) == 0 || selected {
			list = append(list, v1alpha1.Variable{Name: v.Name, Value: v.Value, Component: v.Component, Alias: v.Alias})
		}
	}
	for i := range list {
		list[i].Name = r.prefix + list[i].Name
	}
	return list, nil
}

func (r *envRequest) releaseVariables(release *image.Release) ([]v1alpha1.Variable, error) {
	digest := cmp.Or(release.Identity.ListDigest, release.Identity.Digest)
	var list []v1alpha1.Variable
	for _, v := range []v1alpha1.Variable{
		{Name: "RELEASE_IMAGE", Value: cmp.Or(r.releaseImage, release.PullSpec)},
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

// comments returns the comments at the top of the output. They have no date, so a release always gives the same bytes.
func (r *envRequest) comments(s *session, release *image.Release, variables []v1alpha1.Variable) []string {
	lines := []string{
		strings.TrimSpace("Component images of OpenShift " + release.Version),
		"Read from " + release.Identity.Reference,
	}
	var missing []string
	for _, name := range []string{"RELEASE_IMAGE", "RELEASE_VERSION", "RELEASE_DIGEST"} {
		has := func(v v1alpha1.Variable) bool { return v.Name == r.prefix+name }
		if !slices.ContainsFunc(variables, has) {
			missing = append(missing, r.prefix+name)
		}
	}
	if len(missing) == 0 {
		return lines
	}
	left := strings.Join(missing, " and ") + " left out: this source does not say what the release image is called"
	if !printers.HasComments(r.format) {
		s.print("Note: " + left)
	}
	return append(lines, left)
}
