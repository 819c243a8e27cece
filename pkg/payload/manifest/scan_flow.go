package manifest

const maxFlowDepth = 8

// skipFlow reads a flow collection that stands on one line and holds simple scalars, and gives what follows it.
func skipFlow(text []byte, depth int) (rest []byte, ok bool) {
	opening := text[0]
	closer := opening + 2 // ] and } stand two places behind [ and {
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

// skipFlowKey reads a key with its colon and the space that must follow.
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
