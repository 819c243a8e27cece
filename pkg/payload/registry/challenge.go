package registry

import "strings"

// challenge is one scheme of a WWW-Authenticate header with its parameters, names in lower case.
type challenge struct {
	scheme string
	params map[string]string
}

// Bounds of a challenge: more than any registry sends.
const (
	challengeMost  = 8
	challengeBytes = 16 << 10
)

// parseChallenges reads WWW-Authenticate headers as RFC 9110 writes them. What it cannot read it leaves out: a
// registry whose challenges are all broken is one without challenges.
func parseChallenges(headers []string) []challenge {
	var list []challenge
	for _, h := range headers {
		p := parser{text: bound(h, challengeBytes)}
		for len(list) < challengeMost {
			c, ok := p.challenge()
			if !ok {
				break
			}
			list = append(list, c)
		}
	}
	return list
}

// parser walks through one header.
type parser struct{ text string }

// challenge reads a scheme and the parameters up to the next scheme.
func (p *parser) challenge() (challenge, bool) {
	p.skip(" \t,")
	scheme := p.token()
	if scheme == "" {
		return challenge{}, false
	}
	c := challenge{scheme: strings.ToLower(scheme), params: map[string]string{}}
	for {
		before := p.text
		p.skip(" \t,")
		name := p.token()
		p.skip(" \t")
		if name == "" || !strings.HasPrefix(p.text, "=") {
			// The next scheme, the end, or what is not a challenge.
			p.text = before
			return c, true
		}
		p.text = p.text[1:]
		p.skip(" \t")
		value, ok := p.value()
		if !ok {
			return challenge{}, false
		}
		if _, twice := c.params[strings.ToLower(name)]; twice {
			return challenge{}, false // which of the two a reader takes is open, so neither is
		}
		c.params[strings.ToLower(name)] = value
	}
}

// value reads a token or a quoted string.
func (p *parser) value() (string, bool) {
	if !strings.HasPrefix(p.text, `"`) {
		// Some servers leave the quotes away around URLs.
		end := strings.IndexAny(p.text, " \t,\"")
		if end < 0 {
			end = len(p.text)
		}
		v := p.text[:end]
		p.text = p.text[end:]
		return v, v != ""
	}
	var b strings.Builder
	for i := 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '"':
			p.text = p.text[i+1:]
			return b.String(), true
		case c == '\\' && i+1 < len(p.text):
			i++
			b.WriteByte(p.text[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", false
}

func (p *parser) token() string {
	end := 0
	for end < len(p.text) && isToken(p.text[end]) {
		end++
	}
	t := p.text[:end]
	p.text = p.text[end:]
	return t
}

func (p *parser) skip(set string) { p.text = strings.TrimLeft(p.text, set) }

func isToken(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0
}

// render writes the challenge with another realm, in the one form that every reader understands the same way.
func (c challenge) render(realm string) string {
	var b strings.Builder
	b.WriteString(c.scheme)
	b.WriteString(` realm="` + escape(realm) + `"`)
	for _, name := range []string{"service", "scope"} {
		if v, ok := c.params[name]; ok {
			b.WriteString("," + name + `="` + escape(v) + `"`)
		}
	}
	return b.String()
}

// escape makes a text safe between quotes: byte for byte in any encoding, except control characters.
func escape(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
		case c == '\\' || c == '"':
			b.WriteString(`\` + string(c))
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}
