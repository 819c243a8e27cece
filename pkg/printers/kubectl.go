package printers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// KubectlPrinter is a printer of cli-runtime: json, yaml, kyaml, templates and JSONPaths.
type KubectlPrinter = printers.ResourcePrinter

// prepareKubectl prepares the printer or template of a form of cli-runtime. found is false if cli-runtime does not have the
// form. The error is fault.Local if a template file cannot be read, otherwise fault.Usage.
func (out *Output) prepareKubectl(argument string) (found bool, err error) {
	o := out.options
	if o.Kubectl == nil {
		return false, nil
	}
	if file := argument; strings.HasSuffix(out.form, "file") {
		if o.Template != "" {
			file = o.Template
		}
		if err := checkTemplateFile(file); err != nil {
			return false, fault.Errorf(fault.KindOf(err), "-o %s: %w", out.form, err)
		}
	}
	if isTemplate(out.form) && (argument == "" || o.Template == "") {
		out.template, err = out.parseTemplate(argument)
		return true, err
	}
	out.kubectl, err = o.Kubectl()
	if err != nil {
		return false, fault.Errorf(fault.Usage, "-o %s: %w", out.form, err)
	}
	return out.kubectl != nil, nil
}

// checkTemplateFile returns fault.Local for a file that cannot be read and fault.Usage for a binary file. cli-runtime's errors
// do not distinguish these from mistakes in templates. An empty path is not a file. A pipe is opened but not read, because it
// can be read only once.
func checkTemplateFile(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return fault.Errorf(fault.Local, "reading the template: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() && !info.IsDir() {
		return err
	}
	start := make([]byte, 512)
	n, err := file.Read(start)
	if err != nil && !errors.Is(err, io.EOF) {
		return fault.Errorf(fault.Local, "reading the template: %w", err)
	}
	if bytes.IndexByte(start[:n], 0) >= 0 {
		return fault.Errorf(fault.Usage, "%s is not a template but a binary file", path)
	}
	return nil
}

// printKubectl writes a document in a form of cli-runtime. JSON and JSONPaths are written by this program in the same form,
// because cli-runtime's printers hold several copies of the text.
func (out *Output) printKubectl(w io.Writer, v View) error {
	b := bufio.NewWriter(w)
	var err error
	if path, ok := out.kubectl.(*printers.JSONPathPrinter); ok {
		err = out.printJSONPath(b, path, v)
	} else if strings.EqualFold(out.form, "json") {
		err = out.printJSON(b, v.Document)
	} else {
		err = out.printYAML(b, v.Document)
	}
	if err != nil {
		return err
	}
	return b.Flush()
}

// printJSON writes a document as indented JSON.
func (out *Output) printJSON(b *bufio.Writer, document any) error {
	envelope, items := splitList(document)
	values, err := toValues(envelope)
	if err != nil {
		return err
	}
	if len(items) > 0 {
		values["items"] = lazyItems(items)
	}
	if err := kubectlJSON("    ", out.options.Terminal).write(b, values, 0); err != nil {
		return err
	}
	return b.WriteByte('\n')
}

// listSyntax describes how a form writes the items of a list.
type listSyntax struct {
	empty               string // a list without items
	start, between, end string
}

func listSyntaxOf(form string) listSyntax {
	if strings.EqualFold(form, "kyaml") {
		return listSyntax{"\n  items: [],\n", "\n  items: [", ", ", "],\n"}
	}
	return listSyntax{"\nitems: []\n", "\nitems:\n", "", ""}
}

// printYAML writes a document as YAML or KYAML with cli-runtime's printers. The items of a list are printed one by one: each
// is printed in a list of its own, from which the text around it is cut.
func (out *Output) printYAML(b *bufio.Writer, document any) error {
	write := func(text string) {
		if out.options.Terminal {
			text = SafeText(text)
		}
		b.WriteString(text)
	}
	envelope, items := splitList(document)
	list, err := toValues(envelope)
	if err != nil {
		return err
	}
	empty, err := out.sprintYAML(list)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		write(empty)
		return nil
	}
	syntax := listSyntaxOf(out.form)
	before, after, found := strings.Cut(empty, syntax.empty)
	if !found {
		return fmt.Errorf("-o %s: the list has no place for its items", out.form)
	}
	before, after = before+syntax.start, syntax.end+after
	write(before)
	for i, item := range items {
		values, err := toValues(item)
		if err != nil {
			return err
		}
		list["items"] = []any{values}
		text, err := out.sprintYAML(list)
		if err != nil {
			return err
		}
		if i > 0 {
			write(syntax.between)
		}
		// From the second document on, the YAML printer writes a separator before it.
		text = strings.TrimPrefix(text[:len(text)-len(after)], "---\n")
		write(text[len(strings.TrimPrefix(before, "---\n")):])
	}
	write(after)
	return nil
}

// sprintYAML returns a document as cli-runtime's printer writes it.
func (out *Output) sprintYAML(values map[string]any) (string, error) {
	var object runtime.Object
	u := &unstructured.Unstructured{Object: values}
	object = u
	if u.IsList() {
		list, err := u.ToList()
		if err != nil {
			return "", err
		}
		object = list
	}
	var text strings.Builder
	if err := out.kubectl.PrintObj(object, &text); err != nil {
		return "", fault.Errorf(fault.Usage, "-o %s: %w", out.form, err)
	}
	return text.String(), nil
}
