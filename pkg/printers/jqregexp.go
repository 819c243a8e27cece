package printers

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"regexp/syntax"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// flagArgument returns the index of the argument with the flags of a regular expression, by the name and the number of
// arguments of a jq function. It is -1 if the function has no flags. The first argument is always the expression. ok is false
// for other functions.
func flagArgument(name string, arguments int) (flags int, ok bool) {
	switch fmt.Sprintf("%s/%d", name, arguments) {
	case "test/1", "match/1", "capture/1", "scan/1", "splits/1", "sub/2", "gsub/2":
		return -1, true
	case "test/2", "match/2", "capture/2", "scan/2", "split/2", "splits/2":
		return 1, true
	case "sub/3", "gsub/3":
		return 2, true
	}
	return -1, false
}

// checkRegexps refuses unsupported regular expressions and flags that are literals in the query. It replaces flags of jq by
// those of gojq.
func checkRegexps(expression string, q *gojq.Query) error {
	defined := map[string]bool{} // functions that the query defines, which may have the same names
	walkQuery(reflect.ValueOf(q), func(node any) {
		if definition, ok := node.(*gojq.FuncDef); ok {
			defined[definition.Name] = true
		}
	})
	var mistake error
	walkQuery(reflect.ValueOf(q), func(node any) {
		call, ok := node.(*gojq.Func)
		if !ok || mistake != nil || defined[call.Name] {
			return
		}
		at, ok := flagArgument(call.Name, len(call.Args))
		if !ok {
			return
		}
		pattern, flags := call.Args[0], (*gojq.Query)(nil)
		if at > 0 {
			flags = call.Args[at]
		} else if items := literalArray(pattern); len(items) > 0 { // test(["a", "g"])
			if pattern = items[0]; len(items) > 1 {
				flags = items[1]
			}
		}
		if mistake = checkFlags(expression, flags); mistake == nil {
			mistake = checkPattern(expression, pattern)
		}
	})
	return mistake
}

// checkFlags refuses unknown flags and replaces those that gojq does not have: s has no effect, p is m in gojq.
func checkFlags(expression string, argument *gojq.Query) error {
	flags := literal(argument)
	if flags == nil {
		return nil
	}
	if i := strings.IndexFunc(flags.Str, func(r rune) bool { return !strings.ContainsRune("gispm", r) }); i >= 0 {
		return regexpError(expression, flags, fmt.Sprintf("the flag %q of regular expressions is not supported: want g, i, s or p", flags.Str[i:i+1]))
	}
	flags.Str = strings.NewReplacer("s", "", "p", "m").Replace(flags.Str)
	return nil
}

// checkPattern refuses regular expressions that RE2 does not support.
func checkPattern(expression string, argument *gojq.Query) error {
	pattern := literal(argument)
	if pattern == nil {
		return nil
	}
	_, err := regexp.Compile(pattern.Str)
	if mistake, ok := errors.AsType[*syntax.Error](err); ok {
		return regexpError(expression, pattern, fmt.Sprintf("regular expression %q: %s: `%s`; RE2 has no lookaround and no backreferences", pattern.Str, mistake.Code, mistake.Expr))
	}
	return nil
}

// regexpError returns a SyntaxError at a literal of the expression.
func regexpError(expression string, at *gojq.String, reason string) error {
	offset := max(0, strings.Index(expression, at.String()))
	return fault.Errorf(fault.Usage, "%w", &SyntaxError{Expression: expression, Offset: offset, reason: reason})
}

// literal returns the string if a query is a string literal, otherwise nil.
func literal(q *gojq.Query) *gojq.String {
	if q == nil || q.Term == nil || q.Term.Type != gojq.TermTypeString || len(q.Term.SuffixList) > 0 || len(q.FuncDefs) > 0 {
		return nil
	}
	if text := q.Term.Str; len(text.Queries) == 0 {
		return text
	}
	return nil
}

// literalArray returns the items if a query is an array, otherwise nil.
func literalArray(q *gojq.Query) []*gojq.Query {
	if q.Term == nil || q.Term.Type != gojq.TermTypeArray || q.Term.Array.Query == nil {
		return nil
	}
	var items []*gojq.Query
	for item := q.Term.Array.Query; ; item = item.Left {
		if item.Op != gojq.OpComma {
			return append([]*gojq.Query{item}, items...)
		}
		items = append([]*gojq.Query{item.Right}, items...)
	}
}

// walkQuery visits every node of a query. It uses reflection because gojq has many types of nodes and no function for this.
func walkQuery(v reflect.Value, visit func(node any)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			visit(v.Interface())
			walkQuery(v.Elem(), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walkQuery(v.Field(i), visit)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkQuery(v.Index(i), visit)
		}
	}
}
