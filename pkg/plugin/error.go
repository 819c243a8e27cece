package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// ExitCode returns the exit code for an error.
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

// kindOf returns the kind of an error. File system errors without a kind are fault.Local.
func kindOf(err error) fault.Kind {
	kind := fault.KindOf(err)
	if _, ok := errors.AsType[*fs.PathError](err); ok && kind == fault.Internal {
		return fault.Local
	}
	return kind
}

// maxMessage is the length in bytes of the longest message that is printed.
const maxMessage = 2000

// errorText formats an error for people: one line, and for a syntax error another one that points to its place.
func errorText(err error) string {
	text := "error: " + printers.SafeLine(shorten(oneLine(payload.HideURLUserinfo(err.Error()))))
	if syntax, ok := errors.AsType[*printers.SyntaxError](err); ok {
		text += "\n" + syntax.Caret()
	}
	return text
}

// oneLine joins the lines of a message.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// shorten cuts a message after maxMessage bytes: some libraries put a whole document into an error.
func shorten(text string) string {
	if len(text) <= maxMessage {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes more)", strings.ToValidUTF8(text[:maxMessage], ""), len(text)-maxMessage)
}

// errorFormat is the value of --error-format.
type errorFormat string

const (
	errorFormatFlag = "error-format"

	textErrors errorFormat = "text"
	jsonErrors errorFormat = "json"
)

// String returns the value of the flag.
func (e *errorFormat) String() string { return string(*e) }

// Type returns the placeholder of the value in help.
func (e *errorFormat) Type() string { return "text|json" }

// Set parses the value of the flag.
func (e *errorFormat) Set(text string) error {
	if format := errorFormat(text); format == textErrors || format == jsonErrors {
		*e = format
		return nil
	}
	return errors.New("want text or json")
}

// wantsJSONErrors reports whether to print errors as JSON. When parsing stopped at a flag, it searches the arguments for
// --error-format, which may come after that flag.
func wantsJSONErrors(root *cobra.Command, args []string) bool {
	if flag := root.PersistentFlags().Lookup(errorFormatFlag); flag.Changed {
		return flag.Value.String() == string(jsonErrors)
	}
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	text := " " + strings.Join(args, " ") + " "
	flag, value := " --"+errorFormatFlag, string(jsonErrors)+" "
	return strings.Contains(text, flag+"="+value) || strings.Contains(text, flag+" "+value)
}

// reportedError is the JSON form of an error.
type reportedError struct {
	Code    int    `json:"code"` // the exit code
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what fixes it
}

// errorJSON formats an error as one line of JSON without characters that a terminal acts on.
func errorJSON(err error) string {
	report := reportedError{Code: ExitCode(err), Kind: kindOf(err).String(), Hint: oneLine(fault.HintOf(err))}
	if _, ok := errors.AsType[Interrupted](err); ok {
		report.Kind = "Interrupted"
	}
	report.Message = shorten(strings.TrimSuffix(oneLine(payload.HideURLUserinfo(err.Error())), "; "+report.Hint))
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(report) // numbers and texts can always be encoded
	return printableJSON(strings.TrimSpace(b.String()))
}

// printableJSON writes characters that are not printable as JSON escapes.
func printableJSON(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case strconv.IsPrint(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
