package diff_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/diff"
)

// parse returns the value of a YAML text.
func parse(t testing.TB, text string) any {
	t.Helper()
	converted, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return parseJSON(t, converted)
}

func parseJSON(t testing.TB, text []byte) (value any) {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func TestChanges(t *testing.T) {
	for name, test := range map[string]struct {
		old, new string
		want     []string
	}{
		"equal":                      {"a: 1", "a: 1", nil},
		"value":                      {"a: {b: 1}", "a: {b: 2}", []string{"changed .a.b: 1 → 2"}},
		"type":                       {"a: {b: 1}", "a: [1]", []string{`changed .a: {"b":1} → [1]`}},
		"to null":                    {"a: 1", "a:", []string{"changed .a: 1 → null"}},
		"null is not absent":         {"{}", "a:", []string{"added .a: null"}},
		"field with odd characters":  {"a: {b.c/d: 1}", "a: {}", []string{`removed .a["b.c/d"]: 1`}},
		"large numbers are exact":    {"a: 9007199254740993", "a: 9007199254740992", []string{"changed .a: 9007199254740993 → 9007199254740992"}},
		"keyed by name":              {"a: [{name: x, v: 1}, {name: z}]", "a: [{name: z}, {name: x, v: 2}]", []string{"changed .a[name=x].v: 1 → 2"}},
		"keyed, added and removed":   {"a: [{name: x}]", "a: [{name: z}]", []string{`removed .a[name=x]: {"name":"x"}`, `added .a[name=z]: {"name":"z"}`}},
		"keyed by type":              {"a: [{type: x, v: 1}]", "a: [{type: x, v: 2}]", []string{"changed .a[type=x].v: 1 → 2"}},
		"keyed by key":               {"a: [{key: x, v: 1}]", "a: [{key: x, v: 2}]", []string{"changed .a[key=x].v: 1 → 2"}},
		"keyed by port":              {"a: [{port: 80, v: 1}]", "a: [{port: 80, v: 2}]", []string{"changed .a[port=80].v: 1 → 2"}},
		"name before key":            {"a: [{key: k, name: x, v: 1}]", "a: [{key: k, name: x, v: 2}]", []string{"changed .a[name=x].v: 1 → 2"}},
		"key that looks like number": {`a: [{name: "80", v: 1}]`, `a: [{name: "80", v: 2}]`, []string{`changed .a[name="80"].v: 1 → 2`}},
		"the same name twice":        {"a: [{name: x, v: 1}, {name: x, v: 2}]", "a: [{name: x, v: 1}, {name: x, v: 3}]", []string{"changed .a[1].v: 2 → 3"}},
		"one element without a name": {"a: [{name: x, v: 1}, {v: 2}]", "a: [{name: x, v: 1}, {v: 3}]", []string{"changed .a[1].v: 2 → 3"}},
		"first element of a list":    {"a: []", "a: [{name: x}]", []string{`added .a[name=x]: {"name":"x"}`}},
		"value inserted":             {"a: [1, 2, 3]", "a: [1, 4, 2, 3]", []string{"added .a[1]: 4"}},
		"value removed":              {"a: [1, 2, 3]", "a: [1, 3]", []string{"removed .a[1]: 2"}},
		"value replaced":             {"a: [1, 2, 3]", "a: [1, 4, 3]", []string{"changed .a[1]: 2 → 4"}},
		"object inserted":            {"a: [{x: 1}, {x: 2}]", "a: [{x: 3}, {x: 1}, {x: 2}]", []string{`added .a[0]: {"x":3}`}},
		"whole value":                {"1", "2", []string{"changed .: 1 → 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			old, new := parse(t, test.old), parse(t, test.new)
			var got []string
			for _, c := range diff.Changes(old, new) {
				got = append(got, describe(c))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			checkApply(t, old, new)
		})
	}
}

func describe(c diff.Change) string {
	old, _ := json.Marshal(c.Old)
	new, _ := json.Marshal(c.New)
	switch c.Kind {
	case diff.Added:
		return fmt.Sprintf("added %s: %s", c.Path, new)
	case diff.Removed:
		return fmt.Sprintf("removed %s: %s", c.Path, old)
	}
	return fmt.Sprintf("%s %s: %s → %s", c.Kind, c.Path, old, new)
}

// checkApply checks that the changes from one value to another, applied to the first, give the second.
func checkApply(t testing.TB, old, new any) {
	t.Helper()
	before, _ := json.Marshal(old)
	changes := diff.Changes(old, new)
	got, err := diff.Apply(old, changes)
	if err != nil {
		t.Fatalf("%s: %v", before, err)
	}
	if a, b := canonical(got), canonical(new); a != b {
		t.Errorf("applied to %s, the changes give\n%s, want\n%s", before, a, b)
	}
	if after, _ := json.Marshal(old); !bytes.Equal(after, before) {
		t.Errorf("the old value was changed from %s to %s", before, after)
	}
}

// canonical returns a value as JSON with the elements of every list that has a key sorted by it.
func canonical(value any) string {
	sorted, _ := json.Marshal(sortLists(value))
	return string(sorted)
}

func sortLists(value any) any {
	switch value := value.(type) {
	case map[string]any:
		fields := map[string]any{}
		for field, v := range value {
			fields[field] = sortLists(v)
		}
		return fields
	case []any:
		list := []any{}
		for _, element := range value {
			list = append(list, sortLists(element))
		}
		for _, key := range diff.ListKeys() {
			if hasKey(list, key) {
				slices.SortFunc(list, func(a, b any) int {
					x, _ := json.Marshal(a)
					y, _ := json.Marshal(b)
					return bytes.Compare(x, y)
				})
				return list
			}
		}
		return list
	}
	return value
}

// hasKey reports whether a field identifies the elements of a list.
func hasKey(list []any, key string) bool {
	seen := map[string]bool{}
	for _, element := range list {
		fields, _ := element.(map[string]any)
		switch fields[key].(type) {
		case string, json.Number:
		default:
			return false
		}
		text, _ := json.Marshal(fields[key])
		if seen[string(text)] {
			return false
		}
		seen[string(text)] = true
	}
	return true
}

func TestChangesAppliedToTheOldValueGiveTheNewOne(t *testing.T) {
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 1))
		old := generate(random, 4)
		checkApply(t, old, mutate(random, old))
		checkApply(t, old, generate(random, 4))
	}
}

