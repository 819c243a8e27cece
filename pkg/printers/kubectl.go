package printers

import (
	"bytes"
	"errors"
	"io"
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
		if err := checkTemplateFile(file); err != nil {
			return nil, fault.Errorf(fault.KindOf(err), "-o %s: %w", out.form, err)
		}
	}
	printer, err := o.Kubectl()
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "-o %s: %w", out.form, err)
	}
	return printer, nil
}

// checkTemplateFile tells a file that cannot be read (fault.Local) and one that is no text (fault.Usage) from a mistake in
// a template, which cli-runtime's errors do not. "" is no file. A pipe is opened and not read: it has its text once.
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
