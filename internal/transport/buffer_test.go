package transport

import (
	"io"
	"net/http"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestBufferReadsTheBodyWithinATry(t *testing.T) {
	limits := func(r *http.Request, status int) int64 {
		if status != 200 {
			return -1
		}
		return 10
	}
	var read int
	link := Buffer(BufferOptions{Limit: limits, Reader: func(_ *http.Request, body io.Reader) io.Reader {
		return io.TeeReader(body, writer(func(p []byte) { read += len(p) }))
	}})
	for name, test := range map[string]struct {
		method string
		status int
		text   string
		length int64
		kind   fault.Kind
		want   string
	}{
		"short":                 {"GET", 200, "0123456789", 10, 0, ""},
		"of unknown length":     {"GET", 200, "0123456789", -1, 0, ""},
		"too long":              {"GET", 200, "0123456789x", -1, fault.Internal, "the answer has more than 10 bytes"},
		"too long, as it says":  {"GET", 200, "", 11, fault.Internal, "the answer has more than 10 bytes"},
		"an error's body":       {"GET", 404, "0123456789x", 11, 0, ""},
		"a header alone":        {"HEAD", 200, "", 11, 0, ""},
		"a body that is broken": {"GET", 200, "broken", 10, fault.Internal, "a.example: connection reset by peer"},
	} {
		t.Run(name, func(t *testing.T) {
			read = 0
			next := Func(func(r *http.Request) (*http.Response, error) {
				response := newResponse(r, test.status, test.text)
				response.ContentLength = test.length
				if test.text == "broken" {
					response.Body = io.NopCloser(io.MultiReader(response.Body, breaking{}))
				}
				return response, nil
			})
			response, err := link(next).RoundTrip(newRequest(t, test.method, "https://a.example/x"))
			wantError(t, err, test.kind, test.want)
			if err != nil {
				return
			}
			if data, _ := io.ReadAll(response.Body); string(data) != test.text {
				t.Errorf("got %q", data)
			}
			if test.status == 200 && test.method == "GET" && (read != 10 || response.ContentLength != 10) {
				t.Errorf("read %d bytes, length %d", read, response.ContentLength)
			}
		})
	}
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(p); return len(p), nil }
