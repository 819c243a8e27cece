package document

import (
	"bytes"
	"errors"

	yaml2 "go.yaml.in/yaml/v2"
	yaml3 "go.yaml.in/yaml/v3"
)

// checkAliases refuses a document whose aliases make it much longer than it is written, before they are followed: the
// parser bounds how many values they expand to, but not how long those are. What they add is taken from the budget.
func (b *Budget) checkAliases(document []byte) error {
	if !mayAlias(document) {
		return nil
	}
	added, err := b.added(document)
	switch {
	case err != nil:
		return err
	case added > MaxExpanded:
		if beyond := b.expand(costOfRefusal); beyond != nil {
			return beyond
		}
		return LimitErrorf("its aliases expand to more than the %d bytes that this program reads", MaxExpanded)
	}
	return b.expand(added)
}

// added counts what the aliases of a document add to it.
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

// decoded counts what the aliases of a document add to it by following them, for the documents that the newer parser
// refuses: those that Kubernetes' own refuses too, and some that it reads. What it refuses after it followed aliases
// counts too.
func (b *Budget) decoded(document []byte) (int64, error) {
	var nothing struct{}
	if err := yaml2.Unmarshal(document, &nothing); err != nil {
		if _, ofTypes := errors.AsType[*yaml2.TypeError](err); !ofTypes {
			return 0, err
		}
	}
	var content any
	if err := yaml2.Unmarshal(document, &content); err != nil {
		if beyond := b.expand(costOfRefusal); beyond != nil {
			return 0, beyond
		}
		return 0, err
	}
	return MaxExpanded - int64(spend(content, MaxExpanded)), nil
}

// costOfRefusal is what a document counts as whose aliases are too much: to find that out costs something too.
const costOfRefusal = 1 << 20

// spend takes the size of a value from a budget, and stops as soon as there is nothing left.
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

// counter counts how long a document is with its aliases expanded. A value is counted once, however often it is named.
type counter struct {
	added   int64 // by aliases of the document, without those that stand in what an alias names
	lengths map[*yaml3.Node]int64
}

// lengthOfValue is what a value takes at least.
const lengthOfValue = 8

var errEndless = errors.New("an alias stands inside the value that it names")

// length is the length of a node with all aliases below it expanded, about MaxExpanded when it is more.
func (c *counter) length(node *yaml3.Node) (int64, error) {
	if node.Kind == yaml3.AliasNode {
		length, known := c.lengths[node.Alias]
		if !known || length < 0 {
			return 0, errEndless
		}
		c.added = min(c.added+length, MaxExpanded+1)
		return length, nil
	}
	if node.Anchor != "" {
		if c.lengths == nil {
			c.lengths = map[*yaml3.Node]int64{}
		}
		c.lengths[node] = -1 // until it is known, to find a value that contains itself
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

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z'
}
