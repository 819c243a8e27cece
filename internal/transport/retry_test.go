package transport

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// answers answers one request after the other: an int is a status, an error an error. The last one is repeated.
func answers(list ...any) (next Func, sent *[]string) {
	sent = &[]string{}
	return func(r *http.Request) (*http.Response, error) {
		text := ""
		if r.Body != nil {
			data, _ := io.ReadAll(r.Body)
			text = string(data)
			r.Body.Close()
		}
		answer := list[min(len(*sent), len(list)-1)]
		*sent = append(*sent, text)
		switch answer := answer.(type) {
		case error:
			return nil, answer
		case *http.Response:
			answer.Request = r
			return answer, nil
		default:
			return newResponse(r, answer.(int), ""), nil
		}
	}, sent
}

func TestRetry(t *testing.T) {
	const host = "a.example"
	for name, test := range map[string]struct {
		method string
		list   []any
		sent   int
		status int // of the answer that comes through
		kind   fault.Kind
		want   string
	}{
		"at once":                           {"GET", []any{200}, 1, 200, 0, ""},
		"after resets":                      {"GET", []any{syscall.ECONNRESET, io.ErrUnexpectedEOF, 200}, 3, 200, 0, ""},
		"after statuses":                    {"HEAD", []any{408, 500, 502, 504, 200}, 5, 200, 0, ""},
		"an HTTP/2 stream":                  {"GET", []any{errors.New("stream error: stream ID 1; INTERNAL_ERROR"), 200}, 2, 200, 0, ""},
		"404 does not pass":                 {"GET", []any{404}, 1, 404, 0, ""},
		"statuses that stay":                {"GET", []any{502}, 5, 0, fault.Network, "a.example answered 502 Bad Gateway, 5 times"},
		"refused":                           {"GET", []any{syscall.ECONNREFUSED}, 5, 0, fault.Network, "a.example cannot be reached, 5 times: connection refused"},
		"busy answers use up no try":        {"GET", []any{429, 503, 429, 503, 429, 503, 502, 429, 502, 503, 502, 429, 502, 200}, 14, 200, 0, ""},
		"busy, and then broken":             {"GET", []any{429, 429, 429, 500}, 8, 0, fault.Network, "a.example answered 500 Internal Server Error, 5 times"},
		"an error of its own kind":          {"GET", []any{fault.Errorf(fault.Auth, "no")}, 1, 0, fault.Auth, "no"},
		"a certificate":                     {"GET", []any{errors.New("x509: no")}, 1, 0, fault.Network, "a.example cannot be reached: x509: no"},
		"asked for by a link":               {"GET", []any{&RepeatError{Err: fault.Errorf(fault.Network, "no")}, 200}, 2, 200, 0, ""},
		"asked for too often":               {"GET", []any{&RepeatError{Err: fault.Errorf(fault.Network, "no")}}, 5, 0, fault.Network, "no"},
		"a link that comes on":              {"GET", []any{502, 502, 502, 502, &RepeatError{Err: io.EOF, Progress: true}, 502, 502, 502, 200}, 9, 200, 0, ""},
		"a connection that net/http closed": {"PUT", []any{net.ErrClosed, 201}, 2, 201, 0, ""},
		"closed again and again":            {"PUT", []any{net.ErrClosed}, 5, 0, fault.Network, "a.example broke off, 5 times: use of closed network connection"},
		"the host that failed":              {"GET", []any{&HostError{"cdn.example", io.EOF}}, 5, 0, fault.Network, "cdn.example broke off, 5 times: EOF"},
		"PUT":                               {"PUT", []any{500, 201}, 2, 201, 0, ""},
		"POST is not repeated":              {"POST", []any{500}, 1, 500, 0, ""},
		"POST that fails":                   {"POST", []any{syscall.ECONNRESET}, 1, 0, fault.Network, "a.example cannot be reached: connection reset by peer"},
		"a long wait that is asked for":     {"GET", []any{newResponse(nil, 429, "", "Retry-After", "61")}, 1, 0, fault.Network, "a.example answered 429 Too Many Requests and asks to wait 1m1s, which is longer than 1m0s: try again later"},
		"a short wait that is asked for":    {"GET", []any{newResponse(nil, 503, "", "Retry-After", "60"), 200}, 2, 200, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			next, sent := answers(test.list...)
			var c clock
			response, err := Retry(RetryOptions{Clock: c.clock()})(next).RoundTrip(newRequest(t, test.method, "https://"+host+"/x"))
			wantError(t, err, test.kind, test.want)
			if err == nil && response.StatusCode != test.status {
				t.Errorf("answer %d, want %d", response.StatusCode, test.status)
			}
			if len(*sent) != test.sent {
				t.Errorf("sent %d times, want %d", len(*sent), test.sent)
			}
		})
	}
}

