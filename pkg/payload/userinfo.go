package payload

import "strings"

// hiddenUserinfo replaces a user name and a password.
const hiddenUserinfo = "***"

// digestAlgorithms are the algorithms that may follow the @ of a reference.
var digestAlgorithms = []string{"sha256:", "sha384:", "sha512:", "sha1:", "md5:"}

// HideUserinfo replaces the user name and password of one URL or reference, which may be malformed, so that errors can quote
// it. The @ of a digest stays: registry.example.com/r@sha256:… does not change.
func HideUserinfo(text string) string {
	rest := text
	digest := ""
	if i := strings.LastIndexByte(rest, '@'); i >= 0 && strings.Contains(rest[:i], "/") && isDigest(rest[i+1:]) {
		rest, digest = rest[:i], rest[i:]
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return text
	}
	scheme := ""
	if i := strings.Index(rest, "://"); i >= 0 && i < at && !strings.ContainsAny(rest[:i], ":@/") {
		scheme = rest[:i+len("://")]
	}
	return scheme + hiddenUserinfo + rest[at:] + digest
}

// HideURLUserinfo replaces the user names and passwords in all URLs of a message.
func HideURLUserinfo(message string) string {
	var b strings.Builder
	for {
		i := strings.Index(message, "://")
		if i < 0 {
			b.WriteString(message)
			return b.String()
		}
		i += len("://")
		b.WriteString(message[:i])
		message = message[i:]
		end := strings.IndexAny(message, "/?# \t\n\"")
		if end < 0 {
			end = len(message)
		}
		if at := strings.LastIndexByte(message[:end], '@'); at >= 0 {
			b.WriteString(hiddenUserinfo)
			message = message[at:]
		}
	}
}

func isDigest(text string) bool {
	for _, algorithm := range digestAlgorithms {
		if strings.HasPrefix(strings.ToLower(text), algorithm) && !strings.Contains(text, "/") {
			return true
		}
	}
	return false
}
