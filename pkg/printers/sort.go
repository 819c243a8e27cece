package printers

import (
	"fmt"
	"slices"
	"strings"

	"github.com/fvbommel/sortorder"
	"k8s.io/client-go/util/jsonpath"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// sorter orders the items of a list by the first value that a JSONPath finds in each.
type sorter struct {
	flag string
	path *jsonpath.JSONPath
}

func newSorter(flag string) (*sorter, error) {
	path, err := relaxedPath(flag)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "--sort-by %s: %w", flag, err)
	}
	return &sorter{flag: flag, path: path}, nil
}

// relaxedPath parses a JSONPath as kubectl's flags take it: x.y.z, .x.y.z, {.x.y.z} or {x.y.z}.
func relaxedPath(text string) (*jsonpath.JSONPath, error) {
	inner := text
	if strings.HasPrefix(inner, "{") {
		if !strings.HasSuffix(inner, "}") {
			return nil, fmt.Errorf("unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'")
		}
		inner = inner[1 : len(inner)-1]
	}
	if inner = strings.TrimPrefix(inner, "."); inner == "" {
		return nil, fmt.Errorf("the path is empty")
	}
	path := jsonpath.New("path").AllowMissingKeys(true)
	if err := path.Parse("{." + inner + "}"); err != nil {
		return nil, err
	}
	return path, nil
}

// first returns the first value that a path finds, nil if there is none.
func first(path *jsonpath.JSONPath, item any) (any, error) {
	found, err := path.FindResults(item)
	if err != nil {
		return nil, err
	}
	for _, results := range found {
		for _, value := range results {
			if value.IsValid() && value.CanInterface() {
				return value.Interface(), nil
			}
		}
	}
	return nil, nil
}

// sort sorts the items of a list document; other documents are not changed. A path that finds nothing in any item is
// fault.Usage.
func (s *sorter) sort(document any) error {
	list, ok := document.(Sortable)
	if !ok {
		return nil
	}
	_, all := splitList(document)
	keys := make([]any, len(all))
	order := make([]int, len(all))
	found := false
	for i, item := range all {
		order[i] = i
		values, err := toValues(item)
		if err != nil {
			return err
		}
		if keys[i], err = first(s.path, values); err != nil {
			return fault.Errorf(fault.Usage, "--sort-by %s: %w", s.flag, err)
		}
		found = found || keys[i] != nil
	}
	if len(all) > 0 && !found {
		return fault.Errorf(fault.Usage, "--sort-by %s: couldn't find any field with this path in the list of objects", s.flag)
	}
	slices.SortStableFunc(order, func(a, b int) int { return compare(keys[a], keys[b]) })
	list.Reorder(order)
	return nil
}

// compare orders absent values first, then numbers, then all other values as text. Digits in texts are compared as numbers.
func compare(a, b any) int {
	if a == nil || b == nil {
		switch {
		case a != nil:
			return 1
		case b != nil:
			return -1
		}
		return 0
	}
	x, xIsNumber := number(a)
	y, yIsNumber := number(b)
	switch {
	case xIsNumber && yIsNumber:
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	case xIsNumber:
		return -1
	case yIsNumber:
		return 1
	}
	s, t := fmt.Sprint(a), fmt.Sprint(b)
	switch {
	case s == t:
		return 0
	case sortorder.NaturalLess(s, t):
		return -1
	}
	return 1
}

func number(value any) (float64, bool) {
	switch n := value.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	}
	return 0, false
}
