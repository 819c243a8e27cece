package manifest

import (
	"bytes"

	goyaml "go.yaml.in/yaml/v2"
)

// checkAliases refuses a document whose aliases make it much longer than it is written. The parser bounds how many
// nodes they expand to, but not how long those are.
func checkAliases(document []byte) error {
	if !mayAlias(document) {
		return nil
	}
	var content any
	if err := goyaml.Unmarshal(document, &content); err != nil {
		return err
	}
	if left := spend(content, maxExpanded); left < 0 {
		return beyond("its aliases expand to more than the %d bytes that this program reads", maxExpanded)
	}
	return nil
}

// mayAlias looks for an anchor and for an alias, each where one could stand.
func mayAlias(document []byte) bool {
	return hasIndicator(document, '&') && hasIndicator(document, '*')
}

// hasIndicator looks for a sign with a name behind it and nothing that belongs to a word before it.
func hasIndicator(document []byte, sign byte) bool {
	for i := 0; ; i++ {
		next := bytes.IndexByte(document[i:], sign)
		if next < 0 || i+next+1 == len(document) {
			return false
		}
		i += next
		after := document[i+1]
		named := isAlphanumeric(after) || after == '_' || after == '-'
		if named && (i == 0 || !isAlphanumeric(document[i-1])) {
			return true
		}
	}
}

// spend takes the size of a value from a budget, and stops as soon as there is nothing left.
func spend(value any, budget int) int {
	budget -= 8
	switch value := value.(type) {
	case string:
		return budget - len(value)
	case []any:
		for _, item := range value {
			if budget = spend(item, budget); budget < 0 {
				break
			}
		}
	case map[any]any:
		for key, item := range value {
			if budget = spend(item, spend(key, budget)); budget < 0 {
				break
			}
		}
	}
	return budget
}
