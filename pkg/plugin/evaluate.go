package plugin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/cluster"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// evaluatedRelease is a release with its manifests, each with its state in the cluster that the flags describe.
type evaluatedRelease struct {
	*image.Release
	payload  *manifest.Payload
	entries  []manifest.Entry
	settings manifest.Settings

	inclusion         *cluster.Inclusion // nil without --included-by-cluster
	releaseImage      string             // with which the operator's manifests were rendered
	lacksReleaseImage bool               // the operator's manifests need a release image that is unknown
}

// evaluate reads a release with its manifests and decides which are included.
func (s *session) evaluate(ctx context.Context, t target, r inclusionRequest, o image.ReadOptions) (*evaluatedRelease, error) {
	inclusion, err := s.inclusion(ctx, r)
	if err != nil {
		return nil, err
	}
	release, err := s.read(ctx, t, o)
	if err != nil {
		return nil, err
	}
	e := render(t, release, r, inclusion, nil)
	if err := e.checkLimits(); err != nil {
		return nil, err
	}
	if err := manifest.CheckNames(r.names, e.payload.Objects, release.Version); err != nil {
		return nil, err
	}
	return e, s.decide(ctx, e, r, s.warnf)
}

// evaluateAll is evaluate for several releases that were read. A name has to exist in one of them. Each warning begins with the
// release that it is about.
func (s *session) evaluateAll(ctx context.Context, targets []target, releases []*image.Release, r inclusionRequest) ([]*evaluatedRelease, error) {
	inclusion, err := s.inclusion(ctx, r)
	if err != nil {
		return nil, err
	}
	evaluated := make([]*evaluatedRelease, len(releases))
	var objects []*manifest.Object
	var previous *manifest.Payload
	for i, release := range releases {
		evaluated[i] = render(targets[i], release, r, inclusion, previous)
		previous = evaluated[i].payload
		if err := evaluated[i].checkLimits(); err != nil {
			return nil, err
		}
		objects = append(objects, evaluated[i].payload.Objects...)
	}
	if err := manifest.CheckNames(r.names, objects, releases[len(releases)-1].Version); err != nil {
		return nil, err
	}
	for _, e := range evaluated {
		if err := s.decide(ctx, e, r, s.warnAbout(e)); err != nil {
			return nil, err
		}
	}
	return evaluated, nil
}

// warnAbout returns a function that prints warnings that begin with a release.
func (s *session) warnAbout(e *evaluatedRelease) func(format string, args ...any) {
	return func(format string, args ...any) {
		s.warnf("%s: %s", e.Identity.Reference, fmt.Sprintf(format, args...))
	}
}

// inclusion asks the cluster what --included-by-cluster needs, nil without the flag.
func (s *session) inclusion(ctx context.Context, r inclusionRequest) (*cluster.Inclusion, error) {
	if !r.byCluster {
		return nil, nil
	}
	return s.askCluster(ctx, r.choices)
}

// decide decides which manifests are included.
func (s *session) decide(ctx context.Context, e *evaluatedRelease, r inclusionRequest, warnf func(format string, args ...any)) (err error) {
	e.settings = r.settings(e.inclusion, e.payload.Objects, e.Version)
	if e.inclusion != nil && r.choices.EnabledCapabilities == nil && !e.inclusion.Runs(e.Version) {
		if e.settings.ImplicitCapabilities, err = s.implicitCapabilities(ctx, r, e); err != nil {
			return err
		}
	}
	var warnings []manifest.Warning
	e.entries, warnings = manifest.Evaluate(e.payload.Objects, e.settings)
	warnManifests(e, r, warnings, warnf)
	return e.checkLimits()
}

// checkLimits returns an error if the manifests exceed a limit. Converting manifests counts too, so callers check again
// before they print what they converted.
func (e *evaluatedRelease) checkLimits() error {
	if err := e.payload.Err(); err != nil {
		return fmt.Errorf("%s: %w", e.Identity.Reference, err)
	}
	return nil
}

// render reads the manifests of a release and renders the operator's own. Files that the payload of another release has are not
// read again; other may be nil.
func render(t target, release *image.Release, r inclusionRequest, inclusion *cluster.Inclusion, other *manifest.Payload) *evaluatedRelease {
	pullSpec := r.releaseImage
	if pullSpec == "" {
		pullSpec = t.clusterImage
	}
	if pullSpec == "" && inclusion != nil {
		pullSpec = inclusion.ReleaseImage(release.Identity.ListDigest, release.Identity.Digest)
	}
	if pullSpec == "" {
		pullSpec = release.PullSpec
	}
	p := release.ManifestsAfter(other, manifest.Render{ReleaseImage: pullSpec, ClusterProfile: r.profile(inclusion)})
	return &evaluatedRelease{
		Release: release, payload: p, inclusion: inclusion, releaseImage: pullSpec,
		lacksReleaseImage: pullSpec == "" && !manifest.Rendered(release.Files.Operator),
	}
}

