package plugin

import (
	"context"
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// implicitCapabilities are the capabilities that the operator of the connected cluster will enable by itself in an update
// to these objects. The running release is read only when the settings leave out something of the update; one that
// cannot be read is a warning.
func (f *factory) implicitCapabilities(ctx context.Context, c inclusion, update []*manifest.Object, settings manifest.Settings) ([]string, error) {
	if settings.EnabledCapabilities == nil {
		return nil, nil
	}
	entries, _ := manifest.Evaluate(update, settings)
	missing := manifest.MissingCapabilities(entries, settings.EnabledCapabilities)
	if len(missing) == 0 {
		return nil, nil
	}
	running, err := f.runningManifests(ctx, c)
	switch {
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case err != nil:
		f.warnf("%s: %v", c.connected.undecided(missing), err)
		return nil, nil
	}
	implicit := manifest.ImplicitCapabilities(running, entries, settings.EnabledCapabilities)
	if len(implicit) > 0 {
		f.notef("the operator will enable %s by itself: release %s, which the cluster runs, already applies objects that need it in the update",
			strings.Join(implicit, ", "), c.connected.version.Desired.Version)
	}
	return implicit, nil
}

// runningManifests are the manifests of the release that the connected cluster runs, as its operator decides about them.
func (f *factory) runningManifests(ctx context.Context, c inclusion) ([]manifest.Entry, error) {
	version := c.connected.version
	ref, err := f.named(version, version.Desired)
	if err != nil {
		return nil, err
	}
	o := listManifests()
	o.subject = fmt.Sprintf("release %s, which the cluster runs", version.Desired.Version)
	release, files, err := f.read(ctx, ref, defaultRepository, o)
	if err != nil {
		return nil, err
	}
	e := f.render(ref, release, files, c)
	if err := e.checkLimits(); err != nil {
		return nil, err
	}
	objects := e.payload.Objects
	settings := c.settings(objects, version.Desired.Version)
	settings.Overrides = nil
	entries, _ := manifest.Evaluate(objects, settings)
	return entries, nil
}

// undecided says which capabilities count as disabled because the running release is not known: those that the cluster
// does not know, if there are any.
func (c *connected) undecided(missing []string) string {
	which := ""
	if unknown := manifest.Without(missing, c.version.KnownCapabilities); len(unknown) > 0 {
		missing, which = unknown, ", unknown to the cluster"
	}
	return fmt.Sprintf("these capabilities count as disabled%s: %s; the operator enables some by itself, but release %s, which the cluster runs, cannot be read",
		which, strings.Join(missing, ", "), c.version.Desired.Version)
}
