package plugin

import (
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// outputFlags choose the output format: cli-runtime's PrintFlags, and --jq, --sort-by and --no-headers.
type outputFlags struct {
	kubectl   *genericclioptions.PrintFlags
	forms     printers.Forms
	jq        optional
	jqArgs    []string
	sortBy    string
	noHeaders bool
}

// newOutputFlags adds the flags to a command that supports these forms. They have the names and meanings of kubectl's.
func newOutputFlags(cmd *cobra.Command, forms printers.Forms) *outputFlags {
	kubectl := genericclioptions.NewPrintFlags("")
	kubectl.NamePrintFlags = nil // each command prints -o name in its own way
	forms.Kubectl = kubectl.AllowedFormats()
	o := &outputFlags{kubectl: kubectl, forms: forms}
	group(cmd.Flags(), outputGroup, func() { o.add(cmd) })
	return o
}

func (o *outputFlags) add(cmd *cobra.Command) {
	o.kubectl.AddFlags(cmd)
	flags, forms := cmd.Flags(), o.forms
	flags.Lookup("output").Usage = "Output format: " + strings.Join(printers.FormNames(forms), ", ")
	_ = cmd.RegisterFlagCompletionFunc("output", completer{}.function(fixed(printers.FormNames(forms)...), false)) // fails for a flag that has one
	flags.Lookup("template").Usage = "Go template, or a file with one, for -o go-template and -o go-template-file"
	flags.Lookup("allow-missing-template-keys").Usage = "Ignore missing fields and map keys in Go templates and JSONPath"
	flags.VarP(&o.jq, "jq", "q", "Filter the JSON document with a jq expression; strings are printed raw")
	flags.StringArrayVar(&o.jqArgs, "jq-arg", nil, "Set a variable for the jq expression: NAME=VALUE sets $NAME")
	flags.StringVar(&o.sortBy, "sort-by", "", "Sort items by a JSONPath, such as .metadata.name")
	flags.BoolVar(&o.noHeaders, "no-headers", false, "Print tables without headings")
	hidden := []string{"show-managed-fields"} // no document here has managed fields
	if !forms.List {
		hidden = append(hidden, "sort-by")
	}
	if !forms.Table {
		hidden = append(hidden, "no-headers")
	}
	for _, name := range hidden {
		flags.Lookup(name).Hidden = true
	}
}

// form returns the value of -o, "" when it is not given.
func (o *outputFlags) form() string { return *o.kubectl.OutputFormat }

// isDefault reports whether no flag chooses a form.
func (o *outputFlags) isDefault() bool {
	return o.form() == "" && !o.jq.given && *o.kubectl.TemplatePrinterFlags.TemplateArgument == ""
}

// output checks the flags and compiles templates, paths and jq.
func (o *outputFlags) output(streams Streams) (*printers.Output, error) {
	return printers.NewOutput(printers.Options{
		Output:            o.form(),
		Template:          *o.kubectl.TemplatePrinterFlags.TemplateArgument,
		Kubectl:           o.kubectlPrinter,
		RefuseMissingKeys: !*o.kubectl.TemplatePrinterFlags.AllowMissingKeys,
		JQ:                o.jq.text,
		HasJQ:             o.jq.given,
		JQArgs:            o.jqArgs,
		SortBy:            o.sortBy,
		NoHeaders:         o.noHeaders,
		Terminal:          streams.OutTerminal,
		Color:             streams.Color,
		Width:             streams.Width,
		Forms:             o.forms,
	})
}

// kubectlPrinter returns cli-runtime's printer for the form, nil for a form that it does not support.
func (o *outputFlags) kubectlPrinter() (printers.KubectlPrinter, error) {
	printer, err := o.kubectl.ToPrinter()
	if genericclioptions.IsNoCompatiblePrinterError(err) {
		return nil, nil
	}
	return printer, err
}
