package faultproxy

import (
	"io"
	"net/http"
)

// ResetAnswer handles the request and resets the connection instead of sending the answer.
func ResetAnswer() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(discarded{}, r)
			resetConnection(w)
			panic(http.ErrAbortHandler)
		})
	}
}

// ResetRequest resets the connection after n bytes of the body of the request. A request with no more bytes is not handled.
func ResetRequest(n int64) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > n {
				r = r.Clone(r.Context())
				r.Body = brokenBody{io.LimitReader(r.Body, n), r.Body}
				next.ServeHTTP(discarded{}, r)
			}
			resetConnection(w)
			panic(http.ErrAbortHandler)
		})
	}
}

// brokenBody is the beginning of a body, and an error.
type brokenBody struct {
	beginning io.Reader
	io.Closer
}

func (b brokenBody) Read(p []byte) (int, error) {
	n, err := b.beginning.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// discarded is a ResponseWriter that drops the answer.
type discarded http.Header

func (d discarded) Header() http.Header       { return http.Header(d) }
func (discarded) WriteHeader(int)             {}
func (discarded) Write(p []byte) (int, error) { return len(p), nil }
