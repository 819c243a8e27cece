// Package document parses JSON and YAML from outside. It limits size, number of values and expansion of aliases, so that a small
// document cannot cost much.
package document

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf16"

	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// The limits of one document. An API server takes objects of a few megabytes.
const (
	MaxSize     = 4 << 20  // bytes of YAML, or of JSON that is parsed into values
	MaxJSON     = 16 << 20 // bytes of JSON that stays as it is: the longest `oc adm release info -o json` has 5 MB
	MaxValues   = 100_000  // values; the largest definition in 4.22 has 25,000
	MaxDepth    = 100      // levels of objects and lists; the deepest definition in 4.22 has 40
	MaxExpanded = 16 << 20 // bytes that aliases may add
)

// LimitError says that a document exceeds a limit of this program. Other programs may read it.
type LimitError struct{ message string }

func (e *LimitError) Error() string { return e.message }

// LimitErrorf returns a LimitError.
func LimitErrorf(format string, args ...any) error { return &LimitError{fmt.Sprintf(format, args...)} }

// Check returns a LimitError for a document of more than max bytes or more than MaxValues values. It estimates the values by the
// characters between them and may count too many.
func Check(document []byte, max int) error {
	if len(document) > max {
		return LimitErrorf("the document has %d bytes, more than the %d that this program reads%s", len(document), max, hint(max))
	}
	if len(document) >= MaxValues && values(document) > MaxValues {
		return LimitErrorf("the document has more than the %d values that this program reads", MaxValues)
	}
	return nil
}

// hint says how large objects may be, for the limit of objects.
func hint(max int) string {
	if max != MaxSize {
		return ""
	}
	return "; etcd takes objects of up to 1.5 MiB"
}

// values estimates the number of values of a document; it is never too low.
func values(document []byte) int {
	count := 0
	for _, sign := range []string{"\n", ",", "[", "{", "- ", "? "} {
		count += bytes.Count(document, []byte(sign))
	}
	return count
}

// ToJSON converts one YAML document to compact JSON with sorted keys, as Kubernetes does. The document counts in budget.
func ToJSON(document []byte, budget *Budget) ([]byte, error) {
	return toJSON(document, budget, yaml.YAMLToJSON)
}

// ToJSONStrict is ToJSON, and refuses duplicate keys.
func ToJSONStrict(document []byte, budget *Budget) ([]byte, error) {
	return toJSON(document, budget, yaml.YAMLToJSONStrict)
}

func toJSON(document []byte, budget *Budget, convert func([]byte) ([]byte, error)) ([]byte, error) {
	text, err := Text(document)
	if err != nil {
		return nil, err
	}
	if err := Check(text, MaxSize); err != nil {
		return nil, err
	}
	if err := budget.Parse(text); err != nil {
		return nil, err
	}
	if err := budget.checkAliases(text); err != nil {
		return nil, err
	}
	defer budget.Hold(text)()
	object, err := convert(text)
	if err != nil {
		return nil, err
	}
	if err := budget.CheckJSON(object, text); err != nil {
		return nil, err
	}
	return object, nil
}

// Decode parses one JSON document into a value. Names of fields are case-sensitive. A duplicate key anywhere is fault.Integrity,
// because programs differ in which of the two they use.
func Decode(document []byte, into any) error {
	if err := Check(document, MaxJSON); err != nil {
		return err
	}
	if err := checkKeys(document); err != nil {
		return err
	}
	return json.UnmarshalCaseSensitivePreserveInts(document, into)
}

// IsSyntaxError reports whether an error of Decode says that the document is not JSON.
func IsSyntaxError(err error) bool {
	is, _ := json.SyntaxErrorOffset(err)
	return is
}

// Text returns a document as UTF-8 without a byte order mark. It converts UTF-16 with a byte order mark, which Windows PowerShell
// writes when it redirects output.
func Text(document []byte) ([]byte, error) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(document, []byte("\xff\xfe")):
		order = binary.LittleEndian
	case bytes.HasPrefix(document, []byte("\xfe\xff")):
		order = binary.BigEndian
	default:
		return bytes.TrimPrefix(document, []byte("\ufeff")), nil
	}
	if document = document[2:]; len(document)%2 != 0 {
		return nil, errors.New("it is truncated UTF-16: save it as UTF-8")
	}
	if len(document) > 2*MaxJSON {
		return nil, LimitErrorf("it is UTF-16 of %d bytes, more than the %d that this program reads: save it as UTF-8", len(document), 2*MaxJSON)
	}
	units := make([]uint16, len(document)/2)
	for i := range units {
		units[i] = order.Uint16(document[2*i:])
	}
	text := make([]byte, 0, len(units))
	for _, r := range utf16.Decode(units) {
		text = append(text, string(r)...)
	}
	return text, nil
}

// Kind returns the kind of an error of this package: fault.Integrity for a LimitError and for duplicate keys, fallback for other
// errors.
func Kind(err error, fallback fault.Kind) fault.Kind {
	if _, ok := errors.AsType[*LimitError](err); ok {
		return fault.Integrity
	}
	if kind := fault.KindOf(err); kind != fault.Internal {
		return kind
	}
	return fallback
}
