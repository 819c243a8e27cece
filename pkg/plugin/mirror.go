package plugin

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/store"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// mirrorFlags are the flags of mirror.
type mirrorFlags struct {
	release  releaseFlags
	output   *outputFlags
	trust    trustFlags
	selected selectionFlags

	to, toReleaseImage, toAuthFile    string
	layout, progress                  string
	dryRun, force                     bool
	skipSignatures, requireSignatures bool
}

// selectionFlags choose images of releases.
type selectionFlags struct {
	components, groups []string
	onlyRelease        bool
}

// mirrorRequest copies releases to a registry.
type mirrorRequest struct {
	releaseRequest
	output     *printers.Output
	trust      trustRequest
	layout     mirror.Layout
	selection  selectionFlags
	toAuthFile string
	progress   string

	dryRun, force                     bool
	skipSignatures, requireSignatures bool
}

func newMirrorCommand(f *factory) *cobra.Command {
	c := &mirrorFlags{}
	cmd := &cobra.Command{
		Use:   "mirror RELEASE... --to REGISTRY/REPOSITORY",
		Short: "Copy releases to a registry, with their images and signatures",
		Long: `Copy releases to a registry: the release images, all component images, and their sigstore signatures.
Digests do not change, manifest lists stay whole, and each blob is moved once. OpenPGP signatures are
kept in the cache.

The releases are verified first: one with an invalid signature is not copied. The run can be
interrupted at any time: run the command again to continue.

The tags of --layout oc are VERSION-ARCH and VERSION-ARCH-COMPONENT, as those of
` + "`oc adm release mirror`" + `; --layout oc-mirror writes to openshift/release-images:VERSION-ARCH and
openshift/release:VERSION-ARCH-COMPONENT below --to.

The exit code is 7 if a signature is missing that the clusters of the release require.`,
		Example: examples(f.Name, `
# A release, with credentials for both registries in one file
%[1]s mirror 4.14.0 --to registry.example.com/ocp/release --authfile pull-secret.json

# What would be copied, with sizes
%[1]s mirror 4.14.0 --to registry.example.com/ocp/release --dry-run

# Two releases to where oc-mirror puts them
%[1]s mirror 4.14.0 4.14.1 --to registry.example.com --layout oc-mirror

# The bootstrap images of a multi-architecture release
%[1]s mirror 4.14.0-multi --to registry.example.com/ocp/release --group bootstrap`),
		RunE: f.run(func(_ context.Context, args []string) (request, error) { return c.complete(f, args) }),
	}
	c.add(cmd)
	c.trust.add(cmd)
	c.release.add(cmd, "A release; may be repeated")
	c.release.addFrom(cmd)
	c.output = newOutputFlags(cmd, printers.Forms{Table: true, Lines: []string{"mapping"}})
	return cmd
}

func (c *mirrorFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.to, "to", "", "Repository to copy to: REGISTRY/REPOSITORY")
	flags.StringVar(&c.layout, "layout", mirror.LayoutOC, "Names at the target: oc or oc-mirror")
	flags.StringVar(&c.toReleaseImage, "to-release-image", "", "Repository for the release images, with a tag if you like, in place of that of the layout")
	flags.StringVar(&c.toAuthFile, "to-authfile", "", "File with credentials for the target (default: those of --authfile)")
	flags.StringSliceVar(&c.selected.components, "component", nil, "Copy only these components: names or patterns")
	flags.StringSliceVar(&c.selected.groups, "group", nil, "Copy only the components of these groups: "+strings.Join(payload.GroupNames(), ", "))
	flags.BoolVar(&c.selected.onlyRelease, "only-release", false, "Copy only the release images")
	flags.StringVar(&c.progress, "progress", display.ProgressAuto, "Progress on standard error: auto (bars on a terminal, else plain), plain, json or none")
	flags.BoolVar(&c.dryRun, "dry-run", false, "Print what would be copied, with sizes, and copy nothing")
	flags.BoolVar(&c.force, "force", false, "Replace tags at the target that have another digest")
	flags.BoolVar(&c.skipSignatures, "skip-signatures", false, "Do not copy sigstore signatures and do not check any signature")
	flags.BoolVar(&c.requireSignatures, "require-signatures", false, "Copy nothing if a required signature is missing: exit code 6 instead of 7")
}

