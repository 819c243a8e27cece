package faultproxy_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/faultproxy"
)

var content = []byte(strings.Repeat("0123456789", 20_000))

// origin serves the content with ranges.
func origin() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	})
}

func get(t *testing.T, ctx context.Context, server *httptest.Server, from string) (*http.Response, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/file", nil)
	if err != nil {
		t.Fatal(err)
	}
	if from != "" {
		req.Header.Set("Range", from)
	}
	response, err := server.Client().Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response, data, err
}

// open requests the content and returns the body.
func open(t *testing.T, ctx context.Context, server *httptest.Server) io.ReadCloser {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/file", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	return response.Body
}

func start(t *testing.T, rules ...faultproxy.Rule) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(faultproxy.New(origin(), rules...))
	t.Cleanup(server.Close)
	return server
}

func TestBreaks(t *testing.T) {
	for name, test := range map[string]struct {
		fault faultproxy.Fault
		want  error
	}{
		"reset": {faultproxy.Reset(70_000), syscall.ECONNRESET},
		"cut":   {faultproxy.Cut(70_000), io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, faultproxy.Rule{Fault: test.fault})
			_, data, err := get(t, t.Context(), server, "")
			if !errors.Is(err, test.want) || !bytes.Equal(data, content[:70_000]) {
				t.Errorf("got %d bytes and %v, want 70000 and %v", len(data), err, test.want)
			}
		})
	}
}

func TestBreaksHTTP2Stream(t *testing.T) {
	server := httptest.NewUnstartedServer(faultproxy.New(origin(), faultproxy.Rule{Fault: faultproxy.Reset(70_000)}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	response, data, err := get(t, t.Context(), server, "")
	if err == nil || !strings.Contains(err.Error(), "stream error") || len(data) != 70_000 || response.ProtoMajor != 2 {
		t.Errorf("got %d bytes and %v", len(data), err)
	}
}

func TestStallAndSilenceLastUntilTheClientGoes(t *testing.T) {
	for name, test := range map[string]struct {
		fault faultproxy.Fault
		bytes int
	}{
		"stall":   {faultproxy.Stall(1000), 1000},
		"silence": {faultproxy.Silence(), 0},
		"rate":    {faultproxy.Rate(1, time.Hour), 1},
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t, faultproxy.Rule{Fault: test.fault})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if test.bytes == 0 {
				time.AfterFunc(50*time.Millisecond, cancel)
				if _, _, err := get(t, ctx, server, ""); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
				return
			}
			body := open(t, ctx, server)
			defer body.Close()
			if _, err := io.CopyN(io.Discard, body, int64(test.bytes)); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(50*time.Millisecond, cancel)
			if n, err := io.Copy(io.Discard, body); n != 0 || !errors.Is(err, context.Canceled) {
				t.Errorf("got %d bytes more and %v", n, err)
			}
		})
	}
}

func TestAnswers(t *testing.T) {
	tests := []struct {
		name, asked string
		fault       faultproxy.Fault
		status      int
		header      string // "Name: value"
		size        int
	}{
		{"status", "", faultproxy.Status(429, http.Header{"Retry-After": {"7"}}), 429, "Retry-After: 7", 0},
		{"header", "", faultproxy.Header("ETag", `"x"`), 200, `ETag: "x"`, len(content)},
		{"no range", "bytes=10-", faultproxy.NoRange(), 200, "Content-Range: ", len(content)},
		{"wrong range", "bytes=10-", faultproxy.WrongRange(20, 200_000), 206, "Content-Range: bytes 20-199999/200000", len(content) - 10},
		{"delay", "", faultproxy.Delay(time.Millisecond), 200, "Content-Range: ", len(content)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, data, err := get(t, t.Context(), start(t, faultproxy.Rule{Fault: test.fault}), test.asked)
			if err != nil {
				t.Fatal(err)
			}
			name, value, _ := strings.Cut(test.header, ": ")
			if response.StatusCode != test.status || response.Header.Get(name) != value || len(data) != test.size {
				t.Errorf("got %s, %s: %q, %d bytes", response.Status, name, response.Header.Get(name), len(data))
			}
		})
	}
}

func TestCorruptChangesOneByte(t *testing.T) {
	_, data, err := get(t, t.Context(), start(t, faultproxy.Rule{Fault: faultproxy.Corrupt(150_000)}), "")
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Clone(content)
	want[150_000] ^= 0xff
	if !bytes.Equal(data, want) {
		t.Error("not the one byte changed")
	}
}

func TestRulesCountTheirRequests(t *testing.T) {
	server := start(t,
		faultproxy.Rule{Path: "/file", After: 1, Times: 2, Fault: faultproxy.Status(500, nil)},
		faultproxy.Rule{Path: "/other", Fault: faultproxy.Status(404, nil)},
	)
	for i, want := range []int{200, 500, 500, 200} {
		response, _, err := get(t, t.Context(), server, "")
		if err != nil || response.StatusCode != want {
			t.Errorf("request %d: got %v, %v", i, response, err)
		}
	}
}

func TestToForwards(t *testing.T) {
	behind := httptest.NewServer(origin())
	t.Cleanup(behind.Close)
	target, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(faultproxy.New(faultproxy.To(target), faultproxy.Rule{Times: 1, Fault: faultproxy.Status(502, nil)}))
	t.Cleanup(server.Close)
	for _, want := range []int{502, 200} {
		if response, _, err := get(t, t.Context(), server, ""); err != nil || response.StatusCode != want {
			t.Errorf("got %v, %v, want %d", response, err, want)
		}
	}
}
