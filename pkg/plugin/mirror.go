package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// mirrorFlags are the flags of mirror.
type mirrorFlags struct {
	copyFlags
	to, toReleaseImage, toAuthFile string
	layout                         string
	objects                        objectFlags
}

// mirrorRequest copies releases to a registry.
type mirrorRequest struct {
	copyRequest
	toAuthFile string
}

func newMirrorCommand(f *factory) *cobra.Command {
	c := &mirrorFlags{}
	cmd := &cobra.Command{
		Use:   "mirror [RELEASE...] --to REGISTRY/REPOSITORY",
		Short: "Copy releases to a registry, with their images and signatures",
		Long: `Copy releases to a registry: the release images, all component images, and their sigstore signatures.
Digests do not change, manifest lists stay whole, and each blob is moved once. OpenPGP signatures are
kept in the cache.

The releases are verified first: one with an invalid signature is not copied. The run can be
interrupted at any time: run the command again to continue.

The tags of --layout oc are VERSION-ARCH and VERSION-ARCH-COMPONENT, as those of
` + "`oc adm release mirror`" + `; --layout oc-mirror writes to openshift/release-images:VERSION-ARCH and
openshift/release:VERSION-ARCH-COMPONENT below --to.

With --from, what ` + "`pull`" + ` saved is copied: all of it, or the versions in the arguments. Nothing but the
target is contacted.

--manifests-to writes what clusters need to use the mirror: mirror sets, OpenPGP signatures, and what to add to
install-config.yaml; also files for podman and skopeo. The same releases give the same bytes.

The exit code is 7 if a signature is missing that the clusters of the release require.`,
		Example: examples(f.Name, `
# A release, with credentials for both registries in one file
%[1]s mirror 4.14.0 --to registry.example.com/ocp/release --authfile pull-secret.json

# What would be copied, with sizes
%[1]s mirror 4.14.0 --to registry.example.com/ocp/release --dry-run

# What pull saved in a directory
%[1]s mirror --from oci:releases --to registry.example.com/ocp/release

# Two releases to where oc-mirror puts them
%[1]s mirror 4.14.0 4.14.1 --to registry.example.com --layout oc-mirror

# Also what clusters need to use the mirror
%[1]s mirror 4.14.0 --to registry.example.com/ocp/release --manifests-to files

# The bootstrap images of a multi-architecture release
%[1]s mirror 4.14.0-multi --to registry.example.com/ocp/release --group bootstrap`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	flags := cmd.Flags()
	flags.StringVar(&c.to, "to", "", "Repository to copy to: REGISTRY/REPOSITORY")
	flags.StringVar(&c.layout, "layout", mirror.LayoutOC, "Names at the target: oc or oc-mirror")
	flags.StringVar(&c.toReleaseImage, "to-release-image", "", "Repository for the release images, with a tag if you like, in place of that of the layout")
	flags.StringVar(&c.toAuthFile, "to-authfile", "", "File with credentials for the target (default: those of --authfile)")
	c.objects.add(cmd)
	flags.BoolVar(&c.repair, "repair", false, "Also look for the parts of images that the target has, and copy those that it lost")
	c.add(cmd)
	c.release.addFrom(cmd)
	return cmd
}

func (c *mirrorFlags) complete(f *factory, args []string) (request, error) {
	if c.to == "" {
		return nil, f.seeHelp("mirror", "--to is missing: name the repository to copy to, such as --to registry.example.com/ocp/release")
	}
	layout, err := parseLayout("--to", c.to, c.layout, c.toReleaseImage)
	if err != nil {
		return nil, err
	}
	r := &mirrorRequest{toAuthFile: c.toAuthFile}
	if r.copyRequest, err = c.copyFlags.complete(f, "mirror", layout, args); err != nil {
		return nil, err
	}
	if r.layout.ReleaseImage.Tag != "" && len(r.releases) > 1 {
		return nil, f.seeHelp("mirror", "--to-release-image has a tag, and %d releases cannot have the same", len(r.releases))
	}
	r.objects, err = c.objects.complete(f, layout)
	return r, err
}

// parseLayout reads where releases are in a registry. flag names the one with the repository.
func parseLayout(flag, repository, layout, toReleaseImage string) (mirror.Layout, error) {
	l := mirror.Layout{Name: layout}
	if layout != mirror.LayoutOC && layout != mirror.LayoutOCMirror {
		return l, fault.Errorf(fault.Usage, "--layout %q: want %s or %s", layout, mirror.LayoutOC, mirror.LayoutOCMirror)
	}
	var err error
	if l.To, err = parseTarget(flag, repository, layout == mirror.LayoutOCMirror); err != nil {
		return l, err
	}
	if toReleaseImage != "" {
		l.ReleaseImage, err = oci.ParsePullSpec(strings.TrimPrefix(toReleaseImage, "docker://"))
		if err != nil || l.ReleaseImage.Digest != "" {
			return l, fault.Errorf(fault.Usage, "--to-release-image %q: want REGISTRY/REPOSITORY or REGISTRY/REPOSITORY:TAG", payload.HideUserinfo(toReleaseImage))
		}
	}
	return l, nil
}

// parseTarget reads the value of a flag with the repository of a mirror. hostOnly allows a registry without a path.
func parseTarget(flag, text string, hostOnly bool) (oci.Repository, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(text, "docker://"), "/")
	r, err := oci.ParseRepository(name)
	if err != nil && hostOnly && !strings.Contains(name, "/") {
		if below, hostErr := oci.ParseRepository(name + "/x"); hostErr == nil {
			return oci.Repository{Host: below.Host}, nil
		}
	}
	if err != nil {
		return r, fault.Errorf(fault.Usage, "%s %q: want REGISTRY/REPOSITORY without a tag, such as registry.example.com/ocp/release", flag, payload.HideUserinfo(text))
	}
	return r, nil
}

// hosts adds the target to the registries that the command line names.
func (r *mirrorRequest) hosts() []string {
	hosts := append(r.releaseRequest.hosts(), r.layout.To.Host)
	if !r.layout.ReleaseImage.Repository.IsZero() {
		hosts = append(hosts, r.layout.ReleaseImage.Host)
	}
	return hosts
}

func (r *mirrorRequest) run(ctx context.Context, s *session) error {
	if r.objects != nil && !r.dryRun {
		if err := r.objects.check(); err != nil {
			return fmt.Errorf("--manifests-to: %w", err)
		}
	}
	target, err := r.target(ctx, s)
	if err != nil {
		return err
	}
	return r.copyRequest.run(ctx, s, target)
}

// target returns the registry to copy to, which has credentials of its own with --to-authfile.
func (r *mirrorRequest) target(ctx context.Context, s *session) (registryTarget, error) {
	client := s.registries
	if r.toAuthFile != "" {
		options := s.registryOptions(r.hosts())
		options.AuthFile, options.AuthFlag, options.PullSecret = r.toAuthFile, "--to-authfile", nil
		client = registry.New(options)
		if err := client.CheckFiles(ctx); err != nil {
			return registryTarget{}, err
		}
	}
	open := mirror.Targets(func(repository oci.Repository) mirror.TagTarget { return client.Target(repository) })
	return registryTarget{client: client, source: s.registries, repository: open}, nil
}

// registryTarget is a registry to copy to.
type registryTarget struct {
	client, source *registry.Client
	repository     func(oci.Repository) mirror.Target
}

func (t registryTarget) open(repository oci.Repository) mirror.Target {
	return t.repository(repository)
}

// take takes the permits of both registries, which are one client's unless each has credentials of its own.
func (t registryTarget) take(ctx context.Context, from, to oci.Repository) (context.Context, func(), error) {
	if t.client != t.source {
		return t.source.Take(ctx, from)
	}
	return t.source.Take(ctx, from, to)
}

func (t registryTarget) isLocal() bool { return false }

func (t registryTarget) isReady() bool { return true }

func (t registryTarget) parts() []string { return nil }

func (t registryTarget) prepare(context.Context, *mirror.Plan, []readRelease) error { return nil }

// finish has nothing to do: a registry keeps what it accepted.
func (t registryTarget) finish(context.Context, []readRelease) error { return nil }
