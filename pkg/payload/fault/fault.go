// Package fault gives an error the kind that decides the exit code of the program.
//
// Code sets the kind where it knows the cause. Wrapping with %w keeps the kind, so a command only returns its error.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind is a class of errors.
type Kind int

// The kinds, one for each exit code of the command line.
const (
	Internal  Kind = iota // a defect of this program
	Usage                 // flags, arguments or a jq expression
	NotFound              // no such image, file or component, or not a release
	Auth                  // a registry or cluster refuses the credentials
	Network               // a server cannot be reached or does not answer
	Integrity             // bytes that do not match their digest or format
	Partial               // partly done, or a warning with --strict
	Local                 // the local file system
)

// String is the name of the kind, for programs.
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

// Errorf is fmt.Errorf with a kind.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, err: fmt.Errorf(format, args...)}
}

// WithHint is Errorf with a hint that says how to fix the error. The text is "TEXT; HINT", or TEXT if the hint is empty. The hint
// may begin with "; ".
func WithHint(kind Kind, hint, format string, args ...any) error {
	if hint = strings.TrimPrefix(hint, "; "); hint == "" {
		return Errorf(kind, format, args...)
	}
	return &Error{Kind: kind, err: &hinted{fmt.Errorf(format, args...), hint}}
}

// hinted is an error with a hint.
type hinted struct {
	err  error
	hint string
}

func (h *hinted) Error() string { return h.err.Error() + "; " + h.hint }
func (h *hinted) Unwrap() error { return h.err }

// HintOf returns the outermost hint in err's chain, empty if there is none. The text of err includes it.
func HintOf(err error) string {
	if h, ok := errors.AsType[*hinted](err); ok {
		return h.hint
	}
	return ""
}

func (e *Error) Error() string { return e.err.Error() }

// Unwrap returns the error without the kind.
func (e *Error) Unwrap() error { return e.err }

// KindOf returns the kind of the outermost Error in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}
