package plugin

import (
	"context"
	"fmt"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/graphpage"
)

// evaluated is a release with its manifests, and what becomes of each in the cluster that the flags describe.
type evaluated struct {
	*loaded
	files   payload.Files
	payload *manifest.Payload
	entries []manifest.Entry

	described  []graphpage.Setting // the cluster that the flags describe
	connected  *connected          // nil unless the cluster was asked
	incomplete bool                // the operator's manifests ask for a release image that is not known
}

// wantManifests is what is read to list a payload's manifests.
func wantManifests() image.Want {
	return image.Want{Operator: true, Contents: func(_, name string) bool { return payload.IsManifestName(name) }}
}

// listManifests is what is read where nobody looks at the manifests' texts: an index of them, when there is one.
func listManifests() readOptions { return readOptions{want: wantManifests(), index: true} }

// evaluate reads a release with its manifests and decides about each.
func (f *factory) evaluate(ctx context.Context, ref image.Reference, repository string, c inclusion, o readOptions) (*evaluated, error) {
	if c.flags.byCluster {
		var err error
		var without string
		if c.connected, without, err = f.ask(ctx, c.given); err != nil {
			return nil, byCluster(err, without)
		}
	}
	release, files, err := f.read(ctx, ref, repository, o)
	if err != nil {
		return nil, err
	}
	e := f.render(ref, release, files, c)
	if err := e.checkLimits(); err != nil {
		return nil, err
	}
	if err := c.checkNames(e.payload.Objects, release.Version); err != nil {
		return nil, err
	}
	settings := c.settings(e.payload.Objects, release.Version)
	if c.connected != nil && !c.given("capabilities") && !c.connected.runs(release.Version) {
		if settings.ImplicitCapabilities, err = f.implicitCapabilities(ctx, c, e.payload.Objects, settings); err != nil {
			return nil, err
		}
	}
	f.judge(e, c, settings)
	return e, e.checkLimits()
}

// checkLimits is the error of a payload whose manifests are beyond a limit. What is converted later counts too, so it is
// to be asked before anything that was converted is printed.
func (e *evaluated) checkLimits() error {
	if err := e.payload.Err(); err != nil {
		return fmt.Errorf("%s: %w", e.identity.Reference, err)
	}
	return nil
}

// refusal is why the operator refuses a payload whatever its manifests are, empty when it does not
// (cluster-version-operator, pkg/payload/payload.go).
func (l *loaded) refusal() string {
	if l.Metadata == nil {
		return "it has no file " + payload.MetadataName
	}
	return l.Conflict()
}

// warnRefused tells of a payload that no cluster takes. Versions that differ were told of when the release was read.
func (f *factory) warnRefused(e *evaluated) {
	if e.Metadata == nil && len(e.entries) > 0 {
		f.warnf("a cluster refuses this payload: %s", e.refusal())
	}
}

// decide renders the operator's manifests and says of every one what becomes of it.
func (f *factory) decide(ref image.Reference, release *loaded, files payload.Files, c inclusion) (*evaluated, error) {
	e := f.render(ref, release, files, c)
	f.judge(e, c, c.settings(e.payload.Objects, release.Version))
	return e, e.checkLimits()
}

// render reads the manifests of a release, the operator's own as templates give them.
func (f *factory) render(ref image.Reference, release *loaded, files payload.Files, c inclusion) *evaluated {
	pullSpec := f.releaseImage(release, c.connected)
	if c.flags.releaseImage != "" {
		pullSpec = c.flags.releaseImage
	}
	images := map[string]string{}
	for _, component := range release.Components {
		images[component.Name] = component.Image
	}
	rendered := manifest.Rendered(files.Operator)
	p := release.manifests(files, manifest.Render{
		ReleaseImage: pullSpec, ClusterProfile: c.profile(), Images: images,
		Done: ref.Kind == image.KindFolder && rendered,
	})
	return &evaluated{loaded: release, files: files, payload: p, connected: c.connected, incomplete: pullSpec == "" && !rendered}
}

// judge says of every manifest what becomes of it, and warns of what is odd in them and in the settings.
func (f *factory) judge(e *evaluated, c inclusion, settings manifest.Settings) {
	entries, warnings := manifest.Evaluate(e.payload.Objects, settings)
	e.entries, e.described = entries, c.describe(settings)
	for _, warning := range slices.Concat(e.payload.Warnings, warnings) {
		f.warnf("%s", warning)
	}
	if e.incomplete {
		f.warnf("the operator's manifests are rendered without their release image, which this source does not name: --release-image does")
	}
	for _, doubt := range c.doubts(e.payload.Objects, settings) {
		f.warnf("%s", doubt)
	}
}
