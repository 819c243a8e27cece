package manifest

import "strings"

// requirements cuts a comma-separated annotation into its words, without spaces and empty ones.
func requirements(value string) []string {
	var words []string
	for word := range strings.SplitSeq(value, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}
