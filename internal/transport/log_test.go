package transport

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"testing"
)

// newLogger writes lines without times.
func newLogger(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == "after" {
			return slog.Attr{}
		}
		return a
	}}))
}

func TestLogHasNoSecrets(t *testing.T) {
	var lines bytes.Buffer
	link := Log(newLogger(&lines), func(u *url.URL) bool { return u.Host == "a.example" })
	next := Func(func(r *http.Request) (*http.Response, error) {
		if r.URL.Path == "/fails" {
			return nil, io.EOF
		}
		return newResponse(r, 404, ""), nil
	})
	for _, address := range []string{"https://a.example/x?secret=1", "http://cdn.example/secret?secret=1", "https://a.example/fails"} {
		_, _ = link(next).RoundTrip(newRequest(t, "GET", address))
	}
	want := `level=DEBUG msg="GET https://a.example/x" answered="404 Not Found"
level=DEBUG msg="GET http://cdn.example" answered="404 Not Found"
level=DEBUG msg="GET https://a.example/fails" failed="a.example broke off: EOF"
`
	if lines.String() != want {
		t.Errorf("got\n%swant\n%s", lines.String(), want)
	}
}
