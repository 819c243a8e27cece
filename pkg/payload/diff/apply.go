package diff

import (
	"fmt"
	"maps"
	"slices"
)

// Apply returns an object with changes made to it. Elements that are added to a list with a key come last. It does not change old;
// the result shares values with old and with the changes. The error says which path old does not have.
func Apply(old any, changes []Change) (any, error) { return apply(old, changes, 0) }

// apply makes changes that have the same first steps, depth of them.
func apply(old any, changes []Change, depth int) (any, error) {
	if len(changes) == 1 && len(changes[0].Path) == depth {
		return changes[0].New, nil
	}
	switch old := old.(type) {
	case map[string]any:
		return applyFields(old, changes, depth)
	case []any:
		if len(changes) > 0 && changes[0].Path[depth].kind == keyStep {
			return applyKeyed(old, changes, depth)
		}
		return applyPositions(old, changes, depth)
	}
	if len(changes) == 0 {
		return old, nil
	}
	return nil, fmt.Errorf("%s: there is no such value", changes[0].Path)
}

// byStep groups changes by the step at a depth, and returns the steps in the order of the changes.
func byStep(changes []Change, depth int) (steps []Step, groups map[Step][]Change) {
	groups = map[Step][]Change{}
	for _, c := range changes {
		step := c.Path[depth]
		if len(groups[step]) == 0 {
			steps = append(steps, step)
		}
		groups[step] = append(groups[step], c)
	}
	return steps, groups
}

// isLast returns the only change of a group if it is about the value that a step leads to.
func isLast(group []Change, depth int) (Change, bool) {
	return group[0], len(group) == 1 && len(group[0].Path) == depth+1
}

func applyFields(old map[string]any, changes []Change, depth int) (any, error) {
	new := maps.Clone(old)
	steps, groups := byStep(changes, depth)
	for _, step := range steps {
		group := groups[step]
		value, had := old[step.Field]
		last, ok := isLast(group, depth)
		switch {
		case had == (last.Kind == Added) && ok:
			return nil, fmt.Errorf("%s cannot be %s", last.Path, last.Kind)
		case ok && last.Kind == Removed:
			delete(new, step.Field)
		case ok:
			new[step.Field] = last.New
		default:
			var err error
			if new[step.Field], err = apply(value, group, depth+1); err != nil {
				return nil, err
			}
		}
	}
	return new, nil
}

func applyKeyed(old []any, changes []Change, depth int) (any, error) {
	steps, groups := byStep(changes, depth)
	elements, ok := byKey(old, steps[0].Key)
	if !ok {
		return nil, fmt.Errorf("%s: the elements have no key %s", changes[0].Path, steps[0].Key)
	}
	new := make([]any, 0, len(old))
	for _, e := range elements {
		step := Step{Key: steps[0].Key, Value: e.key, kind: keyStep}
		group, found := groups[step]
		if !found {
			new = append(new, e.element)
			continue
		}
		delete(groups, step)
		if last, ok := isLast(group, depth); ok && last.Kind == Removed {
			continue
		}
		element, err := apply(e.element, group, depth+1)
		if err != nil {
			return nil, err
		}
		new = append(new, element)
	}
	for _, step := range steps {
		group, left := groups[step]
		if !left {
			continue
		}
		last, ok := isLast(group, depth)
		if !ok || last.Kind != Added {
			return nil, fmt.Errorf("%s: there is no such element", last.Path)
		}
		new = append(new, last.New)
	}
	return new, nil
}

func applyPositions(old []any, changes []Change, depth int) (any, error) {
	kept := slices.Clone(old)
	removed := map[int]bool{}
	var added []Change
	within := map[int][]Change{}
	for _, c := range changes {
		i := c.Path[depth].Index
		isElement := len(c.Path) == depth+1
		switch {
		case isElement && c.Kind == Added:
			added = append(added, c)
		case i >= len(old):
			return nil, fmt.Errorf("%s: there is no such element", c.Path)
		case isElement && c.Kind == Removed:
			removed[i] = true
		default:
			within[i] = append(within[i], c)
		}
	}
	for i, group := range within {
		var err error
		if kept[i], err = apply(old[i], group, depth+1); err != nil {
			return nil, err
		}
	}
	new := make([]any, 0, len(old)+len(added))
	for i, element := range kept {
		if !removed[i] {
			new = append(new, element)
		}
	}
	for _, c := range added { // in the order of their positions
		i := c.Path[depth].Index
		if i > len(new) {
			return nil, fmt.Errorf("%s: there is no place for the element", c.Path)
		}
		new = slices.Insert(new, i, c.New)
	}
	return new, nil
}
