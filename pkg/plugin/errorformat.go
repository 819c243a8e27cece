package plugin

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// errorFormat is how the error of a command is printed.
type errorFormat string

const (
	errorFormatFlag = "error-format"

	textErrors errorFormat = "text"
	jsonErrors errorFormat = "json"
)

// String is the value of the flag.
func (e *errorFormat) String() string { return string(*e) }

// Type is what the help calls the value.
func (e *errorFormat) Type() string { return "text|json" }

// Set reads the value of the flag.
func (e *errorFormat) Set(text string) error {
	if format := errorFormat(text); format == textErrors || format == jsonErrors {
		*e = format
		return nil
	}
	return errors.New("want text or json")
}

// wantsJSONErrors says whether errors are printed as JSON. Arguments that could not all be parsed are searched, so that
// the mistake in them is printed as the flag behind it says.
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

// reportedError is an error as programs read it.
type reportedError struct {
	Code    int    `json:"code"` // the exit code
	Kind    string `json:"kind"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what fixes it
}

// errorJSON is an error as one line of JSON, in which nothing changes how a terminal shows it.
func errorJSON(err error) string {
	report := reportedError{Code: ExitCode(err), Kind: kindOf(err).String(), Hint: oneLine(fault.HintOf(err))}
	if _, ok := errors.AsType[Interrupted](err); ok {
		report.Kind = "Interrupted"
	}
	report.Message = shortened(strings.TrimSuffix(oneLine(payload.HideURLUserinfo(err.Error())), "; "+report.Hint))
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(report) // numbers and texts can always be encoded
	return printableJSON(strings.TrimSpace(b.String()))
}

// printableJSON escapes in JSON what is not printable, as JSON does it.
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
