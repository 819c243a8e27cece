// Package plugin is the command line, with one file for each command. A command parses its flags and arguments, reads
// a release with the packages below, makes a document of it and prints the document with package printers.
package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// Environment is what a command knows of the process that it runs in.
type Environment struct {
	Streams
	Getenv func(name string) string
	Home   string // the user's home directory, "" for none
	// CacheHome is the user's directory for caches, "" for none.
	CacheHome string
	UID       string // the user's ID, "" for none
	// Name is the command that users type: "oc release-x" or "kubectl release-x".
	Name string
}

// Streams are the standard streams of a command, and whether they are terminals.
type Streams struct {
	In     io.Reader
	Out    io.Writer
	ErrOut io.Writer

	OutTerminal bool // Out is a terminal
	ErrTerminal bool // ErrOut is a terminal
	Color       bool // Out shows colours
	Width       int  // columns of Out, 0 when it is no terminal
	// ErrSize returns the current columns and rows of ErrOut, 0 when it is no terminal; nil means 0.
	ErrSize func() (columns, rows int)
}

// FileStreams returns the streams of a process. It finds out which of them are terminals.
func FileStreams(in, out, errOut *os.File) Streams {
	width, _ := printers.TerminalSize(out)
	return Streams{
		In: in, Out: out, ErrOut: errOut,
		OutTerminal: printers.IsTerminal(out),
		ErrTerminal: printers.IsTerminal(errOut),
		Color:       printers.ShowsColor(out),
		Width:       width,
		ErrSize:     func() (columns, rows int) { return printers.TerminalSize(errOut) },
	}
}

// Interrupted is the cause of a context that a signal cancelled.
type Interrupted struct{ Signal syscall.Signal }

func (i Interrupted) Error() string { return "interrupted" }

// Execute runs a command line and returns the exit code. It prints an error as one line on ErrOut. A closed pipe on Out
// is not an error.
func Execute(ctx context.Context, env Environment, args []string) int {
	root := NewCommand(env)
	root.SetArgs(args)
	out := &errorWriter{Writer: env.Out}
	root.SetOut(out)
	if Completes(args) {
		root.SetErr(io.Discard)
		_ = root.ExecuteContext(ctx)
		return 0
	}
	err := root.ExecuteContext(ctx)
	if err == nil {
		err = out.err
	}
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return 0
	}
	if errors.Is(err, errDifferent) {
		return ExitCode(err)
	}
	if wantsJSONErrors(root, args) {
		fmt.Fprintln(env.ErrOut, errorJSON(err))
		return ExitCode(err)
	}
	fmt.Fprintln(env.ErrOut, errorText(err))
	return ExitCode(err)
}

// errorWriter keeps the first error of a write: cobra does not report whether it could print its help.
type errorWriter struct {
	io.Writer
	err error
}

func (w *errorWriter) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}
