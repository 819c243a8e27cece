package plugin

import (
	"bytes"
	"context"

	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// toFlag is --to of commands that print one text: a file instead of standard output.
type toFlag struct{ to optional }

func (f *toFlag) add(flags *pflag.FlagSet) {
	flags.Var(&f.to, "to", "Write to this file instead of standard output, completely or not at all")
}

// file returns the file, "" for standard output.
func (f *toFlag) file() string {
	if f.to.text == "-" {
		return ""
	}
	return f.to.text
}

// streams returns the streams as they are for the output: a file is no terminal.
func (f *toFlag) streams(s Streams) Streams {
	if f.file() != "" {
		s.OutTerminal, s.Color = false, false
	}
	return s
}

// check refuses an empty name, and a page on a terminal. form is the value of -o.
func (f *toFlag) check(form string, s Streams) error {
	switch {
	case f.to.given && f.to.text == "":
		return fault.Errorf(fault.Usage, "--to is empty: name a file, or - for standard output")
	case form == "html" && f.to.text == "" && s.OutTerminal:
		return fault.Errorf(fault.Usage, "-o html is a page for a browser: write it to a file with --to FILE")
	}
	return nil
}

// printTo prints a view to a file, or to standard output if file is "".
func (s *session) printTo(ctx context.Context, file string, output *printers.Output, view printers.View) error {
	if file == "" {
		return output.Print(ctx, s.Out, view)
	}
	var text bytes.Buffer
	if err := output.Print(ctx, &text, view); err != nil {
		return err
	}
	return wholefile.Write(file, text.Bytes())
}
