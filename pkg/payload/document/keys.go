package document

import (
	"bytes"
	"encoding/json"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// checkKeys refuses duplicate keys. Of a document that is not JSON it may refuse something or nothing, because the decoder has better
// messages. It reads bytes and not json.Decoder's tokens, which take three times as long as decoding.
func checkKeys(document []byte) error {
	var objects []keySet // of each open object or array
	for at := 0; at < len(document) && len(objects) <= maxDepth; at++ {
		switch document[at] {
		case '{':
			objects = append(objects, keySet{isObject: true, wantsKey: true})
		case '[':
			objects = append(objects, keySet{})
		case '}', ']':
			if len(objects) > 0 {
				objects = objects[:len(objects)-1]
			}
		case ',':
			if n := len(objects); n > 0 {
				objects[n-1].wantsKey = objects[n-1].isObject
			}
		case '"':
			end := stringEnd(document, at)
			if end < 0 {
				return nil
			}
			if n := len(objects); n > 0 && objects[n-1].wantsKey {
				objects[n-1].wantsKey = false
				if name := unquoteKey(document[at:end]); !objects[n-1].add(name) {
					return fault.Errorf(fault.Integrity, "the key %.80q appears twice in one object", name)
				}
			}
			at = end - 1
		}
	}
	return nil
}

// maxDepth is the depth from which on the decoder refuses a document.
const maxDepth = 10_000

// stringEnd returns the offset after the string that begins at an offset, -1 if it does not end.
func stringEnd(document []byte, at int) int {
	for at++; at < len(document); at++ {
		switch document[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return -1
}

// unquoteKey returns the key that a JSON string stands for.
func unquoteKey(text []byte) string {
	var name string
	if bytes.IndexByte(text, '\\') < 0 && isPrintable(text) {
		return string(text[1 : len(text)-1])
	}
	if json.Unmarshal(text, &name) != nil {
		return string(text)
	}
	return name
}

// isPrintable reports whether a text has only printable ASCII characters, which stand for themselves.
func isPrintable(text []byte) bool {
	for _, c := range text {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// keySet has the keys of an object so far.
type keySet struct {
	isObject, wantsKey bool
	few                []string // the first keys
	many               map[string]bool
}

// fewKeys is how many keys are compared one by one.
const fewKeys = 8

// add adds a key. It is false if the object has the key already.
func (s *keySet) add(name string) bool {
	if s.many != nil {
		seen := s.many[name]
		s.many[name] = true
		return !seen
	}
	for _, other := range s.few {
		if other == name {
			return false
		}
	}
	if s.few = append(s.few, name); len(s.few) > fewKeys {
		s.many = make(map[string]bool, 4*fewKeys)
		for _, key := range s.few {
			s.many[key] = true
		}
	}
	return true
}
