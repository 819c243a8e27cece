package printers

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/itchyny/gojq"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// query is a compiled jq expression with the values for its variables.
type query struct {
	code   *gojq.Code
	values []any
}

// SyntaxError is a mistake in a jq expression.
type SyntaxError struct {
	Expression string
	Offset     int // in bytes, of the mistake in the expression
	reason     string
}

func (e *SyntaxError) Error() string { return "--jq: " + e.reason }

// Caret returns the line of the expression that has the mistake, and a second line with a caret below the mistake.
func (e *SyntaxError) Caret() string {
	offset := min(max(e.Offset, 0), len(e.Expression))
	start := strings.LastIndexByte(e.Expression[:offset], '\n') + 1
	line, _, _ := strings.Cut(e.Expression[start:], "\n")
	before := SafeLine(e.Expression[start:offset])
	return "    " + SafeLine(line) + "\n    " + strings.Repeat(" ", len([]rune(before))) + "^"
}

// compileQuery compiles an expression. It has no access to the environment, further inputs and modules, because its only input
// is one document.
func compileQuery(expression string, arguments []string) (*query, error) {
	parsed, err := gojq.Parse(expression)
	if err != nil {
		return nil, syntaxError(expression, err)
	}
	if strings.TrimSpace(parsed.String()) == "" {
		return compileQuery(".", arguments) // an empty program is the identity, as for jq
	}
	if err := checkRegexps(expression, parsed); err != nil {
		return nil, err
	}
	if err := addOldNames(parsed); err != nil {
		return nil, err
	}
	q := &query{}
	var names []string
	for _, argument := range arguments {
		name, value, found := strings.Cut(argument, "=")
		if !found || !regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`).MatchString(name) {
			return nil, fault.Errorf(fault.Usage, "--jq-arg %q: want NAME=VALUE with a NAME of letters, digits and underscores", argument)
		}
		names = append(names, "$"+name)
		q.values = append(q.values, value)
	}
	q.code, err = gojq.Compile(parsed, gojq.WithVariables(names),
		gojq.WithFunction("keys_unsorted", 0, 0, keysUnsorted))
	if err != nil {
		return nil, syntaxError(expression, err)
	}
	return q, nil
}

// addOldNames defines functions of jq that gojq does not have.
func addOldNames(q *gojq.Query) error {
	old, err := gojq.Parse(`def leaf_paths: paths(scalars); def recurse_down: recurse; .`)
	if err != nil {
		return err
	}
	q.FuncDefs = append(old.FuncDefs, q.FuncDefs...)
	return nil
}

// keysUnsorted is jq's keys_unsorted. Keys of documents are sorted, so it is the same as keys.
func keysUnsorted(value any, _ []any) any {
	switch v := value.(type) {
	case map[string]any:
		keys := []any{}
		for _, key := range slices.Sorted(maps.Keys(v)) {
			keys = append(keys, key)
		}
		return keys
	case []any:
		keys := make([]any, len(v))
		for i := range v {
			keys[i] = i
		}
		return keys
	}
	return fmt.Errorf("keys_unsorted cannot be applied to: %s", gojq.Preview(value))
}

// syntaxError finds the place of an error of gojq in the expression.
func syntaxError(expression string, err error) error {
	mistake := &SyntaxError{Expression: expression, Offset: len(expression), reason: err.Error()}
	if parse, ok := errors.AsType[*gojq.ParseError](err); ok {
		mistake.Offset = parse.Offset - len(parse.Token)
	} else if at := strings.Index(expression, "input"); at >= 0 && strings.HasPrefix(err.Error(), "input(s)") {
		mistake.Offset = at
	} else if word := regexp.MustCompile(`(\$?[A-Za-z_][\w:]*)(/\d+)?$`).FindStringSubmatch(err.Error()); word != nil {
		if at := strings.Index(expression, word[1]); at >= 0 {
			mistake.Offset = at
		}
	}
	return fault.Errorf(fault.Usage, "%w", mistake)
}

// printQuery writes the results of the query, one per line: strings raw, other values as JSON, which is compact in pipes. As in
// jq, the results before an error are written.
func (out *Output) printQuery(ctx context.Context, w io.Writer, v View) error {
	input, err := v.values(toExactValues)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriter(w)
	next, stop := out.query.run(ctx, input)
	defer stop()
	for {
		value, ok, err := next()
		if err != nil {
			return errors.Join(buffered.Flush(), err)
		}
		if !ok {
			return buffered.Flush()
		}
		if err, isError := value.(error); isError {
			if flushErr := buffered.Flush(); flushErr != nil {
				return flushErr
			}
			return runtimeError(ctx, err)
		}
		if err := out.writeResult(buffered, value); err != nil {
			return err
		}
	}
}

// writeResult writes one result of a query and ends its line. The errors of w are left to its Flush.
func (out *Output) writeResult(w *bufio.Writer, value any) error {
	if text, isString := value.(string); isString {
		if out.options.Terminal {
			text = SafeText(text)
		}
		w.WriteString(text)
	} else if err := jqJSON(out.options.Terminal, out.options.Color).write(w, value, 0); err != nil {
		return err
	}
	return w.WriteByte('\n')
}

// queryMemory is the memory limit of the garbage collector while a query runs, unless the program has a lower one. A query can
// still exceed it.
const queryMemory = 1 << 30

// run starts the query on a document. next returns the next result; it returns immediately when ctx ends, because a single step
// of a query can take very long, such as the multiplication of a string.
func (q *query) run(ctx context.Context, input any) (next func() (value any, ok bool, err error), stop func()) {
	if debug.SetMemoryLimit(-1) > queryMemory {
		debug.SetMemoryLimit(queryMemory)
	}
	type result struct {
		value any
		ok    bool
	}
	inner, stop := context.WithCancel(ctx)
	results := make(chan result)
	go func() {
		iterator := q.code.RunWithContext(inner, input, q.values...)
		for {
			value, ok := iterator.Next()
			select {
			case results <- result{value, ok}:
			case <-inner.Done():
				return
			}
			if !ok {
				return
			}
		}
	}()
	return func() (any, bool, error) {
		select {
		case r := <-results:
			return r.value, r.ok, nil
		case <-ctx.Done():
			return nil, false, context.Cause(ctx)
		}
	}, stop
}

// runtimeError converts an error of a running query. halt is not an error.
func runtimeError(ctx context.Context, err error) error {
	if halt, ok := errors.AsType[*gojq.HaltError](err); ok {
		if halt.Value() == nil {
			return nil
		}
		return fault.Errorf(fault.Usage, "--jq: halt_error: %s", gojq.Preview(halt.Value()))
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fault.Errorf(fault.Usage, "--jq: %w", err)
}