func (c *mirrorFlags) complete(f *factory, args []string) (request, error) {
	r := &mirrorRequest{
		selection: c.selected, dryRun: c.dryRun, force: c.force, toAuthFile: c.toAuthFile, progress: c.progress,
		skipSignatures: c.skipSignatures, requireSignatures: c.requireSignatures,
	}
	var err error
	if r.output, err = c.output.output(f.Streams); err != nil {
		return nil, err
	}
	if r.layout, err = c.parseLayout(f); err != nil {
		return nil, err
	}
	if err := c.check(f); err != nil {
		return nil, err
	}
	if r.trust, err = c.trust.complete(f); err != nil {
		return nil, err
	}
	releases := releaseFlags{releases: slices.Concat(c.release.fromFlags(), args), repository: c.release.repository}
	if r.releaseRequest, err = releases.request(f, "mirror", nil); err != nil {
		return nil, err
	}
	if r.layout.ReleaseImage.Tag != "" && len(r.releases) > 1 {
		return nil, f.seeHelp("mirror", "--to-release-image has a tag, and %d releases cannot have the same", len(r.releases))
	}
	return r, nil
}

// check refuses flags that exclude each other.
func (c *mirrorFlags) check(f *factory) error {
	switch s := c.selected; {
	case s.onlyRelease && len(s.components)+len(s.groups) > 0:
		return f.seeHelp("mirror", "--only-release copies no component: leave out --component and --group")
	case c.skipSignatures && c.requireSignatures:
		return f.seeHelp("mirror", "--skip-signatures and --require-signatures exclude each other")
	case c.skipSignatures && len(c.trust.keyrings)+len(c.trust.keys) > 0:
		return f.seeHelp("mirror", "--skip-signatures checks no signature: leave out --keyring and --key")
	}
	for _, group := range c.selected.groups {
		if payload.GroupMembers(group) == nil {
			return fault.Errorf(fault.Usage, "--group %q: want one of %s", group, strings.Join(payload.GroupNames(), ", "))
		}
	}
	return display.CheckProgress(c.progress)
}

// parseLayout reads where to copy to.
func (c *mirrorFlags) parseLayout(f *factory) (mirror.Layout, error) {
	l := mirror.Layout{Name: c.layout}
	if c.layout != mirror.LayoutOC && c.layout != mirror.LayoutOCMirror {
		return l, fault.Errorf(fault.Usage, "--layout %q: want %s or %s", c.layout, mirror.LayoutOC, mirror.LayoutOCMirror)
	}
	if c.to == "" {
		return l, f.seeHelp("mirror", "--to is missing: name the repository to copy to, such as --to registry.example.com/ocp/release")
	}
	var err error
	if l.To, err = parseTarget(c.to, c.layout == mirror.LayoutOCMirror); err != nil {
		return l, err
	}
	if c.toReleaseImage != "" {
		l.ReleaseImage, err = oci.ParsePullSpec(strings.TrimPrefix(c.toReleaseImage, "docker://"))
		if err != nil || l.ReleaseImage.Digest != "" {
			return l, fault.Errorf(fault.Usage, "--to-release-image %q: want REGISTRY/REPOSITORY or REGISTRY/REPOSITORY:TAG", payload.HideUserinfo(c.toReleaseImage))
		}
	}
	return l, nil
}

