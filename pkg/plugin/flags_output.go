package plugin

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// outputFlags choose the form of what a command prints.
type outputFlags struct {
	forms       printers.Forms
	form        string
	template    string
	missingKeys bool
	jq          string
	jqArgs      []string
	sortBy      string
	noHeaders   bool
	command     *cobra.Command
}

// newOutputFlags adds the flags to a command that has these forms. They are named and behave as kubectl's.
func newOutputFlags(cmd *cobra.Command, forms printers.Forms) *outputFlags {
	o := &outputFlags{forms: forms, command: cmd}
	flags := cmd.Flags()
	flags.StringVarP(&o.form, "output", "o", "", fmt.Sprintf("Output format. One of: (%s)", strings.Join(printers.FormNames(forms), ", ")))
	flags.StringVar(&o.template, "template", "", "Template, or path to one, for -o go-template, go-template-file, jsonpath and jsonpath-file")
	flags.BoolVar(&o.missingKeys, "allow-missing-template-keys", true, "Ignore keys that are missing in a template; with false they are errors")
	flags.StringVarP(&o.jq, "jq", "q", "", "Filter the document of -o json with a jq expression; strings come out raw")
	flags.StringArrayVar(&o.jqArgs, "jq-arg", nil, "Set a variable of the jq expression: NAME=VALUE gives $NAME")
	flags.StringVar(&o.sortBy, "sort-by", "", "Sort list items by this JSONPath, such as .metadata.name")
	flags.BoolVar(&o.noHeaders, "no-headers", false, "Print a table without its headings")
	if !forms.List {
		_ = flags.MarkHidden("sort-by") // the flag is there
	}
	if !forms.Table {
		_ = flags.MarkHidden("no-headers")
	}
	return o
}

// isDefault says whether the user left the form to the command.
func (o *outputFlags) isDefault() bool {
	return o.form == "" && !o.command.Flags().Changed("jq") && !o.command.Flags().Changed("template")
}

// output checks the user's choices.
func (o *outputFlags) output(streams Streams) (*printers.Output, error) {
	return printers.NewOutput(printers.Options{
		Output:   o.form,
		Template: o.template,

		StrictTemplates: !o.missingKeys,

		JQ:        o.jq,
		HasJQ:     o.command.Flags().Changed("jq"),
		JQArgs:    o.jqArgs,
		SortBy:    o.sortBy,
		NoHeaders: o.noHeaders,
		Terminal:  streams.OutTerminal,
		Color:     streams.Color,
		Forms:     o.forms,
	})
}
