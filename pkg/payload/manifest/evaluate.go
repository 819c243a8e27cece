package manifest

import (
	"fmt"
	"slices"
)

// State says whether the operator applies an object.
type State string

// The states.
const (
	Included State = "included" // loaded and applied
	Excluded State = "excluded" // not loaded, or loaded but not applied: see Entry.Loaded
	Invalid  State = "invalid"  // cannot be read: see Object.Problem
)

// Entry is an object with the decision of a cluster's operator about it.
type Entry struct {
	*Object

	State State
	// Reason is the first rule that failed. For an included object it names the capabilities that the operator enables by
	// itself, or is empty.
	Reason string

	// Loaded objects count in the hash and in the task graph, even if they are not applied. Index numbers them from 1, as the
	// operator's log does; it is 0 for objects that are not loaded.
	Loaded bool
	Index  int
}

// Evaluate decides about every object and returns an entry for each, in the same order. It warns if the payload does not say
// which feature gates are enabled.
func Evaluate(objects []*Object, settings Settings) ([]Entry, []Warning) {
	r, warnings := newRules(objects, settings)
	entries := make([]Entry, len(objects))
	loaded := 0
	for i, object := range objects {
		entry := Entry{Object: object, State: Included}
		if object.Problem != "" {
			entry.State, entry.Reason = Invalid, object.Problem
		} else if err := r.load(object); err != nil {
			entry.State, entry.Reason = Excluded, err.Error()
		} else {
			loaded++
			entry.Loaded, entry.Index = true, loaded
			if err := r.apply(object); err != nil {
				entry.State, entry.Reason = Excluded, err.Error()
			} else {
				entry.Reason = r.implicit(object)
			}
		}
		entries[i] = entry
	}
	return entries, warnings
}

// Undecided returns an entry for each object, in the same order, without deciding about it: its State is empty, or Invalid.
func Undecided(objects []*Object) []Entry {
	entries := make([]Entry, len(objects))
	for i, object := range objects {
		entries[i] = Entry{Object: object}
		if object.Problem != "" {
			entries[i].State, entries[i].Reason = Invalid, object.Problem
		}
	}
	return entries
}

// newRules finds the enabled feature gates.
func newRules(objects []*Object, settings Settings) (rules, []Warning) {
	r := rules{Settings: settings, gatesChecked: settings.Gates.Mode != UncheckedGates}
	var warnings []Warning
	enabled := settings.Gates.Enabled
	if settings.Gates.Mode == PayloadGates {
		found, ok, err := EnabledGates(objects, settings)
		switch {
		case err != nil:
			warnings = append(warnings, Warning{Message: fmt.Sprintf("feature gates of the payload: %v", err)})
		case !ok && needsGates(objects):
			warnings = append(warnings, Warning{Message: fmt.Sprintf(
				"the payload has no FeatureGate manifest for profile %s and feature set %s: no gate is enabled",
				settings.profile(), settings.featureSet())})
		}
		enabled = found
	}
	r.gates = make(map[string]bool, len(enabled))
	for _, gate := range enabled {
		r.gates[gate] = true
	}
	return r, warnings
}

// needsGates reports whether an object depends on a feature gate.
func needsGates(objects []*Object) bool {
	return slices.ContainsFunc(objects, func(o *Object) bool { return len(o.FeatureGates) > 0 })
}

// Loaded returns the entries that count in the hash and in the task graph.
func Loaded(entries []Entry) []Entry {
	var loaded []Entry
	for _, entry := range entries {
		if entry.Loaded {
			loaded = append(loaded, entry)
		}
	}
	return loaded
}
