// Package fault gives an error the kind that decides the exit code of the program.
//
// A kind is set where the cause is known and kept through every wrapping with %w,
// so that a command only has to return its error.
package fault

import (
	"errors"
	"fmt"
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

// Error is an error with a kind.
type Error struct {
	Kind Kind
	err  error
}

// Errorf makes an error of a kind; the format takes %w.
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, err: fmt.Errorf(format, args...)}
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
