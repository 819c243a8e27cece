package manifest

import "strings"

// ParseFileName reads run level and component from a file name of the form 0000_LEVEL_COMPONENT_REST. The level
// keeps its digits as they are: 5 and 05 are two levels. A component is words of letters and digits joined by single
// hyphens. ok is false for every other name, and such a file has no place in a level
// (cluster-version-operator, pkg/payload/task_graph.go).
func ParseFileName(name string) (level, component string, ok bool) {
	rest, ok := strings.CutPrefix(name, "0000_")
	if !ok {
		return "", "", false
	}
	level, rest, ok = strings.Cut(rest, "_")
	if !ok || level == "" || strings.Trim(level, "0123456789") != "" {
		return "", "", false
	}
	component, _, ok = strings.Cut(rest, "_")
	if !ok || !isComponent(component) {
		return "", "", false
	}
	return level, component, true
}

// isComponent says whether s is words of ASCII letters and digits with single hyphens between them.
func isComponent(s string) bool {
	for word := range strings.SplitSeq(s, "-") {
		if word == "" {
			return false
		}
		for i := range len(word) {
			if !isAlphanumeric(word[i]) {
				return false
			}
		}
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