// warnManifests prints warnings about the manifests and about settings that have no effect.
func warnManifests(e *evaluatedRelease, r inclusionRequest, warnings []manifest.Warning, warnf func(format string, args ...any)) {
	warnPayload(e, warnings, warnf)
	overridesFrom := "--overrides"
	if e.inclusion != nil && r.choices.Overrides == nil {
		overridesFrom = "overrides of the cluster at " + e.inclusion.Version.Server
	}
	for _, text := range manifest.WithoutEffect(e.payload.Objects, e.settings, r.gates, overridesFrom) {
		warnf("%s", text)
	}
}

// warnPayload prints warnings about the manifests, whatever the settings are.
func warnPayload(e *evaluatedRelease, others []manifest.Warning, warnf func(format string, args ...any)) {
	for _, warning := range slices.Concat(e.payload.Warnings, others) {
		warnf("%s", warning)
	}
	if e.lacksReleaseImage {
		warnf("the operator's manifests are rendered without the release image, which this source does not name: set it with --release-image")
	}
}

// warnRefused warns of a payload that every cluster refuses. Versions that differ were reported when the release was read.
func (s *session) warnRefused(e *evaluatedRelease) {
	if e.Metadata == nil && len(e.entries) > 0 {
		s.warnf("a cluster refuses this payload: %s", e.Refusal())
	}
}

// askCluster reads from the cluster the settings that --included-by-cluster needs and that no flag gives. An error names
// the flags that make the failed request unnecessary.
func (s *session) askCluster(ctx context.Context, c manifest.Choices) (*cluster.Inclusion, error) {
	var without []cluster.Part
	if c.FeatureSet != nil && c.Gates != nil {
		without = append(without, cluster.PartGates)
	}
	if c.Profile != nil && c.ExcludeIdentifier != nil {
		without = append(without, cluster.PartOperator)
	}
	inclusion, failed, err := s.cluster.Inclusion(ctx, without...)
	if err != nil {
		flags := map[cluster.Part]string{
			cluster.PartGates: "--feature-set and --feature-gates", cluster.PartOperator: "--profile and --exclude-identifier",
		}[failed]
		return nil, byClusterError(err, flags)
	}
	settings := inclusion.Settings(nil, "")
	s.infof("the cluster at %s has profile %s, feature set %s, exclude identifier %q and %d overrides", inclusion.Version.Server,
		settings.Profile, featureSetName(settings), settings.ExcludeIdentifier, len(settings.Overrides))
	return inclusion, nil
}

// byClusterError adds --included-by-cluster to an error, and the flags that make the request unnecessary.
func byClusterError(err error, flags string) error {
	if flags == "" || fault.KindOf(err) == fault.Network {
		return fault.Errorf(fault.KindOf(err), "--included-by-cluster: %w", err)
	}
	return fault.WithHint(fault.KindOf(err), "with "+flags+" it is not needed", "--included-by-cluster: %w", err)
}

// implicitCapabilities returns the capabilities that the operator of the connected cluster enables by itself in an update
// to the release. It reads the running release only if the settings exclude objects of the update. If that release cannot
// be read, it warns.
func (s *session) implicitCapabilities(ctx context.Context, r inclusionRequest, update *evaluatedRelease) ([]string, error) {
	enabled := update.settings.EnabledCapabilities
	if enabled == nil {
		return nil, nil
	}
	entries, _ := manifest.Evaluate(update.payload.Objects, update.settings)
	missing := manifest.MissingCapabilities(entries, enabled)
	if len(missing) == 0 {
		return nil, nil
	}
	running, err := s.runningManifests(ctx, r, update.inclusion)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		s.warnf("%s: %v", update.inclusion.UndecidedCapabilities(missing), err)
		return nil, nil
	}
	implicit := manifest.ImplicitCapabilities(running, entries, enabled)
	if len(implicit) > 0 {
		s.infof("the operator will enable %s by itself: release %s, which the cluster runs, already applies objects that need it in the update",
			strings.Join(implicit, ", "), update.inclusion.Version.Desired.Version)
	}
	return implicit, nil
}

// runningManifests returns the manifests of the release that the connected cluster runs, evaluated as its operator does.
func (s *session) runningManifests(ctx context.Context, r inclusionRequest, inclusion *cluster.Inclusion) ([]manifest.Entry, error) {
	desired := inclusion.Version.Desired
	t, err := clusterTarget(inclusion.Version, desired)
	if err != nil {
		return nil, err
	}
	warnf := func(format string, args ...any) {
		s.warnf("release %s, which the cluster runs: %s", desired.Version, fmt.Sprintf(format, args...))
	}
	release, err := s.readWith(ctx, t, image.ListManifests(oci.SplitRepository(defaultRepository)), warnf)
	if err != nil {
		return nil, err
	}
	running := render(t, release, r, inclusion, nil)
	if err := running.checkLimits(); err != nil {
		return nil, err
	}
	objects := running.payload.Objects
	settings := r.settings(inclusion, objects, desired.Version)
	settings.Overrides = nil
	entries, _ := manifest.Evaluate(objects, settings)
	return entries, nil
}
