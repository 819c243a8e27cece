package impact

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// compareSchemas reports where the schema of the new release refuses or drops values that that of the old one accepts. Paths are
// like .spec.list[*].field and .spec.map.*.
func compareSchemas(old, new any, report func(path, message string)) {
	s := schemaComparison{report}
	s.compare("", fieldsOf(old), fieldsOf(new))
}

// schema is an OpenAPI schema as in CustomResourceDefinitions. The empty one accepts every value.
type schema = map[string]any

// schemaComparison reports what it finds.
type schemaComparison struct{ report func(path, message string) }

func (s schemaComparison) say(path, format string, args ...any) {
	s.report(cmp.Or(path, "."), fmt.Sprintf(format, args...))
}

func (s schemaComparison) compare(path string, old, new schema) {
	if !accepts(new, typeOf(old)) {
		s.say(path, "the type changes from %s to %s", cmp.Or(typeOf(old), "any"), typeOf(new))
		return
	}
	s.compareValues(path, old, new)
	s.compareLimits(path, old, new)
	s.compareRules(path, old, new)
	s.compareProperties(path, old, new)
	s.compareAdditional(path, old, new)
	if was, is := fieldsOf(old["items"]), fieldsOf(new["items"]); was != nil && is != nil {
		s.compare(path+"[*]", was, is)
	}
}

const intOrString = "integer or string"

// typeOf returns the type of the values, empty for any.
func typeOf(s schema) string {
	if isTrue(s["x-kubernetes-int-or-string"]) {
		return intOrString
	}
	return textOf(s["type"])
}

// accepts reports whether a schema accepts the values of a type.
func accepts(s schema, valueType string) bool {
	switch accepted := typeOf(s); accepted {
	case "", valueType:
		return true
	case "number":
		return valueType == "integer"
	case intOrString:
		return valueType == "integer" || valueType == "string"
	}
	return false
}

// compareValues compares which values are listed.
func (s schemaComparison) compareValues(path string, old, new schema) {
	if isTrue(old["nullable"]) && !isTrue(new["nullable"]) {
		s.say(path, "null is refused")
	}
	before, after := jsonsOf(old["enum"]), jsonsOf(new["enum"])
	switch less := without(before, after); {
	case len(after) == 0:
	case len(before) == 0:
		s.say(path, "only accepts %s", enumerate(after))
	case len(less) > 0:
		s.say(path, "no longer accepts %s", enumerate(less))
	}
	for _, field := range []string{"format", "pattern"} {
		switch was, is := textOf(old[field]), textOf(new[field]); {
		case is == "" || is == was || slices.Contains(widestFormats(), is):
		case was == "":
			s.say(path, "has to match the %s %s", field, shorten(is))
		default:
			s.say(path, "the %s changes from %s to %s", field, shorten(was), shorten(is))
		}
	}
	if is := textOf(new["x-kubernetes-list-type"]); (is == "set" || is == "map") && is != textOf(old["x-kubernetes-list-type"]) {
		s.say(path, "elements have to be unique")
	}
}

// widestFormats lists the formats that all numbers of a type have.
func widestFormats() []string { return []string{"int64", "double"} }

// compareLimits compares the bounds of numbers and sizes.
func (s schemaComparison) compareLimits(path string, old, new schema) {
	for _, field := range []string{"minimum", "minLength", "minItems", "minProperties"} {
		s.compareLimit(path, field, old, new, func(was, is float64) bool { return is > was })
	}
	for _, field := range []string{"maximum", "maxLength", "maxItems", "maxProperties"} {
		s.compareLimit(path, field, old, new, func(was, is float64) bool { return is < was })
	}
	for _, limit := range []string{"minimum", "maximum"} {
		field := "exclusive" + strings.ToUpper(limit[:1]) + limit[1:]
		was, had := number(old[limit])
		if is, has := number(new[limit]); had && has && was == is && isTrue(new[field]) && !isTrue(old[field]) {
			s.say(path, "the %s %s itself is refused", limit, jsonOf(new[limit]))
		}
	}
	was, had := number(old["multipleOf"])
	if is, has := number(new["multipleOf"]); has && (!had || was != is) {
		s.say(path, "has to be a multiple of %s", jsonOf(new["multipleOf"]))
	}
}

