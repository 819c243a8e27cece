package transport

import (
	"bytes"
	"io"
	"net/http"
)

// BufferOptions are those of Buffer.
type BufferOptions struct {
	// Limit says how many bytes the body of the answer to a request may have. It is less than 0 for a body that is not buffered.
	Limit func(request *http.Request, status int) int64
	// Reader is what the body is read through, for progress; nil reads it as it is.
	Reader func(request *http.Request, body io.Reader) io.Reader
}

// Buffer reads the whole body of a response before it returns it, so that one that breaks off fails its try. A body of more bytes
// is a *TooLargeError; reading stops at the first byte beyond the limit.
func Buffer(o BufferOptions) Link {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(request *http.Request) (*http.Response, error) {
			response, err := next.RoundTrip(request)
			if err != nil {
				return nil, err
			}
			limit := o.Limit(request, response.StatusCode)
			if limit < 0 || request.Method == http.MethodHead {
				return response, nil
			}
			defer response.Body.Close()
			if response.ContentLength > limit {
				return nil, &TooLargeError{limit}
			}
			var from io.Reader = response.Body
			if o.Reader != nil {
				from = o.Reader(request, from)
			}
			data, err := io.ReadAll(io.LimitReader(from, limit+1))
			if err != nil {
				return nil, &HostError{host(request, response), err}
			}
			if int64(len(data)) > limit {
				return nil, &TooLargeError{limit}
			}
			response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
			return response, nil
		})
	}
}
