package registry

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// errorLimit bounds what is read of a registry's error document, in bytes.
const errorLimit = 64 << 10

// errorCode reads the code of a registry's error document, and whether it speaks of a quota, and empties the body: what else such
// a document says is the server's free text.
func errorCode(response *http.Response) (code string, quota bool) {
	data, _ := io.ReadAll(io.LimitReader(response.Body, errorLimit))
	transport.Discard(response)
	response.Body, response.ContentLength = http.NoBody, 0
	var doc struct {
		Errors []struct {
			Code    string `json:"code"`
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(data, &doc) != nil || len(doc.Errors) == 0 {
		return "", false
	}
	code = doc.Errors[0].Code
	if len(code) > 40 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return "", false
	}
	// Quay has a code for it; Harbor answers DENIED and "will exceed the configured upper limit".
	message := strings.ToLower(doc.Errors[0].Message)
	return code, strings.Contains(code, "QUOTA") || strings.Contains(message, "quota") || strings.Contains(message, "upper limit")
}

// isWebPage reports whether a body begins as HTML does. Then it comes from a sign-in page or a proxy, not from a registry.
func isWebPage(body []byte) bool {
	return strings.HasPrefix(http.DetectContentType(body), "text/html")
}

// webPage is the error of a host that answered with a page for people.
func webPage(host, wanted string) error {
	return fault.Errorf(fault.Auth, "%s answered with a web page in place of %s: a sign-in page or a proxy is in front of the registry; sign in there, or use another address of the registry", host, wanted)
}

// peek reads the beginning of a body and leaves the whole of it in the response. A body that breaks off here breaks off for its
// reader too.
func peek(response *http.Response) []byte {
	rest := response.Body
	start := make([]byte, 512)
	n, _ := io.ReadFull(rest, start)
	response.Body = closer{io.MultiReader(bytes.NewReader(start[:n]), rest), rest.Close}
	return start[:n]
}

// readAll reads a body that transport.Buffer holds, and leaves it in the response.
func readAll(response *http.Response) ([]byte, error) {
	body, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	return body, err
}

// mediaTypeOf cuts the parameters off a Content-Type.
func mediaTypeOf(contentType string) string {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		t, _, _ = strings.Cut(contentType, ";")
		t = strings.ToLower(strings.TrimSpace(t))
	}
	return bound(t, 256)
}

// bound cuts a text from outside to n bytes.
func bound(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// printable bounds a short text from a server and keeps it on one line.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, bound(s, 80))
}
