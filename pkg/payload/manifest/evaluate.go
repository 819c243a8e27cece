package manifest

import "fmt"

// State says what becomes of an object.
type State string

// The states.
const (
	Included State = "included" // loaded and applied
	Excluded State = "excluded" // not loaded, or loaded and not applied: see Entry.Loaded
	Invalid  State = "invalid"  // not to be read, see Object.Problem
)

// Entry is an object with what the operator of a cluster makes of it.
type Entry struct {
	*Object

	State State
	// Reason is the first rule that failed. Of an included object it names the capabilities that the operator enables by
	// itself, and is mostly empty.
	Reason string

	// Loaded objects count in the hash and in the task graph, applied or not. Index is their place among each other,
	// from 1, as the operator's log numbers them; 0 for those that are not loaded.
	Loaded bool
	Index  int
}

// Evaluate decides about every object and gives one entry each, in the same order. The warnings tell of gates that
// were not found.
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

// newRules finds the gates that the settings speak of.
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

// needsGates says whether any object asks for gates.
func needsGates(objects []*Object) bool {
	for _, object := range objects {
		if len(object.FeatureGates) > 0 {
			return true
		}
	}
	return false
}

// Loaded are the entries that count in the hash and in the task graph.
func Loaded(entries []Entry) []Entry {
	var loaded []Entry
	for _, entry := range entries {
		if entry.Loaded {
			loaded = append(loaded, entry)
		}
	}
	return loaded
}
