package yamlheader

import "bytes"

const (
	maxKey       = 512 // bytes of a key; YAML allows 1024
	maxFlowDepth = 8   // flow collections in each other
)

// isDash reports whether a line begins an element of a sequence.
func isDash(text []byte) bool {
	return text[0] == '-' && (len(text) == 1 || text[1] == ' ')
}

// cutKey splits a line after its key and the colon; rest is empty or begins with a space. ok is false for a line without a
// key, and for a key that is not a name, a number or a simple quoted string.
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
	if len(rest) == 0 || rest[0] != ':' || len(key) > maxKey {
		return nil, nil, false
	}
	rest = rest[1:]
	return key, rest, len(rest) == 0 || rest[0] == ' '
}

// isPlainKey reports whether an unquoted key is only of harmless characters and becomes a string. The parser refuses null
// and numbers beyond 64 bits as keys.
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

func isAlphanumeric(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// skipFlow reads a flow collection of simple scalars on one line and returns what follows it.
func skipFlow(text []byte, depth int) (rest []byte, ok bool) {
	opening := text[0]
	closer := opening + 2 // ] and } are two code points after [ and {
	text = skipSpaces(text[1:])
	if depth == maxFlowDepth || len(text) == 0 {
		return nil, false
	}
	if text[0] == closer {
		return text[1:], true
	}
	for {
		if opening == '{' {
			text, ok = skipFlowKey(text)
			if !ok {
				return nil, false
			}
		}
		text, ok = skipFlowValue(text, depth)
		text = skipSpaces(text)
		if !ok || len(text) == 0 {
			return nil, false
		}
		if text[0] == closer {
			return text[1:], true
		}
		if text[0] != ',' {
			return nil, false
		}
		text = skipSpaces(text[1:])
		if len(text) == 0 {
			return nil, false
		}
	}
}

// skipFlowKey reads a key, its colon and the space that must follow.
func skipFlowKey(text []byte) (rest []byte, ok bool) {
	key, rest, ok := cutKey(text)
	if !ok || len(key) == 0 || len(rest) == 0 {
		return nil, false
	}
	rest = skipSpaces(rest)
	return rest, len(rest) > 0
}

// skipFlowValue reads one element.
func skipFlowValue(text []byte, depth int) (rest []byte, ok bool) {
	switch c := text[0]; {
	case c == '[' || c == '{':
		return skipFlow(text, depth+1)
	case c == '"' || c == '\'':
		end, ok := closing(text[1:], c)
		if !ok || end < 0 {
			return nil, false
		}
		return text[end+2:], true
	case !isAlphanumeric(c) && c != '/' && c != '_':
		return nil, false
	}
	for i, c := range text {
		if !isAlphanumeric(c) && c != '/' && c != '_' && c != '-' && c != '.' {
			return text[i:], true
		}
	}
	return nil, false
}

func skipSpaces(text []byte) []byte { return text[countSpaces(text):] }
