package diff

import (
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// compareVersions compares the component versions of two releases.
func compareVersions(old, new *payload.Release) []Value {
	return compareValues(versionTexts(old), versionTexts(new))
}

// versionTexts returns all values of each component version with commas between them.
func versionTexts(r *payload.Release) map[string]string {
	texts := make(map[string]string, len(r.Reported))
	for name, reported := range r.Reported {
		texts[name] = strings.Join(reported.Versions, ", ")
	}
	return texts
}

// compareMetadata compares the entries of release-metadata, if both releases have it.
func compareMetadata(old, new *payload.Release) []Value {
	if old.Metadata == nil || new.Metadata == nil {
		return nil
	}
	return compareValues(old.Metadata.Annotations(), new.Metadata.Annotations())
}

// compareValues returns the values that differ, sorted by name.
func compareValues(old, new map[string]string) []Value {
	names := map[string]bool{}
	for name := range old {
		names[name] = true
	}
	for name := range new {
		names[name] = true
	}
	var values []Value
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if old[name] != new[name] {
			values = append(values, Value{name, old[name], new[name]})
		}
	}
	return values
}
