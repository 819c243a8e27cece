package plugin

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// outputFlags choose the form of what a command prints.
type outputFlags struct {
	kube      *genericclioptions.PrintFlags
	forms     printers.Forms
	jq        string
	jqArgs    []string
	sortBy    string
	noHeaders bool
	command   *cobra.Command
}

// newOutputFlags adds the flags to a command that has these forms.
func newOutputFlags(cmd *cobra.Command, forms printers.Forms) *outputFlags {
	o := &outputFlags{kube: genericclioptions.NewPrintFlags(""), forms: forms, command: cmd}
	output := o.kube.OutputFormat
	o.kube.OutputFormat = nil // its help would list forms that a command does not have
	o.kube.AddFlags(cmd)
	o.kube.OutputFormat = output
	flags := cmd.Flags()
	flags.StringVarP(output, "output", "o", "", fmt.Sprintf("Output format. One of: (%s)",
		strings.Join(printers.FormNames(o.kube, forms), ", ")))
	o.kube.OutputFlagSpecified = func() bool { return flags.Changed("output") }
	_ = flags.MarkHidden("show-managed-fields")
	flags.StringVarP(&o.jq, "jq", "q", "", "Filter the document of -o json with a jq expression; strings come out raw")
	flags.StringArrayVar(&o.jqArgs, "jq-arg", nil, "Set a variable of the jq expression: NAME=VALUE gives $NAME")
	flags.StringVar(&o.sortBy, "sort-by", "", "Sort list items by this JSONPath, such as .metadata.name")
	flags.BoolVar(&o.noHeaders, "no-headers", false, "Print a table without its headings")
	return o
}

// isDefault says whether the user left the form to the command.
func (o *outputFlags) isDefault() bool {
	return *o.kube.OutputFormat == "" && !o.command.Flags().Changed("jq") && !o.command.Flags().Changed("template")
}

// output checks the user's choices.
func (o *outputFlags) output(streams Streams) (*printers.Output, error) {
	return printers.NewOutput(printers.Options{
		Output:    *o.kube.OutputFormat,
		Template:  *o.kube.TemplatePrinterFlags.TemplateArgument,
		JQ:        o.jq,
		HasJQ:     o.command.Flags().Changed("jq"),
		JQArgs:    o.jqArgs,
		SortBy:    o.sortBy,
		NoHeaders: o.noHeaders,
		Terminal:  streams.OutTerminal,
		Color:     streams.Color,
		Kube:      o.kube,
		Forms:     o.forms,
	})
}
