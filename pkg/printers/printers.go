// Package printers turns documents into bytes: tables and lines for people, JSON, YAML, templates, custom columns and jq for
// scripts, and the text forms of single commands.
//
// The forms of kubectl are byte for byte those of cli-runtime's printers.
package printers

import (
	"context"
	"io"
	"slices"
	"strings"
	"text/template"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// View is what a command prints, in all its forms. Print only uses the field of the chosen form.
type View struct {
	Document  any                                // for json, yaml, templates, custom columns and jq
	Consume   bool                               // Print may remove the items of the document, to free memory
	Table     func() Table                       // for the default form and wide: one row per item
	WideTable func() Table                       // for wide, if it is another table than the default
	Lines     map[string]func() []string         // for name, digest and other forms of one value per line
	Text      func(w io.Writer) error            // for the default form of a command without a table
	Texts     map[string]func(w io.Writer) error // for forms of a single command, such as dot

	// Styled are forms that terminals may show in color, "" for the default. They write only text that is safe on a terminal.
	Styled map[string]func(w io.Writer, s Style) error
}

// Style is how a text is shown.
type Style struct {
	Color bool
	Width int // columns of the terminal, 0 if there is none
}

// Sortable is a list document whose items can be sorted.
type Sortable interface {
	// Reorder moves item order[i] to place i.
	Reorder(order []int)
}

// Forms are the forms of a command beside those of cli-runtime, custom columns and jq.
type Forms struct {
	Table bool     // it has a table: wide and --no-headers work
	List  bool     // its document is a list: --sort-by works
	Lines []string // name, digest and other forms of one value per line
	Texts []string // forms of this command, such as dot

	Kubectl []string // the forms of cli-runtime's PrintFlags
}

// Options are the values of the output flags.
type Options struct {
	Output   string // the value of -o
	Template string // the value of --template
	// Kubectl returns cli-runtime's printer for Output and Template, nil for a form that cli-runtime does not have.
	Kubectl func() (KubectlPrinter, error)
	// RefuseMissingKeys makes a key that is missing an error of a Go template.
	RefuseMissingKeys bool

	JQ        string
	HasJQ     bool     // --jq was given; its expression may be empty
	JQArgs    []string // name=value
	SortBy    string
	NoHeaders bool
	Terminal  bool // standard output is a terminal
	Color     bool
	Width     int // columns of the terminal, 0 if there is none
	Forms     Forms
}

// Output prints views in the chosen form.
type Output struct {
	options  Options
	form     string // without its argument, "" for the default
	kubectl  KubectlPrinter
	template *template.Template
	query    *query
	columns  *customColumns
	sorter   *sorter
}

// NewOutput checks the options before anything is fetched. The error is fault.Local for a file of a template or of columns that
// cannot be read, otherwise fault.Usage.
func NewOutput(o Options) (*Output, error) {
	form, argument, hasArgument := strings.Cut(o.Output, "=")
	if form == "" && o.Template != "" {
		form = "go-template"
	}
	out := &Output{options: o, form: form}
	if err := out.checkCombination(); err != nil {
		return nil, err
	}
	if err := out.checkList(); err != nil {
		return nil, err
	}
	var err error
	if o.SortBy != "" {
		if out.sorter, err = newSorter(o.SortBy); err != nil {
			return nil, err
		}
	}
	switch {
	case hasArgument && !takesArgument(form):
		err = out.unknownForm()
	case o.HasJQ:
		out.query, err = compileQuery(o.JQ, o.JQArgs)
	case form == "", form == "wide" && o.Forms.Table, slices.Contains(o.Forms.Lines, form), slices.Contains(o.Forms.Texts, form):
	case form == "custom-columns":
		out.columns, err = parseColumns(argument)
	case form == "custom-columns-file":
		out.columns, err = readColumns(argument)
	default:
		var found bool
		if found, err = out.prepareKubectl(argument); err == nil && !found {
			err = out.unknownForm()
		}
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// checkCombination refuses --jq with other forms, and --jq-arg without --jq.
func (out *Output) checkCombination() error {
	o := out.options
	switch {
	case o.HasJQ && o.Output != "" && !strings.EqualFold(o.Output, "json"):
		return fault.Errorf(fault.Usage, "--jq filters the document of -o json: it cannot go with -o %s", o.Output)
	case o.HasJQ && o.Template != "":
		return fault.Errorf(fault.Usage, "--jq filters the document of -o json: it cannot go with --template")
	case !o.HasJQ && len(o.JQArgs) > 0:
		return fault.Errorf(fault.Usage, "--jq-arg needs --jq")
	}
	return nil
}

// checkList refuses flags for lists and tables if the command prints none.
func (out *Output) checkList() error {
	o := out.options
	switch {
	case o.SortBy != "" && !o.Forms.List:
		return fault.Errorf(fault.Usage, "--sort-by sorts the items of a list, and this command prints none")
	case o.NoHeaders && !o.Forms.Table && !strings.HasPrefix(out.form, "custom-columns"):
		return fault.Errorf(fault.Usage, "--no-headers is for tables, and this command prints none")
	}
	return nil
}

// takesArgument reports whether a form may be followed by = and an argument.
func takesArgument(form string) bool {
	return strings.Contains(form, "template") || strings.HasPrefix(form, "jsonpath") || strings.HasPrefix(form, "custom-columns")
}

func (out *Output) unknownForm() error {
	names := FormNames(out.options.Forms)
	return fault.Errorf(fault.Usage, "unable to match a printer suitable for the output format %q, allowed formats are: %s%s",
		out.options.Output, strings.Join(names, ","), payload.DidYouMean(out.options.Output, names))
}

// FormNames lists the values that -o takes, sorted.
func FormNames(forms Forms) []string {
	names := slices.Concat(forms.Kubectl, []string{"custom-columns", "custom-columns-file"}, forms.Lines, forms.Texts)
	if forms.Table {
		names = append(names, "wide")
	}
	slices.Sort(names)
	return names
}

// ShowsTable reports whether the form is a table, which is invisible without rows.
func (out *Output) ShowsTable() bool {
	return out.options.Forms.Table && out.query == nil && (out.form == "" || out.form == "wide")
}

// Print writes a view; it writes nothing if it fails, except results of jq before the one that failed.
func (out *Output) Print(ctx context.Context, w io.Writer, v View) error {
	if out.sorter != nil {
		if err := out.sorter.sort(v.Document); err != nil {
			return err
		}
	}
	switch {
	case out.query != nil:
		return out.printQuery(ctx, w, v)
	case out.kubectl != nil:
		return out.printKubectl(w, v)
	}
	var text pages
	if err := out.render(&text, v); err != nil {
		return err
	}
	// The cells of tables are safe already.
	return text.writeTo(w, out.options.Terminal && !out.ShowsTable() && out.styled(v) == nil)
}

// styled returns the form of a view that may use color, nil if the form is another one.
func (out *Output) styled(v View) func(io.Writer, Style) error {
	if out.columns != nil || out.template != nil {
		return nil
	}
	return v.Styled[out.form]
}

func (out *Output) render(w io.Writer, v View) error {
	switch {
	case out.columns != nil:
		return out.columns.print(w, v.Document, out.options.NoHeaders)
	case out.template != nil:
		return out.printTemplate(w, v)
	case v.Lines[out.form] != nil:
		for _, line := range v.Lines[out.form]() {
			io.WriteString(w, SafeLine(line)+"\n")
		}
		return nil
	case out.styled(v) != nil:
		style := Style{Color: out.options.Color}
		if out.options.Terminal {
			style.Width = out.options.Width
		}
		return out.styled(v)(w, style)
	case v.Texts[out.form] != nil:
		return v.Texts[out.form](w)
	case v.WideTable != nil && out.form == "wide":
		return out.printTable(w, v.WideTable())
	case v.Table != nil:
		return out.printTable(w, v.Table())
	default:
		return v.Text(w)
	}
}
