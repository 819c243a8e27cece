package printers

import (
	"os"
	"strings"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// KubectlPrinter is one of cli-runtime's printers: json, yaml, kyaml, templates and JSONPaths.
type KubectlPrinter = printers.ResourcePrinter

// kubectlPrinter makes cli-runtime's printer of a form, nil for a form that cli-runtime does not have. An error is
// fault.Local for a template file that cannot be read, else fault.Usage.
func (out *Output) kubectlPrinter(argument string) (KubectlPrinter, error) {
	o := out.options
	if o.Kubectl == nil {
		return nil, nil
	}
	if file := argument; strings.HasSuffix(out.form, "file") {
		if o.Template != "" {
			file = o.Template
		}
		if err := checkReadable(file); err != nil {
			return nil, fault.Errorf(fault.Local, "-o %s: reading the template: %w", out.form, err)
		}
	}
	printer, err := o.Kubectl()
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "-o %s: %w", out.form, err)
	}
	return printer, nil
}

// checkReadable opens a file, which cli-runtime's errors do not tell apart from a mistake in it; "" is no file.
func checkReadable(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	return file.Close()
}
