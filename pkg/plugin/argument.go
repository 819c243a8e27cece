package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// defaultRepository is the repository in which OpenShift releases are published.
const defaultRepository = "quay.io/openshift-release-dev/ocp-release"

// releaseVariable is the environment variable with the release of commands that are called without one.
const releaseVariable = "OCP_RELEASE_IMAGE"

// releaseFlags name releases, in place of the first argument.
type releaseFlags struct {
	releases   []string
	from       []string // the same with oc's name for it
	repository string
}

// The help of --release, which differs between commands.
const (
	oneRelease       = "The release, instead of the first argument"
	releaseOfNames   = "The release; every argument is then a NAME"
	releasesTogether = releaseOfNames + "; may be repeated"
)

func (r *releaseFlags) add(cmd *cobra.Command, meaning string) {
	group(cmd.Flags(), releaseGroup, func() {
		cmd.Flags().StringArrayVar(&r.releases, "release", nil, meaning)
	})
	r.addRepository(cmd)
}

// addRepository adds --release-repository.
func (r *releaseFlags) addRepository(cmd *cobra.Command) {
	group(cmd.Flags(), releaseGroup, func() {
		cmd.Flags().StringVar(&r.repository, "release-repository", defaultRepository,
			"Repository of releases given by version, and for the pull specs of releases read from files")
	})
}

// addFrom adds --from, the name of --release in oc.
func (r *releaseFlags) addFrom(cmd *cobra.Command) {
	group(cmd.Flags(), releaseGroup, func() {
		cmd.Flags().StringArrayVar(&r.from, "from", nil, "The same as --release (its name in oc)")
	})
}

// fromFlags returns the releases that flags name.
func (r *releaseFlags) fromFlags() []string { return slices.Concat(r.releases, r.from) }

// splitArguments splits arguments into releases and names. With --release, all arguments are names; else the first one is
// the release. Without arguments, the release is that of the environment, if any.
func splitArguments(args, fromFlags []string, environment string) (releases, names []string, fromEnvironment bool) {
	switch {
	case len(fromFlags) > 0:
		return fromFlags, args, false
	case len(args) > 0:
		return args[:1], args[1:], false
	case environment != "":
		return []string{environment}, nil, true
	}
	return nil, nil, false
}

// request parses the releases and names in the arguments of a command.
func (r *releaseFlags) request(f *factory, command string, args []string) (releaseRequest, error) {
	var q releaseRequest
	var err error
	if q.repository, err = r.parseRepository(); err != nil {
		return q, err
	}
	var releases []string
	releases, q.names, q.fromEnvironment = splitArguments(args, r.fromFlags(), f.Getenv(releaseVariable))
	if count(releases, "-") > 1 {
		return q, fault.Errorf(fault.Usage, "--release - is given twice: standard input can be read once")
	}
	for _, text := range releases {
		ref, err := image.ParseReference(text)
		if errors.Is(err, image.ErrNotReference) || command == "manifests" && (err != nil && looksLikeObject(text) || looksLikeGroupedObject(text)) {
			return q, nameVariable(r.notReleaseError(f, command, text, q), q.fromEnvironment)
		}
		if err != nil {
			return q, nameVariable(err, q.fromEnvironment)
		}
		q.releases = append(q.releases, ref)
	}
	return q, nil
}

// requestOne is request for commands that take one release and no names.
func (r *releaseFlags) requestOne(f *factory, command string, args []string) (releaseRequest, error) {
	q, err := r.requestOneWithNames(f, command, args)
	if err == nil && len(q.names) > 0 {
		err = f.seeHelp(command, "%s takes one release and no further arguments", command)
	}
	return q, err
}

// requestOneWithNames is request for commands that take one release and names.
func (r *releaseFlags) requestOneWithNames(f *factory, command string, args []string) (releaseRequest, error) {
	q, err := r.request(f, command, args)
	if err == nil && len(q.releases) > 1 {
		err = f.seeHelp(command, "%s takes one release", command)
	}
	return q, err
}

// seeHelp returns a usage error that points to the help of a command.
func (f *factory) seeHelp(command, format string, args ...any) error {
	return fault.WithHint(fault.Usage, fmt.Sprintf("see `%s %s --help`", f.Name, command), format, args...)
}

// parseRepository parses --release-repository, even if the release does not need it.
func (r *releaseFlags) parseRepository() (oci.Repository, error) {
	if r.repository == defaultRepository { // needs no regular expressions
		return oci.SplitRepository(r.repository), nil
	}
	repository, err := oci.ParseRepository(r.repository)
	if err != nil {
		return repository, fault.Errorf(fault.Usage, "--release-repository %q: want HOST/REPOSITORY without a tag, such as %s", payload.HideUserinfo(r.repository), defaultRepository)
	}
	return repository, nil
}

// checkReleaseImage refuses a --release-image that is not a pull spec. It accepts "".
func checkReleaseImage(text string) error {
	if text == "" {
		return nil
	}
	if ref, err := image.ParseReference(text); err != nil || ref.Kind != image.KindRegistry || text != strings.TrimPrefix(text, "docker://") {
		return fault.Errorf(fault.Usage, "--release-image %q: want a pull spec, such as quay.io/org/repo:tag", payload.HideUserinfo(text))
	}
	return nil
}

// count returns how often a text occurs in a list.
func count(list []string, text string) int {
	n := 0
	for _, item := range list {
		if item == text {
			n++
		}
	}
	return n
}
