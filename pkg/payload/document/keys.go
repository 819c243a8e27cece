package document

import (
	"bytes"
	"encoding/json"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// checkKeys refuses duplicate keys. It ignores syntax errors, for which the decoder has better messages.
func checkKeys(document []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.UseNumber()
	var objects []map[string]bool // the keys of each open object so far, nil for an array
	key := false                  // whether the next string is a key
	for {
		token, err := decoder.Token()
		if err != nil {
			return nil
		}
		switch token {
		case json.Delim('{'):
			objects, key = append(objects, map[string]bool{}), true
			continue
		case json.Delim('['):
			objects, key = append(objects, nil), false
			continue
		case json.Delim('}'), json.Delim(']'):
			objects = objects[:len(objects)-1]
		default:
			if name, isText := token.(string); isText && key {
				keys := objects[len(objects)-1]
				if keys[name] {
					return fault.Errorf(fault.Integrity, "the key %.80q appears twice in one object", name)
				}
				keys[name], key = true, false
				continue
			}
		}
		key = len(objects) > 0 && objects[len(objects)-1] != nil
	}
}
