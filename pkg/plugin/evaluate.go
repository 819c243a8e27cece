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
)

// evaluated is a release with its manifests, and what becomes of each in the cluster that the flags describe.
type evaluated struct {
	*image.Release
	payload  *manifest.Payload
	entries  []manifest.Entry
	settings manifest.Settings

	connected  *cluster.Inclusion // nil unless the cluster was asked
	incomplete bool               // the operator's manifests ask for a release image that is not known
}

// evaluate reads a release with its manifests and decides about each.
func (s *session) evaluate(ctx context.Context, t target, r inclusionRequest, o image.ReadOptions) (*evaluated, error) {
	var connected *cluster.Inclusion
	if r.byCluster {
		var err error
		if connected, err = s.askCluster(ctx, r.choices); err != nil {
			return nil, err
		}
	}
	release, err := s.read(ctx, t, o)
	if err != nil {
		return nil, err
	}
	e := render(t, release, r, connected)
	if err := e.checkLimits(); err != nil {
		return nil, err
	}
	if err := manifest.CheckNames(r.named, e.payload.Objects, release.Version); err != nil {
		return nil, err
	}
	e.settings = r.settings(connected, e.payload.Objects, release.Version)
	if connected != nil && r.choices.EnabledCapabilities == nil && !connected.Runs(release.Version) {
		if e.settings.ImplicitCapabilities, err = s.implicitCapabilities(ctx, r, e); err != nil {
			return nil, err
		}
	}
	var warnings []manifest.Warning
	e.entries, warnings = manifest.Evaluate(e.payload.Objects, e.settings)
	s.warnAbout(e, r, warnings)
	return e, e.checkLimits()
}

// checkLimits is the error of a payload whose manifests are beyond a limit. What is converted later counts too, so callers
// ask before they print anything that was converted.
func (e *evaluated) checkLimits() error {
	if err := e.payload.Err(); err != nil {
		return fmt.Errorf("%s: %w", e.Identity.Reference, err)
	}
	return nil
}

// render reads the manifests of a release, the operator's own as templates give them.
func render(t target, release *image.Release, r inclusionRequest, connected *cluster.Inclusion) *evaluated {
	pullSpec := r.releaseImage
	if pullSpec == "" {
		pullSpec = t.clusterImage
	}
	if pullSpec == "" && connected != nil {
		pullSpec = connected.ReleaseImage(release.Identity.ListDigest, release.Identity.Digest)
	}
	if pullSpec == "" {
		pullSpec = release.PullSpec
	}
	p := release.Manifests(manifest.Render{ReleaseImage: pullSpec, ClusterProfile: r.profile(connected)})
	return &evaluated{
		Release: release, payload: p, connected: connected,
		incomplete: pullSpec == "" && !manifest.Rendered(release.Files.Operator),
	}
}

// warnAbout warns of what is odd in manifests and in the settings.
func (s *session) warnAbout(e *evaluated, r inclusionRequest, warnings []manifest.Warning) {
	for _, warning := range slices.Concat(e.payload.Warnings, warnings) {
		s.warnf("%s", warning)
	}
	if e.incomplete {
		s.warnf("the operator's manifests are rendered without the release image, which this source does not name: set it with --release-image")
	}
	overridesFrom := "--overrides"
	if e.connected != nil && r.choices.Overrides == nil {
		overridesFrom = "overrides of the cluster at " + e.connected.Version.Server
	}
	for _, text := range manifest.WithoutEffect(e.payload.Objects, e.settings, r.gates, overridesFrom) {
		s.warnf("%s", text)
	}
}

// warnRefused warns of a payload that no cluster takes. Reading the release has warned of versions that differ.
func (s *session) warnRefused(e *evaluated) {
	if e.Metadata == nil && len(e.entries) > 0 {
		s.warnf("a cluster refuses this payload: %s", e.Refusal())
	}
}

// askCluster reads from the cluster what --included-by-cluster needs beyond the flags that were given. An error names the
// flags that do without the question.
func (s *session) askCluster(ctx context.Context, c manifest.Choices) (*cluster.Inclusion, error) {
	var without []cluster.Part
	if c.FeatureSet != nil && c.Gates != nil {
		without = append(without, cluster.PartGates)
	}
	if c.Profile != nil && c.ExcludeIdentifier != nil {
		without = append(without, cluster.PartOperator)
	}
	connected, failed, err := s.cluster.Inclusion(ctx, without...)
	if err != nil {
		flags := map[cluster.Part]string{
			cluster.PartGates: "--feature-set and --feature-gates", cluster.PartOperator: "--profile and --exclude-identifier",
		}[failed]
		return nil, byClusterError(err, flags)
	}
	settings := connected.Settings(nil, "")
	s.infof("the cluster at %s has profile %s, feature set %s, exclude identifier %q and %d overrides", connected.Version.Server,
		settings.Profile, featureSetName(settings), settings.ExcludeIdentifier, len(settings.Overrides))
	return connected, nil
}

// byClusterError says for what the cluster was asked, and which flags do without it.
func byClusterError(err error, flags string) error {
	if flags == "" || fault.KindOf(err) == fault.Network {
		return fault.Errorf(fault.KindOf(err), "--included-by-cluster: %w", err)
	}
	return fault.WithHint(fault.KindOf(err), "with "+flags+" it is not needed", "--included-by-cluster: %w", err)
}

// implicitCapabilities are the capabilities that the operator of the connected cluster will enable by itself in an update
// to the release. The running release is read only when the settings leave out something of the update; one that cannot be
// read is a warning.
func (s *session) implicitCapabilities(ctx context.Context, r inclusionRequest, update *evaluated) ([]string, error) {
	enabled := update.settings.EnabledCapabilities
	if enabled == nil {
		return nil, nil
	}
	entries, _ := manifest.Evaluate(update.payload.Objects, update.settings)
	missing := manifest.MissingCapabilities(entries, enabled)
	if len(missing) == 0 {
		return nil, nil
	}
	running, err := s.runningManifests(ctx, r, update.connected)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		s.warnf("%s: %v", update.connected.UndecidedCapabilities(missing), err)
		return nil, nil
	}
	implicit := manifest.ImplicitCapabilities(running, entries, enabled)
	if len(implicit) > 0 {
		s.infof("the operator will enable %s by itself: release %s, which the cluster runs, already applies objects that need it in the update",
			strings.Join(implicit, ", "), update.connected.Version.Desired.Version)
	}
	return implicit, nil
}

// runningManifests are the manifests of the release that the connected cluster runs, as its operator decides about them.
func (s *session) runningManifests(ctx context.Context, r inclusionRequest, connected *cluster.Inclusion) ([]manifest.Entry, error) {
	desired := connected.Version.Desired
	t, err := clusterTarget(connected.Version, desired)
	if err != nil {
		return nil, err
	}
	warnf := func(format string, args ...any) {
		s.warnf("release %s, which the cluster runs: %s", desired.Version, fmt.Sprintf(format, args...))
	}
	release, err := s.readWith(ctx, t, image.ListManifests(defaultRepository), warnf)
	if err != nil {
		return nil, err
	}
	running := render(t, release, r, connected)
	if err := running.checkLimits(); err != nil {
		return nil, err
	}
	objects := running.payload.Objects
	settings := r.settings(connected, objects, desired.Version)
	settings.Overrides = nil
	entries, _ := manifest.Evaluate(objects, settings)
	return entries, nil
}
