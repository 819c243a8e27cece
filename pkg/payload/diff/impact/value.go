package impact

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// at returns the value at a path of fields, nil if there is none.
func at(value any, path ...string) any {
	for _, field := range path {
		fields, _ := value.(map[string]any)
		value = fields[field]
	}
	return value
}

func fieldsOf(value any) map[string]any {
	fields, _ := value.(map[string]any)
	return fields
}

func listOf(value any) []any {
	list, _ := value.([]any)
	return list
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

func isTrue(value any) bool { return value == true }

// textsOf returns the strings of a list, sorted, each once.
func textsOf(value any) []string {
	var texts []string
	for _, element := range listOf(value) {
		if text, ok := element.(string); ok {
			texts = append(texts, text)
		}
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// jsonOf returns a value as compact JSON with sorted keys.
func jsonOf(value any) string {
	text, _ := json.Marshal(value) // it was parsed from JSON
	return string(text)
}

// jsonsOf returns the elements of a list as JSON, sorted, each once.
func jsonsOf(value any) []string {
	var texts []string
	for _, element := range listOf(value) {
		texts = append(texts, jsonOf(element))
	}
	slices.Sort(texts)
	return slices.Compact(texts)
}

// namesOf returns the sorted keys of two maps, each once.
func namesOf[V any](a, b map[string]V) []string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(names)
	return slices.Compact(names)
}

// without returns the sorted texts that other does not have.
func without(texts, other []string) []string {
	return slices.DeleteFunc(slices.Clone(texts), func(text string) bool {
		_, has := slices.BinarySearch(other, text)
		return has
	})
}

// enumerate joins the first texts with commas, and counts the others.
func enumerate(texts []string) string {
	const shown = 8
	if len(texts) <= shown {
		return strings.Join(texts, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(texts[:shown], ", "), len(texts)-shown)
}

// shorten returns a text on one line, of up to 200 characters.
func shorten(text string) string {
	const most = 200
	text = strings.Join(strings.Fields(text), " ")
	if characters := []rune(text); len(characters) > most {
		return string(characters[:most]) + "…"
	}
	return text
}
