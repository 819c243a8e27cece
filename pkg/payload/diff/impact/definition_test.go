package impact_test

import (
	"strings"
	"testing"
)

// definition returns a CustomResourceDefinition. versions are lines NAME SERVED STORAGE, or the text of versions.
func definition(versions string, annotations ...string) string {
	body := "spec:\n  group: example.org\n  names:\n    plural: things\n    kind: Thing\n  versions:\n"
	for _, line := range strings.Split(versions, "\n") {
		if words := strings.Fields(line); len(words) == 3 {
			body += "  - name: " + words[0] + "\n    served: " + words[1] + "\n    storage: " + words[2] + "\n"
		}
	}
	return object("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.example.org", body, annotations...)
}

// api returns a CustomResourceDefinition with a schema in JSON, for the version v1.
func api(schema string, annotations ...string) string {
	return definition("v1 true true", annotations...) + "    schema:\n      openAPIV3Schema: " + schema + "\n"
}

const file, file2 = "0000_50_a_1.yaml", "0000_50_a_2.yaml"

func TestVersionsOfAPIs(t *testing.T) {
	const thing = " CustomResourceDefinition things.example.org 0000_50_a_1.yaml: "
	served := "blocker api-version" + thing + "version v1beta1 is no longer served"
	requests := "  oc get apirequestcounts things.v1beta1.example.org -o yaml"
	checkUpdates(t, map[string]update{
		"removed": {
			old: files{file: definition("v1 true true\nv1beta1 true false")}, new: files{file: definition("v1 true true")}, want: []string{served, requests},
		},
		"no longer served": {
			old: files{file: definition("v1 true true\nv1beta1 true false")}, new: files{file: definition("v1 true true\nv1beta1 false false")},
			want: []string{served, requests},
		},
		"removed after it was not served": {
			old: files{file: definition("v1 true true\nv1beta1 false false")}, new: files{file: definition("v1 true true")},
			want: []string{
				"warning api-version" + thing + "version v1beta1 is removed; the update fails while status.storedVersions has it",
				"  oc get crd things.example.org -o 'jsonpath={.status.storedVersions}'",
			},
		},
		"stored in another version": {
			old: files{file: definition("v1 true false\nv1beta1 true true")}, new: files{file: definition("v1 true true\nv1beta1 true false")},
			want: []string{"warning storage-version" + thing + "objects are stored as v1 instead of v1beta1"},
		},
		"added":     {old: files{file: definition("v1 true true")}, new: files{file: definition("v1 true true\nv2 true false")}},
		"reordered": {old: files{file: definition("v1 true true\nv2 true false")}, new: files{file: definition("v2 true false\nv1 true true")}},
		"moved":     {old: files{file: definition("v1 true true\nv2 true false")}, new: files{"0000_50_b_7.yaml": definition("v2 true false\nv1 true true")}},
		"new kind":  {new: files{file: definition("v1 true true")}},
		"only created": {
			old: files{file: definition("v1 true true\nv1beta1 true false")}, new: files{file: definition("v1 true true", createOnly)},
		},
		"for one feature set": {
			old:  files{file: definition("v1 true true\nv1beta1 true false", preview), file2: definition("v1 true true", standard)},
			new:  files{file: definition("v1 true true", preview), file2: definition("v1 true true", standard)},
			want: []string{served + " (feature set TechPreviewNoUpgrade)", requests},
		},
		"in one of the files that replace another": {
			old:  files{"0000_50_a_0.yaml": definition("v1 true true\nv1beta1 true false")},
			new:  files{file: definition("v1 true true", noGate), file2: definition("v1 true true\nv1beta1 true false", gate)},
			want: []string{served + " (without feature gate X)", requests},
		},
		"in the file that replaces others": {
			old:  files{"0000_50_a_0.yaml": definition("v1 true true\nv1beta1 true false", gate), "0000_50_a_3.yaml": definition("v1 true true", noGate)},
			new:  files{file: definition("v1 true true")},
			want: []string{served, requests},
		},
	})
}