// generate returns a random value of at most depth levels.
func generate(random *rand.Rand, depth int) any {
	kind := random.IntN(8)
	if depth == 0 {
		kind = random.IntN(4)
	}
	switch kind {
	case 0:
		return nil
	case 1:
		return json.Number(fmt.Sprint(random.IntN(3)))
	case 2:
		return random.IntN(2) == 0
	case 3:
		return string(rune('a' + random.IntN(3)))
	case 4, 5:
		fields := map[string]any{}
		for range random.IntN(4) {
			fields[[]string{"a", "b.c", "name", "key"}[random.IntN(4)]] = generate(random, depth-1)
		}
		return fields
	case 6: // a list with keys
		list := []any{}
		for i := range random.IntN(4) {
			list = append(list, map[string]any{"name": fmt.Sprint(i), "v": generate(random, depth-1)})
		}
		random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
		return list
	default:
		list := []any{}
		for range random.IntN(5) {
			list = append(list, generate(random, depth-1))
		}
		return list
	}
}

// mutate returns a value that differs in a few places.
func mutate(random *rand.Rand, value any) any {
	if random.IntN(6) == 0 {
		return generate(random, 2)
	}
	switch value := value.(type) {
	case map[string]any:
		fields := map[string]any{}
		for field, v := range value {
			if random.IntN(5) > 0 {
				fields[field] = mutate(random, v)
			}
		}
		return fields
	case []any:
		list := []any{}
		for _, element := range value {
			switch random.IntN(6) {
			case 0:
			case 1:
				list = append(list, generate(random, 1), element)
			default:
				list = append(list, mutate(random, element))
			}
		}
		return list
	}
	return value
}

func FuzzChanges(f *testing.F) {
	f.Add([]byte(`{"a":[{"name":"x","v":1},{"name":"y"}]}`), []byte(`{"a":[{"name":"y"},{"name":"x","v":2}]}`))
	f.Add([]byte(`{"a":[1,2,3]}`), []byte(`{"a":[3,2,1,{"port":80}]}`))
	f.Add([]byte(`[{"name":"80"},{"name":80}]`), []byte(`[{"name":1e1},{"name":"1e1"}]`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		if !json.Valid(before) || !json.Valid(after) || len(before)+len(after) > 1<<12 {
			return
		}
		checkApply(t, parseJSON(t, before), parseJSON(t, after))
	})
}
