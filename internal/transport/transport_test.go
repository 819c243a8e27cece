package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// newRequest is a request without a body.
func newRequest(t *testing.T, method, address string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newResponse is the answer to a request, with header names and values in turn.
func newResponse(r *http.Request, status int, text string, header ...string) *http.Response {
	response := &http.Response{
		StatusCode: status, Header: http.Header{}, Request: r,
		Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)),
	}
	for i := 0; i < len(header); i += 2 {
		response.Header.Set(header[i], header[i+1])
	}
	return response
}

// clock is a clock that only Sleep moves, and that records how long it slept.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
}

func (c *clock) clock() Clock {
	return Clock{
		Now: func() time.Time {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.now
		},
		Sleep: func(ctx context.Context, d time.Duration) error {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.now = c.now.Add(d)
			c.slept = append(c.slept, d)
			return ctx.Err()
		},
	}
}

// wantError compares an error's kind and whole text; "" is success.
func wantError(t *testing.T, err error, kind fault.Kind, text string) {
	t.Helper()
	switch {
	case err == nil && text == "":
	case err == nil:
		t.Errorf("got no error, want: %s", text)
	case err.Error() != text || fault.KindOf(err) != kind:
		t.Errorf("got %v: %v\nwant %v: %s", fault.KindOf(err), err, kind, text)
	}
}

func TestChainPutsTheFirstLinkOutermost(t *testing.T) {
	var order []string
	link := func(name string) Link {
		return func(next http.RoundTripper) http.RoundTripper {
			return Func(func(r *http.Request) (*http.Response, error) {
				order = append(order, name)
				return next.RoundTrip(r)
			})
		}
	}
	base := Func(func(r *http.Request) (*http.Response, error) { return newResponse(r, 200, ""), nil })
	if _, err := Chain(base, link("first"), link("second")).RoundTrip(newRequest(t, "GET", "https://a.example")); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "first second" {
		t.Errorf("got %s", got)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Wait(ctx, 24*time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if err := Wait(context.Background(), 0); err != nil {
		t.Errorf("got %v", err)
	}
}