func TestFieldsOfAPIs(t *testing.T) {
	updates := map[string]update{}
	for name, test := range map[string]struct{ old, new, want string }{
		"removed": {
			old: `{type: object, properties: {spec: {type: object, properties: {a: {type: string}, b: {type: string}}}}}`,
			new: `{type: object, properties: {spec: {type: object, properties: {a: {type: string}}}}}`, want: ".spec.b: is removed",
		},
		"removed from the status": {
			old: `{type: object, properties: {status: {type: object, properties: {a: {type: string}}}}}`,
			new: `{type: object, properties: {status: {type: object}}}`, want: "info .status.a: is removed",
		},
		"removed from items": {
			old: `{type: object, properties: {l: {type: array, items: {type: object, properties: {a.b: {type: string}}}}}}`,
			new: `{type: object, properties: {l: {type: array, items: {type: object, properties: {}}}}}`, want: `.l[*]["a.b"]: is removed`,
		},
		"removed from the values of a map": {
			old: `{type: object, additionalProperties: {type: object, properties: {a: {type: string}}}}`,
			new: `{type: object, additionalProperties: {type: object, properties: {}}}`, want: ".*.a: is removed",
		},
		"removed but kept as unknown": {
			old: `{type: object, properties: {a: {type: string}}}`, new: `{type: object, x-kubernetes-preserve-unknown-fields: true}`,
		},
		"removed but one of additional fields": {
			old: `{type: object, properties: {a: {type: string}}}`, new: `{type: object, additionalProperties: {type: string}}`,
		},
		"one of additional fields of another type": {
			old: `{type: object, properties: {a: {type: string}}}`, new: `{type: object, additionalProperties: {type: integer}}`,
			want: ".a: the type changes from string to integer",
		},
		"added":                         {old: `{type: object}`, new: `{type: object, properties: {a: {type: string, enum: [x]}}}`},
		"description and default":       {old: `{type: string, description: a, default: a}`, new: `{type: string, description: b, default: b}`},
		"type":                          {old: `{type: string}`, new: `{type: integer}`, want: ".: the type changes from string to integer"},
		"any type":                      {old: `{x-kubernetes-preserve-unknown-fields: true}`, new: `{type: string}`, want: ".: the type changes from any to string"},
		"wider type":                    {old: `{type: integer, format: int32}`, new: `{type: number}`},
		"wider integers":                {old: `{type: integer, format: int32}`, new: `{type: integer, format: int64}`},
		"integer or string":             {old: `{type: integer}`, new: `{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}`},
		"no longer integer or string":   {old: `{x-kubernetes-int-or-string: true}`, new: `{type: string}`, want: ".: the type changes from integer or string to string"},
		"integer or string, said twice": {old: `{x-kubernetes-int-or-string: true}`, new: `{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}`},
		"null":                          {old: `{type: string, nullable: true}`, new: `{type: string}`, want: ".: null is refused"},
		"null allowed":                  {old: `{type: string}`, new: `{type: string, nullable: true}`},
		"enum value removed":            {old: `{type: string, enum: [b, a, c]}`, new: `{type: string, enum: [c]}`, want: `.: no longer accepts "a", "b"`},
		"enum value added":              {old: `{type: string, enum: [b, a]}`, new: `{type: string, enum: [a, b, c]}`},
		"enum new":                      {old: `{type: string}`, new: `{type: string, enum: [a, b]}`, want: `.: only accepts "a", "b"`},
		"enum gone":                     {old: `{type: string, enum: [a]}`, new: `{type: string}`},
		"required":                      {old: `{type: object, properties: {a: {type: string}}}`, new: `{type: object, properties: {a: {type: string}}, required: [a]}`, want: ".a: is required"},
		"required and new":              {old: `{type: object}`, new: `{type: object, properties: {a: {type: string}}, required: [a]}`, want: ".a: is required"},
		"required with a default":       {old: `{type: object, properties: {a: {type: string}}}`, new: `{type: object, properties: {a: {type: string, default: x}}, required: [a]}`},
		"required in a new field":       {old: `{type: object}`, new: `{type: object, properties: {a: {type: object, required: [b], properties: {b: {type: string}}}}}`},
		"required in another order":     {old: `{type: object, required: [b, a]}`, new: `{type: object, required: [a, b]}`},
		"no longer required":            {old: `{type: object, required: [a, b]}`, new: `{type: object, required: [a]}`},
		"pattern new":                   {old: `{type: string}`, new: `{type: string, pattern: "^a$"}`, want: ".: has to match the pattern ^a$"},
		"pattern changed":               {old: `{type: string, pattern: "^a$"}`, new: `{type: string, pattern: "^b$"}`, want: ".: the pattern changes from ^a$ to ^b$"},
		"pattern gone":                  {old: `{type: string, pattern: "^a$"}`, new: `{type: string}`},
		"format new":                    {old: `{type: string}`, new: `{type: string, format: date-time}`, want: ".: has to match the format date-time"},
		"minimum higher":                {old: `{type: integer, minimum: 1}`, new: `{type: integer, minimum: 2}`, want: ".: minimum changes from 1 to 2"},
		"minimum lower":                 {old: `{type: integer, minimum: 2}`, new: `{type: integer, minimum: 1}`},
		"minimum new":                   {old: `{type: integer}`, new: `{type: integer, minimum: 0}`, want: ".: minimum is 0"},
		"maximum lower":                 {old: `{type: integer, maximum: 2}`, new: `{type: integer, maximum: 1}`, want: ".: maximum changes from 2 to 1"},
		"maximum higher":                {old: `{type: integer, maximum: 2}`, new: `{type: integer, maximum: 3}`},
		"maximum excluded":              {old: `{type: integer, maximum: 2}`, new: `{type: integer, maximum: 2, exclusiveMaximum: true}`, want: ".: the maximum 2 itself is refused"},
		"maximum not excluded":          {old: `{type: integer, maximum: 2, exclusiveMaximum: true}`, new: `{type: integer, maximum: 2}`},
		"multiple":                      {old: `{type: integer}`, new: `{type: integer, multipleOf: 2}`, want: ".: has to be a multiple of 2"},
		"length of none":                {old: `{type: string}`, new: `{type: string, minLength: 0}`},
		"length":                        {old: `{type: string, maxLength: 10}`, new: `{type: string, maxLength: 5, minLength: 1}`, want: ".: maxLength changes from 10 to 5\n.: minLength is 1"},
		"number of items":               {old: `{type: array, items: {type: string}}`, new: `{type: array, items: {type: string}, maxItems: 5}`, want: ".: maxItems is 5"},
		"number of items gone":          {old: `{type: array, items: {type: string}, maxItems: 5}`, new: `{type: array, items: {type: string}}`},
		"items":                         {old: `{type: array, items: {type: string}}`, new: `{type: array, items: {type: integer}}`, want: "[*]: the type changes from string to integer"},
		"set":                           {old: `{type: array, items: {type: string}, x-kubernetes-list-type: atomic}`, new: `{type: array, items: {type: string}, x-kubernetes-list-type: set}`, want: ".: elements have to be unique"},
		"additional fields refused":     {old: `{type: object, additionalProperties: true}`, new: `{type: object}`, want: ".: fields that the schema does not list are dropped"},
		"additional fields typed":       {old: `{type: object, additionalProperties: true}`, new: `{type: object, additionalProperties: {type: string}}`, want: ".*: the type changes from any to string"},
		"additional fields allowed":     {old: `{type: object}`, new: `{type: object, additionalProperties: true}`},
		"unknown fields dropped":        {old: `{type: object, x-kubernetes-preserve-unknown-fields: true}`, new: `{type: object}`, want: ".: fields that the schema does not list are dropped"},
		"unknown fields kept":           {old: `{type: object}`, new: `{type: object, x-kubernetes-preserve-unknown-fields: true}`},
		"rule":                          {old: `{type: object}`, new: `{type: object, x-kubernetes-validations: [{rule: "self.a > 1"}]}`, want: ".: has to satisfy a rule: self.a > 1"},
		"rule with a message":           {old: `{type: object}`, new: `{type: object, x-kubernetes-validations: [{rule: "self.a > 1", message: "a is  large"}]}`, want: ".: has to satisfy a rule: a is large"},
		"other message of a rule":       {old: `{type: object, x-kubernetes-validations: [{rule: r, message: m}, {rule: s}]}`, new: `{type: object, x-kubernetes-validations: [{rule: s}, {rule: "r ", message: n}]}`},
		"schemas of allOf":              {old: `{type: string, allOf: [{pattern: a}]}`, new: `{type: string, allOf: [{pattern: b}, {pattern: a}]}`, want: ".: has to match more schemas of allOf"},
		"schemas of anyOf":              {old: `{type: string, anyOf: [{pattern: a}, {pattern: b}]}`, new: `{type: string, anyOf: [{pattern: b}]}`, want: ".: has to match other schemas of anyOf"},
		"more schemas of oneOf":         {old: `{type: string, oneOf: [{pattern: a}, {pattern: b}]}`, new: `{type: string, oneOf: [{pattern: b}, {pattern: c}, {pattern: a}]}`},
		"schema of not":                 {old: `{type: string}`, new: `{type: string, not: {pattern: a}}`, want: ".: has to be different from another schema"},
		"schema of the wrong type":      {old: `{type: 1, enum: x, properties: [], required: {}}`, new: `{type: [], minimum: x, items: 1, allOf: {}}`},
	} {
		u := update{old: files{file: api(test.old)}, new: files{file: api(test.new)}}
		for _, line := range strings.Split(test.want, "\n") {
			severity, line, isInfo := strings.Cut(line, "info ")
			if !isInfo {
				severity, line = "warning", severity
			} else {
				severity = "info"
			}
			if line != "" {
				u.want = append(u.want, severity+" field CustomResourceDefinition things.example.org 0000_50_a_1.yaml: v1 "+line)
			}
		}
		updates[name] = u
	}
	checkUpdates(t, updates)
}