// parseTarget reads --to. hostOnly allows a registry without a path.
func parseTarget(text string, hostOnly bool) (oci.Repository, error) {
	name := strings.TrimSuffix(strings.TrimPrefix(text, "docker://"), "/")
	r, err := oci.ParseRepository(name)
	if err != nil && hostOnly && !strings.Contains(name, "/") {
		if below, hostErr := oci.ParseRepository(name + "/x"); hostErr == nil {
			return oci.Repository{Host: below.Host}, nil
		}
	}
	if err != nil {
		return r, fault.Errorf(fault.Usage, "--to %q: want REGISTRY/REPOSITORY without a tag, such as registry.example.com/ocp/release", payload.HideUserinfo(text))
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

// perRegistry is the default of --max-per-registry.
func (r *mirrorRequest) perRegistry() int { return 8 }

func (r *mirrorRequest) run(ctx context.Context, s *session) (err error) {
	begun := time.Now()
	meter, err := s.copyMeter(ctx, r.progress)
	if err != nil {
		return err
	}
	defer func() { meter.Close(err) }()
	targets, err := r.targets(ctx, s)
	if err != nil {
		return err
	}
	if !r.dryRun && s.downloads == nil {
		remove, err := s.useTemporaryCache()
		if err != nil {
			return err
		}
		defer remove()
	}
	releases, missing, err := r.readReleases(ctx, s)
	if err != nil {
		return err
	}
	s.downloads.Wait() // so that the manifests of the releases are not read again
	plan, unsigned, err := r.plan(ctx, s, targets, releases)
	if err != nil {
		return err
	}
	missing = append(missing, unsigned...)
	if len(missing) > 0 && r.requireSignatures {
		return fault.Errorf(fault.Integrity, "nothing was copied, because of --require-signatures: %s", listed(missing))
	}
	if r.dryRun {
		document := r.planDocument(releases, plan, missing)
		return r.output.Print(ctx, s.Out, printers.MirrorPlan(document))
	}
	result, err := r.copy(ctx, s, targets, releases, plan, meter)
	meter.Close(err) // before the summary
	if err != nil {
		return err
	}
	document := r.resultDocument(releases, plan, result, missing, time.Since(begun))
	if err := r.output.Print(ctx, s.Out, printers.MirrorResult(document, mapping(plan))); err != nil {
		return err
	}
	if len(missing) > 0 {
		return fault.Errorf(fault.Partial, "everything was copied, but clusters of this release require signatures that the source does not have: %s", listed(missing))
	}
	return nil
}

// listed is a list of problems for an error of one line.
func listed(problems []string) string {
	if len(problems) == 1 {
		return problems[0]
	}
	return fmt.Sprintf("%s; and %d more", problems[0], len(problems)-1)
}

// readRelease is a release that was read and verified.
type readRelease struct {
	mirror.Release
	document v1alpha1.Release
	keys     []sigstore.Key // that are trusted for its signatures
}

// readReleases reads and verifies the releases. missing lists the signatures that they lack and need.
func (r *mirrorRequest) readReleases(ctx context.Context, s *session) (releases []readRelease, missing []string, err error) {
	targets, err := s.resolve(ctx, r.releaseRequest)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range targets {
		if t.reference.Kind != image.KindRegistry {
			return nil, nil, fault.Errorf(fault.Usage, "%s is not in a registry: only releases from registries are mirrored", t.reference.Text)
		}
		release, lacks, err := r.readRelease(ctx, s, t)
		s.opened.closeAll() // a payload takes 15 MB of memory, and is not needed any more
		if err != nil {
			return nil, nil, err
		}
		releases, missing = append(releases, release), append(missing, lacks...)
	}
	return releases, missing, nil
}

func (r *mirrorRequest) readRelease(ctx context.Context, s *session, t target) (readRelease, []string, error) {
	report, err := verify.Run(ctx, r.verification(s, t))
	if err != nil {
		return readRelease{}, nil, err
	}
	if err := report.Contradiction(); err != nil {
		return readRelease{}, nil, fmt.Errorf("nothing was copied: %w", err)
	}
	release, err := mirror.NewRelease(report.Release, s.flags.arch.value() != "")
	if err != nil {
		return readRelease{}, nil, err
	}
	if release.Components, err = r.choose(s, report.Release); err != nil {
		return readRelease{}, nil, err
	}
	read := readRelease{Release: release, document: releaseDocument(report.Release)}
	if read.keys, err = r.trust.sigstore.TrustedKeys(report.Release.Files); err != nil {
		return readRelease{}, nil, err
	}
	if r.skipSignatures || !release.Demand.OpenPGP || report.Signed(trust.OpenPGPCheck) {
		return read, nil, nil
	}
	return read, []string{"no trusted OpenPGP signature of " + t.reference.Text}, nil
}

// verification returns the request for package verify: all checks but those that reading and copying make anyway.
func (r *mirrorRequest) verification(s *session, t target) verify.Request {
	skip := []string{verify.Chain, verify.Image, verify.PayloadHash}
	if r.skipSignatures {
		skip = append(skip, trust.OpenPGPCheck, trust.SigstoreCheck)
	}
	q := verify.Request{
		Reference: t.reference, OpenPGP: r.trust.openPGP, Sigstore: r.trust.sigstore,
		Registry: s.registries, Parallel: s.perRegistry, Cache: s.downloads, Skip: skip,
		Cluster: s.cluster, ClusterNamed: s.flags.cluster.given(), ClusterImage: t.clusterImage,
	}
	if r.trust.cluster {
		q.OpenPGP.Cluster = &store.Cluster{Objects: s.cluster}
	}
	q.Read = func(ctx context.Context, o image.ReadOptions) (*image.Release, error) {
		o.Want.Operator = false // only the payload's hash depends on it
		return s.readToVerify(ctx, t, o, skip)
	}
	return q
}

// choose returns the components to copy.
func (r *mirrorRequest) choose(s *session, release *image.Release) ([]payload.Component, error) {
	names := slices.Clone(r.selection.components)
	for _, group := range r.selection.groups {
		for _, member := range payload.GroupMembers(group) {
			if _, ok := release.Component(member); ok {
				names = append(names, member)
			} else {
				s.warnf("release %s has no component %s, which is in the group %s", release.Version, member, group)
			}
		}
	}
	switch {
	case r.selection.onlyRelease:
		return nil, nil
	case len(r.selection.components)+len(r.selection.groups) == 0:
		return release.Components, nil
	}
	selection, err := release.Select(names)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(release.Components), func(c payload.Component) bool { return !selection.Components[c.Name] }), nil
}

// plan reads all manifests and signatures and plans the copy. unsigned lists the signatures that are needed and missing.
func (r *mirrorRequest) plan(ctx context.Context, s *session, targets targetRegistry, releases []readRelease) (plan *mirror.Plan, unsigned []string, err error) {
	list := make([]mirror.Release, len(releases))
	for i, release := range releases {
		list[i] = release.Release
	}
	wanted, err := r.layout.Wanted(list)
	if err != nil {
		return nil, nil, err
	}
	reader := mirror.Reader{Source: s.mirrorSource, Parallel: 2 * s.perRegistry}
	if !r.dryRun {
		reader.Target = targets.open
	}
	images, err := reader.Read(ctx, wanted)
	if err != nil {
		return nil, nil, err
	}
	if !r.skipSignatures {
		signatures, without, err := reader.Signatures(ctx, images)
		if err != nil && ctx.Err() == nil {
			err = fault.WithHint(fault.KindOf(err), "--skip-signatures leaves out all signatures", "reading signatures: %w", err)
		}
		if err != nil {
			return nil, nil, err
		}
		images = append(images, signatures...)
		unsigned = mirror.MissingSignatures(list, without)
	}
	plan, err = mirror.NewPlan(images)
	return plan, unsigned, err
}

// mirrorSource returns a repository to copy from, with the manifests that the cache has.
func (s *session) mirrorSource(repository oci.Repository) mirror.Source {
	return mirror.Cached(s.registries.Source(repository), repository, s.downloads)
}

// targetRegistry is the client for the target, and how a copy opens its repositories.
type targetRegistry struct {
	*registry.Client
	open func(oci.Repository) mirror.Target
}

// targets returns the client for the target, which has credentials of its own with --to-authfile.
func (r *mirrorRequest) targets(ctx context.Context, s *session) (targetRegistry, error) {
	client := s.registries
	if r.toAuthFile != "" {
		options := s.registryOptions(r.hosts())
		options.AuthFile, options.AuthFlag, options.PullSecret = r.toAuthFile, "--to-authfile", nil
		client = registry.New(options)
		if err := client.CheckFiles(ctx); err != nil {
			return targetRegistry{}, err
		}
	}
	return targetRegistry{client, mirror.Targets(func(repository oci.Repository) mirror.TagTarget { return client.Target(repository) })}, nil
}

// copy carries out a plan.
func (r *mirrorRequest) copy(ctx context.Context, s *session, targets targetRegistry, releases []readRelease, plan *mirror.Plan, meter mirror.Meter) (mirror.Result, error) {
	var keys []sigstore.Key
	for _, release := range releases {
		keys = append(keys, release.keys...)
	}
	return mirror.Copier{
		Source: s.mirrorSource, Target: targets.open, Store: s.downloads.Blobs(), Parallel: s.perRegistry, Force: r.force,
		Keys: keys, Meter: meter,
		Take: func(ctx context.Context, from, to oci.Repository) (context.Context, func(), error) {
			if targets.Client != s.registries {
				return s.registries.Take(ctx, from) // each client has permits of its own
			}
			return s.registries.Take(ctx, from, to)
		},
	}.Run(ctx, plan)
}

// useTemporaryCache gives a session without a cache one that remove deletes: blobs are kept in it while they are copied, and
// the payloads of the releases are not read twice.
func (s *session) useTemporaryCache() (remove func(), err error) {
	dir, err := os.MkdirTemp("", "oc-release-x-")
	if err != nil {
		return nil, fault.Errorf(fault.Local, "%w", err)
	}
	s.downloads = cache.New(cache.Options{Dir: dir, Notef: s.notef})
	return func() {
		s.downloads.Wait()
		_ = os.RemoveAll(dir)
	}, nil
}

// mapping lists what is copied, as `oc image mirror -f` reads it.
func mapping(plan *mirror.Plan) []string {
	var lines []string
	for _, image := range mirrorImages(plan) {
		lines = append(lines, image.Source+"="+image.Target)
	}
	return lines
}

// planDocument returns the plan as a document.
func (r *mirrorRequest) planDocument(releases []readRelease, plan *mirror.Plan, missing []string) *v1alpha1.MirrorPlan {
	document := v1alpha1.MirrorPlan{Blobs: len(plan.Blobs), Size: plan.Size(), MissingSignatures: missing}
	for _, release := range releases {
		document.Releases = append(document.Releases, release.document)
	}
	document.Images = mirrorImages(plan)
	return v1alpha1.NewMirrorPlan(document)
}

// mirrorImages lists what gets a tag at the target, in the order of the targets.
func mirrorImages(plan *mirror.Plan) (images []v1alpha1.MirrorImage) {
	for _, image := range plan.Images {
		for _, t := range image.Target {
			images = append(images, v1alpha1.MirrorImage{
				Type: image.Kind.String(), Source: image.Source.String(), Target: t.String(),
				Digest: image.Source.Digest.String(), MediaType: image.Root().MediaType, Size: image.Size(),
			})
		}
	}
	slices.SortFunc(images, func(a, b v1alpha1.MirrorImage) int { return strings.Compare(a.Target, b.Target) })
	return images
}

// resultDocument returns what was copied as a document.
func (r *mirrorRequest) resultDocument(releases []readRelease, plan *mirror.Plan, result mirror.Result, missing []string, took time.Duration) *v1alpha1.MirrorResult {
	document := v1alpha1.MirrorResult{
		Manifests:         v1alpha1.MirrorCount{Copied: result.Manifests, Present: result.Present},
		Blobs:             v1alpha1.MirrorCount{Copied: result.Blobs, Present: result.Skipped, CopiedSize: result.Bytes, PresentSize: result.SkippedSize},
		Seconds:           took.Round(time.Millisecond).Seconds(),
		MissingSignatures: missing, SkippedSignatures: r.skipSignatures,
	}
	for _, release := range releases {
		target, _ := r.layout.Release(release.Name) // the plan has it
		document.Releases = append(document.Releases, v1alpha1.MirrorTarget{Release: release.document, Target: target.String()})
	}
	for _, image := range plan.Images {
		if image.Signs != "" {
			document.Signatures += len(image.Target)
		} else {
			document.Images += len(image.Target)
		}
	}
	return v1alpha1.NewMirrorResult(document)
}
