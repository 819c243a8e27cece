package plugin

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// longest is how many bytes of a message are shown: some libraries put a whole document into theirs.
const longest = 2000

// Interrupted is the cause of a context that a signal ended.
type Interrupted struct{ Signal syscall.Signal }

func (i Interrupted) Error() string { return "interrupted" }

// Execute runs a command line and gives the exit code. What went wrong is one line on ErrOut; a reader that
// left a pipe early is not an error.
func Execute(ctx context.Context, env Environment, args []string) int {
	root := NewCommand(env)
	root.SetArgs(args)
	out := &witness{Writer: env.Out}
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
	if wantsJSONErrors(root, args) {
		fmt.Fprintln(env.ErrOut, errorJSON(err))
		return ExitCode(err)
	}
	fmt.Fprintln(env.ErrOut, "error: "+printers.SafeLine(shortened(oneLine(payload.HideURLUserinfo(err.Error())))))
	if mistake, ok := errors.AsType[*printers.SyntaxError](err); ok {
		fmt.Fprintln(env.ErrOut, mistake.Caret())
	}
	return ExitCode(err)
}

// witness remembers that a write failed: cobra does not say whether its help could be written.
type witness struct {
	io.Writer
	err error
}

func (w *witness) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if w.err == nil {
		w.err = err
	}
	return n, err
}

// ExitCode is what an error means to a script.
func ExitCode(err error) int {
	if interrupted, ok := errors.AsType[Interrupted](err); ok {
		return 128 + int(interrupted.Signal)
	}
	switch kindOf(err) {
	case fault.Usage:
		return 2
	case fault.NotFound:
		return 3
	case fault.Auth:
		return 4
	case fault.Network:
		return 5
	case fault.Integrity:
		return 6
	case fault.Partial:
		return 7
	case fault.Local:
		return 8
	}
	return 1
}

// kindOf is the kind of an error; file system errors without a kind are fault.Local.
func kindOf(err error) fault.Kind {
	kind := fault.KindOf(err)
	if _, ok := errors.AsType[*fs.PathError](err); ok && kind == fault.Internal {
		return fault.Local
	}
	return kind
}

// oneLine joins the lines of a message.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

func shortened(text string) string {
	if len(text) <= longest {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes more)", strings.ToValidUTF8(text[:longest], ""), len(text)-longest)
}
