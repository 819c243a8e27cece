package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// defaultRepository is where releases are published.
const defaultRepository = "quay.io/openshift-release-dev/ocp-release"

// releaseVariable names a release where the command line does not.
const releaseVariable = "OCP_RELEASE_IMAGE"

// releaseFlags say which release, beside the first argument.
type releaseFlags struct {
	releases   []string
	from       []string // the same with oc's name for it
	repository string
}

// What --release means for a command.
const (
	oneRelease       = "The release; the same as the first argument"
	releaseOfNames   = "The release; every argument is then a NAME"
	releasesTogether = releaseOfNames + "; give it again for more releases"
)

func (r *releaseFlags) add(cmd *cobra.Command, meaning string) {
	cmd.Flags().StringArrayVar(&r.releases, "release", nil, meaning)
	cmd.Flags().StringVar(&r.repository, "release-repository", defaultRepository,
		"Repository of a release that is given by its version, and of the pull spec of one that comes from a file")
}

// addFrom adds the name that oc has for --release.
func (r *releaseFlags) addFrom(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&r.from, "from", nil, "The same as --release, as oc calls it")
}

// flagged are the releases that flags name.
func (r *releaseFlags) flagged() []string { return slices.Concat(r.releases, r.from) }

// target is what the arguments of a command name.
type target struct {
	releases []string
	names    []string

	fromEnvironment bool // releases is what the environment names
}

// parseTarget splits arguments into the release and the names: with --release all are names, else the first
// is the release, else the environment names it, else nothing does. It touches nothing but its arguments.
func parseTarget(args, flagged []string, fromEnvironment string) target {
	switch {
	case len(flagged) > 0:
		return target{releases: flagged, names: args}
	case len(args) > 0:
		return target{releases: args[:1], names: args[1:]}
	case fromEnvironment != "":
		return target{releases: []string{fromEnvironment}, fromEnvironment: true}
	}
	return target{}
}

// references reads the releases that the arguments of a command name, and the names.
func (r *releaseFlags) references(ctx context.Context, f *factory, command string, args []string) ([]image.Reference, []string, error) {
	if err := f.global.check(); err != nil {
		return nil, nil, err
	}
	if err := r.checkRepository(f); err != nil {
		return nil, nil, err
	}
	t := parseTarget(args, r.flagged(), f.Getenv(releaseVariable))
	f.fromEnvironment = t.fromEnvironment
	if count(t.releases, "-") > 1 {
		return nil, nil, fault.Errorf(fault.Usage, "--release - is given twice: standard input can be read once")
	}
	if len(t.releases) == 0 {
		ref, err := f.desired(ctx)
		return []image.Reference{ref}, nil, err
	}
	var list []image.Reference
	for _, text := range t.releases {
		ref, err := image.ParseReference(text)
		if errors.Is(err, image.ErrNotReference) || err != nil && command == "manifests" && looksLikeObject(text) {
			return nil, nil, r.notRelease(f, command, text, t)
		}
		if err != nil {
			return nil, nil, f.located(err)
		}
		f.write(ref.Repository)
		if ref.Kind == image.KindVersion {
			if ref, err = r.version(ctx, f, ref); err != nil {
				return nil, nil, err
			}
		}
		list = append(list, ref)
	}
	return list, t.names, nil
}

// checkRepository refuses a --release-repository that is none, whether or not the release at hand needs it.
func (r *releaseFlags) checkRepository(f *factory) error {
	if r.repository == defaultRepository {
		return nil
	}
	ref, err := image.ParseReference(r.repository + ":tag")
	if err != nil || ref.Kind != image.KindRegistry || ref.Repository != r.repository {
		return fault.Errorf(fault.Usage, "--release-repository %q: want HOST/REPOSITORY without a tag, such as %s", payload.HideUserinfo(r.repository), defaultRepository)
	}
	f.write(ref.Repository)
	return nil
}

// checkReleaseImage refuses a --release-image that is no pull spec; "" is none.
func checkReleaseImage(text string) error {
	if text == "" {
		return nil
	}
	if ref, err := image.ParseReference(text); err != nil || ref.Kind != image.KindRegistry || text != strings.TrimPrefix(text, "docker://") {
		return fault.Errorf(fault.Usage, "--release-image %q: want a pull spec, such as quay.io/org/repo:tag", payload.HideUserinfo(text))
	}
	return nil
}

// count is how often a text stands in a list.
func count(list []string, text string) int {
	n := 0
	for _, item := range list {
		if item == text {
			n++
		}
	}
	return n
}

// one is references for a command that takes one release and no names.
func (r *releaseFlags) one(ctx context.Context, f *factory, command string, args []string) (image.Reference, error) {
	ref, names, err := r.oneWithNames(ctx, f, command, args)
	if err == nil && len(names) > 0 {
		err = f.seeHelp(command, "%s takes one release and no further arguments", command)
	}
	return ref, err
}

// seeHelp is the error of arguments that a command's help explains.
func (f *factory) seeHelp(command, format string, args ...any) error {
	return fault.WithHint(fault.Usage, fmt.Sprintf("see `%s %s --help`", f.Name, command), format, args...)
}

// oneWithNames is references for a command that takes one release, and names of what is in it.
func (r *releaseFlags) oneWithNames(ctx context.Context, f *factory, command string, args []string) (image.Reference, []string, error) {
	list, names, err := r.references(ctx, f, command, args)
	if err != nil {
		return image.Reference{}, nil, err
	}
	if len(list) > 1 {
		return image.Reference{}, nil, f.seeHelp(command, "%s takes one release", command)
	}
	return list[0], names, nil
}

// version is the image of a version: the one that the connected cluster knows, else a tag. The reference keeps the
// version, which the release is compared with once it was read.
func (r *releaseFlags) version(ctx context.Context, f *factory, ref image.Reference) (image.Reference, error) {
	known, ok, err := f.known(ctx, ref)
	if ok || err != nil {
		return known, err
	}
	return r.versionTag(f, ref)
}

// versionTag is the image of a version: the tag VERSION-ARCH in the release repository. Where no architecture was asked
// for, the tag VERSION will do too: releases of OKD, nightlies and those of CI have tags without an architecture.
func (r *releaseFlags) versionTag(f *factory, ref image.Reference) (image.Reference, error) {
	arch := ref.Arch
	if arch == "" {
		arch = cmp.Or(f.global.arch.value(), "amd64")
	}
	tag := ref.Version + "-" + tagArch(arch)
	tagged, err := image.ParseReference(r.repository + ":" + tag)
	if err != nil {
		return image.Reference{}, fault.Errorf(fault.Usage, "--release-repository %q: %w", payload.HideUserinfo(r.repository), err)
	}
	f.resolvedf("%s is %s", ref.Text, tagged.Text)
	tagged.Text, tagged.Version, tagged.Arch = ref.Text, ref.Version, ref.Arch
	if ref.Arch == "" && f.global.arch.value() == "" {
		tagged.Fallback = ref.Version
	}
	return tagged, nil
}
