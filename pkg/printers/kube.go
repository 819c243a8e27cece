package printers

import (
	"fmt"
	"os"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// kubeForms are the forms that cli-runtime prints. Its flags for them (package genericclioptions) are not used:
// with them comes the scheme of every API group, which templates keep the linker from leaving out, 20 MB of it.
func kubeForms() []string {
	return []string{
		"json", "yaml", "kyaml",
		"go-template", "go-template-file", "template", "templatefile",
		"jsonpath", "jsonpath-as-json", "jsonpath-file",
	}
}

// kubePrinter makes cli-runtime's printer of a form, nil for a form that it does not have. The template is what
// follows the form's =, or else the value of --template.
func kubePrinter(form, argument string, o Options) (printers.ResourcePrinter, error) {
	template := argument
	if o.Template != "" {
		template = o.Template
	}
	var err error
	if strings.HasSuffix(form, "file") {
		if template, err = readTemplate(template); err != nil {
			return nil, err
		}
	}
	switch strings.ToLower(form) {
	case "json":
		return &printers.JSONPrinter{}, nil
	case "yaml":
		return &printers.YAMLPrinter{}, nil
	case "kyaml":
		return &printers.KYAMLPrinter{}, nil
	case "go-template", "go-template-file", "template", "templatefile":
		return goTemplate(template, o.StrictTemplates)
	case "jsonpath", "jsonpath-file", "jsonpath-as-json":
		return jsonPath(template, o.StrictTemplates, form == "jsonpath-as-json")
	}
	return nil, nil
}

func readTemplate(file string) (string, error) {
	if file == "" {
		return "", fmt.Errorf("no file given")
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return "", fault.Errorf(fault.Local, "reading the template: %w", err)
	}
	return string(data), nil
}

func goTemplate(text string, strict bool) (printers.ResourcePrinter, error) {
	if text == "" {
		return nil, fmt.Errorf("template format specified but no template given")
	}
	p, err := printers.NewGoTemplatePrinter([]byte(text))
	if err != nil {
		return nil, fmt.Errorf("error parsing template %s, %w", text, err)
	}
	p.AllowMissingKeys(!strict)
	return p, nil
}

func jsonPath(text string, strict, asJSON bool) (printers.ResourcePrinter, error) {
	if text == "" {
		return nil, fmt.Errorf("template format specified but no template given")
	}
	p, err := printers.NewJSONPathPrinter(text)
	if err != nil {
		return nil, fmt.Errorf("error parsing jsonpath %s, %w", text, err)
	}
	p.AllowMissingKeys(!strict)
	p.EnableJSONOutput(asJSON)
	return p, nil
}
