package document

import (
	"bytes"
	"errors"

	yaml2 "go.yaml.in/yaml/v2"
	yaml3 "go.yaml.in/yaml/v3"
)

// checkAliases refuses a document if its aliases expand to more than MaxExpanded bytes, before the parser expands them: the parser
// limits the number of expanded values, but not their length. It counts the added bytes in the budget.
func (b *Budget) checkAliases(document []byte) error {
	if !mayAlias(document) {
		return nil
	}
	added, err := b.added(document)
	switch {
	case err != nil:
		return err
	case added > MaxExpanded:
		if err := b.expand(costOfRefusal); err != nil {
			return err
		}
		return LimitErrorf("its aliases expand to more than the %d bytes that this program reads", MaxExpanded)
	}
	return b.expand(added)
}

// added returns how many bytes the aliases of a document add to it.
func (b *Budget) added(document []byte) (int64, error) {
	defer b.Hold(document)()
	var root yaml3.Node
	if yaml3.Unmarshal(document, &root) != nil {
		return b.decoded(document)
	}
	count := counter{}
	_, err := count.length(&root)
	return count.added, err
}

// decoded is added for documents that the newer parser refuses, some of which the parser of Kubernetes reads. It expands the
// aliases. A document that the parser refuses after it has expanded aliases counts in the budget as well.
func (b *Budget) decoded(document []byte) (int64, error) {
	var nothing struct{}
	if err := yaml2.Unmarshal(document, &nothing); err != nil {
		if _, isTypeError := errors.AsType[*yaml2.TypeError](err); !isTypeError {
			return 0, err
		}
	}
	var content any
	if err := yaml2.Unmarshal(document, &content); err != nil {
		if exceeded := b.expand(costOfRefusal); exceeded != nil {
			return 0, exceeded
		}
		return 0, err
	}
	return MaxExpanded - int64(spend(content, MaxExpanded)), nil
}

// costOfRefusal is what a refused document counts in the budget for the work of refusing it, in bytes.
const costOfRefusal = 1 << 20

// spend subtracts the size of a value from a budget. It stops when the budget is negative.
func spend(value any, budget int) int {
	budget -= lengthOfValue
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

// counter computes the length of a document with expanded aliases. It visits each value once, even if aliases repeat it.
type counter struct {
	added   int64 // bytes that aliases add, except aliases inside values that other aliases repeat
	lengths map[*yaml3.Node]int64
}

// lengthOfValue is the minimum length of a value in bytes.
const lengthOfValue = 8

var errCycle = errors.New("an alias is inside the value that it repeats")

// length returns the length of a node with expanded aliases, MaxExpanded+1 if it is more.
func (c *counter) length(node *yaml3.Node) (int64, error) {
	if node.Kind == yaml3.AliasNode {
		length, known := c.lengths[node.Alias]
		if !known || length < 0 {
			return 0, errCycle
		}
		c.added = min(c.added+length, MaxExpanded+1)
		return length, nil
	}
	if node.Anchor != "" {
		if c.lengths == nil {
			c.lengths = map[*yaml3.Node]int64{}
		}
		c.lengths[node] = -1 // marks a value whose length is being computed, to find cycles
	}
	length := lengthOfValue + int64(len(node.Value))
	for _, child := range node.Content {
		more, err := c.length(child)
		if err != nil {
			return 0, err
		}
		length = min(length+more, MaxExpanded+1)
	}
	if node.Anchor != "" {
		c.lengths[node] = length
	}
	return length, nil
}

// mayAlias reports whether a document may have an anchor and an alias.
func mayAlias(document []byte) bool {
	return hasIndicator(document, '&') && hasIndicator(document, '*')
}

// hasIndicator reports whether an indicator occurs before a name and not within a word.
func hasIndicator(document []byte, indicator byte) bool {
	for i := 0; ; i++ {
		next := bytes.IndexByte(document[i:], indicator)
		if next < 0 || i+next+1 == len(document) {
			return false
		}
		i += next
		after := document[i+1]
		isName := isAlphanumeric(after) || after == '_' || after == '-'
		if isName && (i == 0 || !isAlphanumeric(document[i-1])) {
			return true
		}
	}
}

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
