package impact

import (
	"fmt"
	"maps"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// findCapabilities finds capabilities that are new, and those that the operator enables by itself: objects that a cluster already
// has need them in the new release.
func (f *finder) findCapabilities() {
	known := manifest.CapabilitiesOf(f.old.Payload.Objects)
	needed := f.objectsThatNeed()
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		isNew := !slices.Contains(known, name)
		existing := slices.DeleteFunc(slices.Clone(needed[name]), func(e *manifest.Entry) bool { return !f.existsWithout(e, name) })
		switch {
		case f.isEnabled(name):
			if isNew {
				f.add(Info, Capability, needed[name][0], fmt.Sprintf("capability %s is new, and enabled; %s", name, count(needed[name])))
			}
		case len(existing) > 0 || f.options.Included && slices.Contains(f.options.Settings.ImplicitCapabilities, name):
			subject := fmt.Sprintf("capability %s is enabled implicitly", name)
			if isNew {
				subject = fmt.Sprintf("capability %s is new, and enabled implicitly", name)
			}
			if !f.options.Included {
				subject += " in clusters that do not have it"
			}
			if len(existing) == 0 {
				f.add(Warning, Capability, needed[name][0], fmt.Sprintf("%s; %s", subject, count(needed[name])))
				break
			}
			f.add(Warning, Capability, existing[0], fmt.Sprintf("%s: %s, and %s without it", subject, count(existing), existedIn(existing, f.old.Release.Version)))
		case isNew:
			f.add(Info, Capability, needed[name][0], fmt.Sprintf("capability %s is new; %s", name, count(needed[name])))
		}
	}
}

// objectsThatNeed returns the objects of the new release by the capabilities that they need.
func (f *finder) objectsThatNeed() map[string][]*manifest.Entry {
	needed := map[string][]*manifest.Entry{}
	for i := range f.new.Entries {
		e := &f.new.Entries[i]
		// A cluster loads objects of capabilities that it has disabled, and does not apply them.
		if f.options.Included && !e.Loaded || !f.options.Included && !isApplied(e, f.options) {
			continue
		}
		for _, name := range e.Capabilities {
			needed[name] = append(needed[name], e)
		}
	}
	return needed
}

// isEnabled reports whether the cluster of the options enables a capability before or with the update because of its settings.
func (f *finder) isEnabled(name string) bool {
	enabled := f.options.Settings.EnabledCapabilities
	return f.options.Included && (enabled == nil || slices.Contains(enabled, name))
}

// existsWithout reports whether a cluster may have the object before the update although it does not have the capability.
func (f *finder) existsWithout(e *manifest.Entry, capability string) bool {
	return slices.ContainsFunc(f.options.overlapping(e, f.before.objects[keyOf(e)]), func(old *manifest.Entry) bool {
		return !slices.Contains(old.Capabilities, capability)
	})
}

func count(objects []*manifest.Entry) string {
	if len(objects) == 1 {
		return "1 object needs it"
	}
	return fmt.Sprintf("%d objects need it", len(objects))
}

func existedIn(objects []*manifest.Entry, version string) string {
	if len(objects) == 1 {
		return version + " has it"
	}
	return version + " has them"
}