func (s schemaComparison) compareLimit(path, field string, old, new schema, tighter func(was, is float64) bool) {
	isSize := field != "minimum" && field != "maximum"
	was, had := number(old[field])
	switch is, has := number(new[field]); {
	case !has, !had && is == 0 && isSize && strings.HasPrefix(field, "min"):
	case !had:
		s.say(path, "%s is %s", field, jsonOf(new[field]))
	case tighter(was, is):
		s.say(path, "%s changes from %s to %s", field, jsonOf(old[field]), jsonOf(new[field]))
	}
}

func number(value any) (float64, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	f, _ := strconv.ParseFloat(n.String(), 64) // too large is infinite
	return f, true
}

// compareRules compares what values have to satisfy beside their type.
func (s schemaComparison) compareRules(path string, old, new schema) {
	had := map[string]bool{}
	for _, rule := range listOf(old["x-kubernetes-validations"]) {
		had[strings.TrimSpace(textOf(at(rule, "rule")))] = true
	}
	for _, rule := range listOf(new["x-kubernetes-validations"]) {
		text := strings.TrimSpace(textOf(at(rule, "rule")))
		if !had[text] {
			had[text] = true
			s.say(path, "has to satisfy a rule: %s", shorten(cmp.Or(textOf(at(rule, "message")), text)))
		}
	}
	if more := without(jsonsOf(new["allOf"]), jsonsOf(old["allOf"])); len(more) > 0 {
		s.say(path, "has to match more schemas of allOf")
	}
	for _, field := range []string{"anyOf", "oneOf"} {
		before, after := jsonsOf(old[field]), jsonsOf(new[field])
		if field == "anyOf" && typeOf(new) == intOrString {
			continue // it lists the two types
		}
		if len(after) > 0 && (len(before) == 0 || len(without(before, after)) > 0) {
			s.say(path, "has to match other schemas of %s", field)
		}
	}
	if new["not"] != nil && jsonOf(old["not"]) != jsonOf(new["not"]) {
		s.say(path, "has to be different from another schema")
	}
}

// compareProperties compares fields that both schemas may list, and finds those that are removed or required.
func (s schemaComparison) compareProperties(path string, old, new schema) {
	before, after := fieldsOf(old["properties"]), fieldsOf(new["properties"])
	for _, name := range namesOf(before, after) {
		was, had := before[name]
		is, has := after[name]
		other, hasOther := additional(new)
		switch field := path + step(name); {
		case had && has:
			s.compare(field, fieldsOf(was), fieldsOf(is))
		case !had || keepsUnknown(new):
		case hasOther:
			s.compare(field, fieldsOf(was), other)
		default:
			s.say(field, "is removed")
		}
	}
	for _, name := range without(textsOf(new["required"]), textsOf(old["required"])) {
		if at(after[name], "default") == nil {
			s.say(path+step(name), "is required")
		}
	}
}

// step returns a field as in a path.
func step(name string) string {
	if name == "" || strings.ContainsAny(name, ".[]\"' ") {
		return "[" + strconv.Quote(name) + "]"
	}
	return "." + name
}

// compareAdditional compares fields that the schemas do not list.
func (s schemaComparison) compareAdditional(path string, old, new schema) {
	was, had := additional(old)
	is, has := additional(new)
	switch {
	case had && has:
		s.compare(path+".*", was, is)
	case keepsUnknown(new) || has:
	case had, keepsUnknown(old) && slices.Contains([]string{"", "object"}, typeOf(new)):
		s.say(path, "fields that the schema does not list are dropped")
	}
}

// additional returns the schema of fields that a schema does not list. ok is false if it drops them.
func additional(s schema) (other schema, ok bool) {
	switch a := s["additionalProperties"].(type) {
	case bool:
		return schema{}, a
	case map[string]any:
		return a, true
	}
	return nil, false
}

func keepsUnknown(s schema) bool { return isTrue(s["x-kubernetes-preserve-unknown-fields"]) }
