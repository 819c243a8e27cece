package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// drip is a body that gives so many bytes at each Read, after a pause, until its request ends.
type drip struct {
	ctx   context.Context
	bytes int
	pause time.Duration
	left  int
}

func (d *drip) Read(p []byte) (int, error) {
	if d.left == 0 {
		return 0, io.EOF
	}
	if err := Wait(d.ctx, d.pause); err != nil {
		return 0, err
	}
	n := min(d.bytes, d.left, len(p))
	d.left -= n
	return n, nil
}

func (d *drip) Close() error { return nil }

func TestStallEndsABodyWithoutProgress(t *testing.T) {
	for name, test := range map[string]struct {
		bytes int
		pause time.Duration
		want  bool
	}{
		"silence":              {1, time.Hour, false},
		"a byte at a time":     {1, time.Second, false},
		"too slow":             {100, time.Second, false}, // 3,000 bytes in 30 seconds
		"slow and fast enough": {200, time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				next := Func(func(r *http.Request) (*http.Response, error) {
					return &http.Response{StatusCode: 200, Request: r, Body: &drip{r.Context(), test.bytes, test.pause, 50_000}}, nil
				})
				response, err := Stall(30 * time.Second)(next).RoundTrip(newRequest(t, "GET", "https://a.example/x"))
				if err != nil {
					t.Fatal(err)
				}
				defer response.Body.Close()
				data, err := io.ReadAll(response.Body)
				if test.want {
					if err != nil || len(data) != 50_000 {
						t.Errorf("got %d bytes, %v", len(data), err)
					}
					return
				}
				if !errors.Is(err, errStalled) || !transient(err) {
					t.Errorf("got %d bytes, %v", len(data), err)
				}
				wantError(t, Explain("a.example", err, 1), fault.Network, "a.example stopped sending data")
			})
		})
	}
}

func TestStallDoesNotBlameTheServerForASlowReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		next := Func(func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: 200, Request: r, Body: &drip{r.Context(), 1000, time.Second, 5000}}, nil
		})
		response, err := Stall(30 * time.Second)(next).RoundTrip(newRequest(t, "GET", "https://a.example/x"))
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		for {
			if _, err = response.Body.Read(make([]byte, 1000)); err != nil {
				break
			}
			time.Sleep(time.Hour)
		}
		if !errors.Is(err, io.EOF) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStallEndsARequestThatIsNotAccepted(t *testing.T) {
	for name, test := range map[string]struct {
		source, between time.Duration // how long a piece takes to come, and to be accepted
		want            error
	}{
		"the server stops reading": {0, time.Minute, errStalled},
		"a slow source":            {time.Hour, time.Second, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				next := Func(func(r *http.Request) (*http.Response, error) {
					for {
						if _, err := r.Body.Read(make([]byte, 1000)); err != nil {
							break
						}
						if err := Wait(r.Context(), test.between); err != nil {
							return nil, err
						}
					}
					time.Sleep(time.Minute) // the time for an answer has a limit of its own
					return newResponse(r, 201, ""), nil
				})
				request := newRequest(t, "PUT", "https://a.example/x")
				request.Body = &drip{t.Context(), 1000, test.source, 5000}
				response, err := Stall(30 * time.Second)(next).RoundTrip(request)
				if !errors.Is(err, test.want) {
					t.Errorf("got %v", err)
				}
				if err == nil {
					response.Body.Close()
				}
			})
		})
	}
}