func TestRetryGivesUpABusyHostAfterItsPatience(t *testing.T) {
	next, sent := answers(newResponse(nil, 429, "", "Retry-After", "60"))
	var c clock
	link := Retry(RetryOptions{Clock: c.clock()})
	_, err := link(next).RoundTrip(newRequest(t, "GET", "https://a.example/x"))
	wantError(t, err, fault.Network, "a.example answered 429 Too Many Requests, and has answered nothing else for 10m0s: try again later")
	if status, ok := errors.AsType[*StatusError](err); !ok || status.Status() != 429 {
		t.Errorf("the status is lost: %v", err)
	}
	if len(*sent) != 11 {
		t.Errorf("sent %d times, want 11", len(*sent))
	}
	// Later requests in any chain do not wait again, except after an answer of another kind.
	_, err = link(next).RoundTrip(newRequest(t, "GET", "https://a.example/y"))
	wantError(t, err, fault.Network, "a.example answered 429 Too Many Requests, and has answered nothing else for 10m0s: try again later")
	other, _ := answers(404)
	if _, err = link(other).RoundTrip(newRequest(t, "GET", "https://a.example/z")); err != nil {
		t.Error(err)
	}
	again, sent := answers(429, 200)
	if _, err = link(again).RoundTrip(newRequest(t, "GET", "https://a.example/x")); err != nil || len(*sent) != 2 {
		t.Errorf("got %v, sent %d times", err, len(*sent))
	}
	// Another host has a patience of its own.
	again, _ = answers(503, 200)
	if _, err = link(again).RoundTrip(newRequest(t, "GET", "https://b.example/x")); err != nil {
		t.Error(err)
	}
}

func TestRetryDoesNotWaitForABusyHostInAHurry(t *testing.T) {
	next, sent := answers(503)
	var c clock
	request := newRequest(t, "GET", "https://a.example/x")
	_, err := Retry(RetryOptions{Clock: c.clock()})(next).RoundTrip(request.WithContext(Hurry(t.Context(), true)))
	wantError(t, err, fault.Network, "a.example answered 503 Service Unavailable, 5 times")
	if len(*sent) != Tries {
		t.Errorf("sent %d times, want %d", len(*sent), Tries)
	}
}

func TestRetrySendsTheBodyFromItsBeginning(t *testing.T) {
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, "https://a.example/x", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	var c clock
	next, sent := answers(syscall.ECONNRESET, 503, 201)
	response, err := Retry(RetryOptions{Clock: c.clock()})(next).RoundTrip(request)
	if err != nil || response.StatusCode != 201 || strings.Join(*sent, ",") != "body,body,body" {
		t.Errorf("got %v, sent %q", err, *sent)
	}
	request.GetBody = nil
	next, sent = answers(500, 201)
	response, err = Retry(RetryOptions{Clock: c.clock()})(next).RoundTrip(request)
	if err != nil || response.StatusCode != 500 || len(*sent) != 1 {
		t.Errorf("got %v, sent %d times a body that cannot be opened again", err, len(*sent))
	}
}

func TestRetryLogsItsWaits(t *testing.T) {
	var log bytes.Buffer
	var c clock
	next, _ := answers(newResponse(nil, 503, "", "Retry-After", "7"), newResponse(nil, 500, "", "Retry-After", "8"), 200)
	_, err := Retry(RetryOptions{Clock: c.clock(), Log: newLogger(&log)})(next).
		RoundTrip(newRequest(t, "GET", "https://a.example/x"))
	want := `level=INFO msg=retrying host=a.example try=2 wait=7s reason="a.example answered 503 Service Unavailable"
level=INFO msg=retrying host=a.example try=2 of=5 wait=8s reason="a.example answered 500 Internal Server Error"
`
	if err != nil || log.String() != want {
		t.Errorf("%v\n got: %s\nwant: %s", err, log.String(), want)
	}
	if len(c.slept) != 2 || c.slept[0] != 7*time.Second || c.slept[1] != 8*time.Second {
		t.Errorf("slept %v", c.slept)
	}
}

func TestRetryEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	next, sent := answers(503)
	sleep := func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	_, err := Retry(RetryOptions{Clock: Clock{Sleep: sleep}})(next).RoundTrip(newRequest(t, "GET", "https://a.example/x").WithContext(ctx))
	if !errors.Is(err, context.Canceled) || len(*sent) != 1 {
		t.Errorf("got %v, sent %d times", err, len(*sent))
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"0": 0, " 7 ": 7 * time.Second, "86400": 24 * time.Hour, "9999999999": 1 << 31 * time.Second,
		"Thu, 26 Nov 2026 12:00:30 GMT": 30 * time.Second, "Thu, 26 Nov 2026 11:00:00 GMT": 0,
		"": -1, "-1": -1, "soon": -1, "1.5": -1,
	} {
		got, ok := RetryAfter(http.Header{"Retry-After": {text}}, now)
		if ok != (want >= 0) || ok && got != want {
			t.Errorf("%q: %v, %v; want %v", text, got, ok, want)
		}
	}
}

func TestBackoffStaysInItsSpan(t *testing.T) {
	for n, most := range map[int]time.Duration{1: 200 * time.Millisecond, 2: 400 * time.Millisecond, 7: 12800 * time.Millisecond, 8: 15 * time.Second, 1000: 15 * time.Second} {
		for range 100 {
			if got := Backoff(n); got < 0 || got >= most {
				t.Fatalf("try %d: %v, want less than %v", n, got, most)
			}
		}
	}
}

func TestTransientStatus(t *testing.T) {
	for status, want := range map[int]bool{200: false, 401: false, 404: false, 408: true, 429: true, 500: true, 501: false, 502: true, 503: true, 504: true} {
		if got := IsTransientStatus(status); got != want {
			t.Errorf("%d: %v", status, got)
		}
	}
}
