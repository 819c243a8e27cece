package faultproxy_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"

	"github.com/release-x/oc-release-x/internal/faultproxy"
)

func TestResetsWithoutAnAnswer(t *testing.T) {
	for name, test := range map[string]struct {
		fault   faultproxy.Fault
		body    []byte
		handled bool
		read    int
	}{
		"instead of the answer": {faultproxy.ResetAnswer(), content[:5000], true, 5000},
		"without a body":        {faultproxy.ResetRequest(1000), nil, false, 0},
		"after the body":        {faultproxy.ResetRequest(1000), content[:1000], false, 0},
		"in the body":           {faultproxy.ResetRequest(1000), content, true, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			type handled struct {
				body []byte
				err  error
			}
			requests := make(chan handled, 1)
			server := httptest.NewServer(faultproxy.New(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				requests <- handled{body, err}
				w.WriteHeader(http.StatusCreated)
			}), faultproxy.Rule{Fault: test.fault}))
			t.Cleanup(server.Close)
			// Go sends a GET request again by itself, but no POST request.
			response, err := server.Client().Post(server.URL, "application/octet-stream", bytes.NewReader(test.body))
			if err == nil {
				response.Body.Close()
			}
			// net/http closes the connection itself when it reads the reset while it sends the body.
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, net.ErrClosed) {
				t.Errorf("got %v", err)
			}
			if !test.handled {
				if len(requests) > 0 {
					t.Error("the request was handled")
				}
				return
			}
			got := <-requests
			if !bytes.Equal(got.body, test.body[:test.read]) || (got.err != nil) != (test.read < len(test.body)) {
				t.Errorf("the handler read %d bytes, %v", len(got.body), got.err)
			}
		})
	}
}
