package printers

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"text/template"
	"text/template/parse"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// parseTemplate parses the template of -o go-template and its other names. cli-runtime's printer encodes and decodes the
// whole document before it executes the template, and puts all of it into its errors, so it is not used. Names, functions
// and messages are the same.
func (out *Output) parseTemplate(argument string) (*template.Template, error) {
	text := argument
	if out.options.Template != "" {
		text = out.options.Template
	}
	if text == "" {
		return nil, fault.Errorf(fault.Usage, "-o %s: template format specified but no template given", out.form)
	}
	if strings.HasSuffix(out.form, "file") {
		data, err := os.ReadFile(text)
		if err != nil {
			return nil, fault.Errorf(fault.Usage, "-o %s: error reading --template %s, %v", out.form, text, err)
		}
		text = string(data)
	}
	missing := "missingkey=default"
	if out.options.RefuseMissingKeys {
		missing = "missingkey=error"
	}
	parsed, err := template.New("output").Option(missing).
		Funcs(template.FuncMap{"exists": exists, "base64decode": base64decode}).Parse(text)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "-o %s: error parsing template %s, %v", out.form, text, err)
	}
	for _, part := range parsed.Templates() {
		if part.Tree != nil {
			streamValues(part.Tree, part.Root)
		}
	}
	return parsed, nil
}

// writeFunction is the name of the function that streamValues calls. It is defined after parsing, so templates cannot call it.
const writeFunction = "_write"

// streamValues changes each action of a template that prints a value to pass the value to writeFunction. text/template would
// hold the whole text of a list twice while it grows.
func streamValues(tree *parse.Tree, node parse.Node) {
	branch := func(b *parse.BranchNode) {
		streamValues(tree, b.List)
		streamValues(tree, b.ElseList)
	}
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				streamValues(tree, child)
			}
		}
	case *parse.IfNode:
		branch(&n.BranchNode)
	case *parse.RangeNode:
		branch(&n.BranchNode)
	case *parse.WithNode:
		branch(&n.BranchNode)
	case *parse.ActionNode:
		if len(n.Pipe.Decl) == 0 {
			write := parse.NewIdentifier(writeFunction).SetTree(tree).SetPos(n.Pos)
			n.Pipe.Cmds = append(n.Pipe.Cmds, &parse.CommandNode{NodeType: parse.NodeCommand, Pos: n.Pos, Args: []parse.Node{write}})
		}
	}
}

// writeValue writes a value as text/template and fmt do.
func writeValue(w io.Writer, value any) {
	switch v := value.(type) {
	case map[string]any:
		io.WriteString(w, "map[")
		for i, key := range slices.Sorted(maps.Keys(v)) {
			if i > 0 {
				io.WriteString(w, " ")
			}
			io.WriteString(w, key+":")
			writeValue(w, v[key])
		}
		io.WriteString(w, "]")
	case []any:
		io.WriteString(w, "[")
		for i, item := range v {
			if i > 0 {
				io.WriteString(w, " ")
			}
			writeValue(w, item)
		}
		io.WriteString(w, "]")
	default:
		fmt.Fprint(w, v)
	}
}

// isTemplate reports whether a form is a Go template, by cli-runtime's names.
func isTemplate(form string) bool {
	return form == "go-template" || form == "go-template-file" || form == "template" || form == "templatefile"
}

// printTemplate executes the template on the document of a view. A panic of the template is an error.
func (out *Output) printTemplate(w io.Writer, v View) (err error) {
	values, err := v.values(toValues)
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = fault.Errorf(fault.Usage, "-o %s: caught panic: %+v", out.form, p)
		}
	}()
	out.template.Funcs(template.FuncMap{writeFunction: func(value any) string {
		if value == nil {
			value = "<no value>"
		}
		writeValue(w, value)
		return ""
	}})
	if err := out.template.Execute(w, values); err != nil {
		return fault.Errorf(fault.Usage, "-o %s: error executing template: %w", out.form, err)
	}
	return nil
}

// exists is the function of cli-runtime's templates: whether `index` finds something other than null.
func exists(value any, indices ...any) bool {
	for _, index := range indices {
		switch v := value.(type) {
		case map[string]any:
			key, isText := index.(string)
			if !isText && index != nil {
				return false
			}
			value = v[key]
		case []any:
			i, ok := position(index, len(v))
			if !ok {
				return false
			}
			value = v[i]
		case string:
			i, ok := position(index, len(v))
			if !ok {
				return false
			}
			value = v[i]
		default:
			return false
		}
	}
	return len(indices) == 0 || value != nil
}

// position converts an index of any integer type. ok is false if it is not an integer or not within the length.
func position(index any, length int) (i int, ok bool) {
	switch v := reflect.ValueOf(index); {
	case v.CanInt():
		i = int(v.Int())
	case v.CanUint():
		i = int(v.Uint())
	default:
		return 0, false
	}
	return i, i >= 0 && i < length
}

// base64decode is the function of cli-runtime's templates.
func base64decode(text string) (string, error) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("base64 decode failed: %w", err)
	}
	return string(data), nil
}

// printJSONPath writes what a JSONPath finds in a document, as cli-runtime's printer does, but without a copy of all text.
// Nothing is written before the path was found.
func (out *Output) printJSONPath(b *bufio.Writer, path *printers.JSONPathPrinter, v View) error {
	values, err := v.values(toValues)
	if err != nil {
		return err
	}
	found, err := path.FindResults(values)
	if err != nil {
		return fault.Errorf(fault.Usage, "-o %s: error executing jsonpath: %w", out.form, err)
	}
	for _, results := range found {
		if out.form == "jsonpath-as-json" {
			list := make([]any, len(results))
			for i, result := range results {
				list[i] = result.Interface()
			}
			if err := kubectlJSON("    ", out.options.Terminal).write(b, list, 0); err != nil {
				return err
			}
			b.WriteByte('\n')
			continue
		}
		for i, result := range results {
			if i > 0 {
				b.WriteByte(' ')
			}
			if err := out.writeFound(b, result); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeFound writes one value that a JSONPath found: objects and lists as JSON, scalars as they are.
func (out *Output) writeFound(b *bufio.Writer, found reflect.Value) error {
	if !found.IsValid() {
		b.WriteString("<no value>")
		return nil
	}
	switch value := found.Interface().(type) {
	case map[string]any, []any:
		return kubectlJSON("", out.options.Terminal).write(b, value, 0)
	case nil:
		b.WriteString("null")
	default:
		text := fmt.Sprint(value)
		if out.options.Terminal {
			text = SafeText(text)
		}
		b.WriteString(text)
	}
	return nil
}
