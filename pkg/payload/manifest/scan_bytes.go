package manifest

import "unicode/utf8"

// inspect says whether a text holds nothing but characters that YAML allows and that break no line but the newline,
// and whether there are tabs. Carriage returns are left to the full parser.
func inspect(text []byte) (legible, tabs bool) {
	for i := 0; i < len(text); {
		switch c := text[i]; {
		case c >= 0x20 && c < 0x7f || c == '\n':
			i++
		case c == '\t':
			tabs = true
			i++
		case c < utf8.RuneSelf:
			return false, false
		default:
			r, size := utf8.DecodeRune(text[i:])
			if !isText(r) || r == utf8.RuneError && size == 1 {
				return false, false
			}
			i += size
		}
	}
	return true, tabs
}

// isText says whether a character beyond ASCII is printable in YAML and no line break: NEL, LS and PS are breaks, and
// a byte order mark may stand at the beginning of a stream only.
func isText(r rune) bool {
	switch {
	case r < 0xa0, r == 0x2028, r == 0x2029, r == 0xfeff, r == 0xfffe, r == 0xffff:
		return false
	}
	return true
}
