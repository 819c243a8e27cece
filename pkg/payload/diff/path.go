package diff

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Path is the place of a value in an object.
type Path []Step

// Step leads to a field of an object, or to an element of a list: by the value of its key, or by its position.
type Step struct {
	Field string // of an object
	Key   string // of a list: the field that identifies its elements: name, type, key or port
	Value string // of a list: the value of Key, as paths show it
	Index int    // of a list whose elements nothing identifies, from 0
	kind  stepKind
}

type stepKind int

const (
	fieldStep stepKind = iota
	keyStep
	indexStep
)

// String is the path as in .spec.containers[name=etcd].args[2] and .metadata.annotations["a.b/c"]; the path of a whole object is a
// single full stop.
func (p Path) String() string {
	if len(p) == 0 {
		return "."
	}
	var b strings.Builder
	for _, step := range p {
		switch {
		case step.kind == indexStep:
			b.WriteString("[" + strconv.Itoa(step.Index) + "]")
		case step.kind == keyStep:
			b.WriteString("[" + step.Key + "=" + step.Value + "]")
		case isIdentifier(step.Field):
			b.WriteString("." + step.Field)
		default:
			b.WriteString("[" + quote(step.Field) + "]")
		}
	}
	return b.String()
}

// with returns the path with another step. The result shares nothing with other paths.
func (p Path) with(step Step) Path { return append(p[:len(p):len(p)], step) }

// isIdentifier reports whether a field needs no quotes in a path.
func isIdentifier(text string) bool {
	for i := range len(text) {
		c := text[i]
		if !isLetter(c) && c != '_' && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != ""
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// keyText returns the value of a key as paths show it: strings without quotes if they cannot be mistaken for anything else. ok is
// false for values that identify nothing.
func keyText(value any) (text string, ok bool) {
	switch value := value.(type) {
	case json.Number:
		return value.String(), true
	case string:
		if isWord(value) {
			return value, true
		}
		return quote(value), true
	}
	return "", false
}

// isWord reports whether a string has only characters of names, and is not a number.
func isWord(text string) bool {
	letter := false
	for i := range len(text) {
		c := text[i]
		letter = letter || isLetter(c)
		if !isLetter(c) && (c < '0' || c > '9') && strings.IndexByte("._-/:@", c) < 0 {
			return false
		}
	}
	if !letter {
		return false
	}
	_, err := strconv.ParseFloat(text, 64)
	return err != nil
}

// quote returns a string as JSON.
func quote(text string) string {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // strings can be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
