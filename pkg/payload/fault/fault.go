// Package fault gives an error the kind that decides the exit code of the program.
//
// A kind is set where the cause is known and kept through every wrapping with %w,
// so that a command only has to return its error.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of thing went wrong.
type Kind int

// The kinds, one for each exit code of the command line.
const (
	Internal  Kind = iota // a defect of this program
	Usage                 // flags, arguments or a jq expression
	NotFound              // no such image, file or component, or not a release
	Auth                  // the registry or the cluster wants other credentials
	Network               // a server could not be reached or did not answer
	Integrity             // bytes that are not what their digest or the format promises
	Partial               // done in part, or a warning with --strict
	Local                 // the local file system
)

// String is the name of a kind, as programs read it.
func (k Kind) String() string {
	switch k {
	case Usage:
		return "Usage"
	case NotFound:
		return "NotFound"
	case Auth:
		return "Auth"
	case Network:
		return "Network"
	case Integrity:
		return "Integrity"
	case Partial:
		return "Partial"
	case Local:
		return "Local"
	}
	return "Internal"
}

// Error is an error with a kind.
type Error struct {
	Kind Kind
	err  error
}

// Errorf makes an error of a kind; the format takes %w.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, err: fmt.Errorf(format, args...)}
}

// WithHint makes an error of a kind whose text ends in what fixes it: "TEXT; HINT". The hint may begin with its "; ", as
// those do that end other texts too. Without a hint it is Errorf.
func WithHint(kind Kind, hint, format string, args ...any) error {
	if hint = strings.TrimPrefix(hint, "; "); hint == "" {
		return Errorf(kind, format, args...)
	}
	return &Error{Kind: kind, err: &hinted{fmt.Errorf(format, args...), hint}}
}

// hinted is an error with what fixes it.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() + "; " + h.hint }
func (h *hinted) Unwrap() error { return h.err }

// HintOf is what fixes the outermost error in err's chain that says so, "" when none does. The text of err has it too.
func HintOf(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	return ""
}

func (e *Error) Error() string { return e.err.Error() }

// Unwrap gives the error that carries the text.
func (e *Error) Unwrap() error { return e.err }

// KindOf is the kind of the outermost Error in err's chain, Internal when there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
