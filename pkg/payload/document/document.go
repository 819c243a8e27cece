// Package document reads JSON and YAML that comes from outside: within bounds on size, values and what aliases expand
// to, so that no document costs much more than it is long.
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

// The bounds of one document. The largest object that an API server takes has a few megabytes.
const (
	MaxSize     = 4 << 20  // bytes of YAML, or of JSON that is kept as values
	MaxJSON     = 16 << 20 // bytes of JSON that is kept as it is: the longest `oc adm release info -o json` has 5 MB
	MaxValues   = 100_000  // values; the largest definition in 4.22 has 25,000
	MaxExpanded = 16 << 20 // bytes that aliases may add
)

// LimitError says that a document is beyond a bound of this program: other programs may read it.
type LimitError struct{ message string }

func (e *LimitError) Error() string { return e.message }

// Beyond is a LimitError.
func LimitErrorf(format string, args ...any) error { return &LimitError{fmt.Sprintf(format, args...)} }

// Check refuses a document that is too much for a parser: longer than max bytes, or of more than MaxValues values. These
// are counted by the signs that stand between them, so there may be fewer.
func Check(document []byte, max int) error {
	if len(document) > max {
		return LimitErrorf("the document has %d bytes, more than the %d that this program reads%s", len(document), max, hint(max))
	}
	if len(document) >= MaxValues && values(document) > MaxValues {
		return LimitErrorf("the document has more than the %d values that this program reads", MaxValues)
	}
	return nil
}

// hint says what is usual where a document is an object.
func hint(max int) string {
	if max != MaxSize {
		return ""
	}
	return "; etcd takes objects of up to 1.5 MiB"
}

// values counts the values of a document, or more.
func values(document []byte) int {
	count := 0
	for _, sign := range []string{"\n", ",", "[", "{", "- ", "? "} {
		count += bytes.Count(document, []byte(sign))
	}
	return count
}

// ToJSON converts one YAML document to compact JSON with sorted keys, as Kubernetes does. The budget bounds it together
// with other documents.
func ToJSON(document []byte, budget *Budget) ([]byte, error) {
	return toJSON(document, budget, yaml.YAMLToJSON)
}

// ToJSONStrict is ToJSON, and refuses a key that is there twice.
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
	return convert(text)
}

// Decode reads one JSON document into a value. Fields are found by their exact names, and a key that is there twice is
// fault.Integrity wherever it stands: programs differ about which of them counts.
func Decode(document []byte, into any) error {
	if err := Check(document, MaxJSON); err != nil {
		return err
	}
	if err := checkKeys(document); err != nil {
		return err
	}
	return json.UnmarshalCaseSensitivePreserveInts(document, into)
}

// IsSyntaxError says whether an error of Decode is about a document that is no JSON.
func IsSyntaxError(err error) bool {
	is, _ := json.SyntaxErrorOffset(err)
	return is
}

// Text is a document as UTF-8 without a byte order mark. UTF-16 is recognised by its mark, with which Windows PowerShell writes
// what a program prints.
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

// Kind gives an error of reading a document its kind: what is beyond a limit, and what two programs read in two ways, is
// fault.Integrity; what is none of these keeps the kind otherwise.
func Kind(err error, otherwise fault.Kind) fault.Kind {
	if _, beyond := errors.AsType[*LimitError](err); beyond {
		return fault.Integrity
	}
	if kind := fault.KindOf(err); kind != fault.Internal {
		return kind
	}
	return otherwise
}
