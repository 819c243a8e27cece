package manifest

import "bytes"

// isDash says whether a line begins an element of a sequence.
func isDash(text []byte) bool {
	return text[0] == '-' && (len(text) == 1 || text[1] == ' ')
}

// cutKey cuts a line behind its key and the colon; what is left is empty or begins with a space. ok is false for a
// line without a key, and for a key that is not a name, a number or a simple quoted string.
func cutKey(text []byte) (key, rest []byte, ok bool) {
	switch c := text[0]; {
	case c == '"' || c == '\'':
		end := bytes.IndexByte(text[1:], c) + 1
		if end == 0 || bytes.IndexByte(text[1:end], '\\') >= 0 {
			return nil, nil, false
		}
		key, rest = text[1:end], text[end+1:]
	case isAlphanumeric(c) || c == '_' || c == '/' || c == '$' || c == '(' || c == '^':
		end := bytes.IndexByte(text, ':')
		if end < 0 || !isPlainKey(text[:end]) {
			return nil, nil, false
		}
		key, rest = text[:end], text[end:]
	default:
		return nil, nil, false
	}
	if len(rest) == 0 || rest[0] != ':' || len(key) > maxScanKey {
		return nil, nil, false
	}
	rest = rest[1:]
	return key, rest, len(rest) == 0 || rest[0] == ' '
}

// isPlainKey says whether an unquoted key holds nothing but harmless characters and becomes a string: null is no key
// of a JSON object, and neither is a number beyond 64 bits.
func isPlainKey(key []byte) bool {
	for _, c := range key {
		if !isAlphanumeric(c) && bytes.IndexByte([]byte("_-./$()+*=~^"), c) < 0 {
			return false
		}
	}
	switch string(key) {
	case "null", "Null", "NULL":
		return false
	}
	return key[0] < '0' || key[0] > '9' || len(key) < 18
}
