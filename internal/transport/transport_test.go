package transport

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"testing"
	"time"
)

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

func TestAddresses(t *testing.T) {
	for text, want := range map[string][2]bool{ // link, loopback
		"169.254.169.254": {true, false}, "::ffff:169.254.0.1": {true, false}, "fe80::1%eth0": {true, false}, "0.0.0.0": {true, false},
		"::": {true, false}, "fd00:ec2::254": {true, false}, "224.0.0.1": {true, false}, "ff01::1": {true, false},
		"127.0.0.1": {false, true}, "::1": {false, true}, "::ffff:127.9.9.9": {false, true},
		"10.0.0.1": {false, false}, "192.0.2.1": {false, false}, "fd00:ec2::255": {false, false},
	} {
		ip := netip.MustParseAddr(text)
		if got := [2]bool{IsLinkAddress(ip), IsLoopbackAddress(ip)}; got != want {
			t.Errorf("%s: %v, want %v", text, got, want)
		}
	}
	for host, want := range map[string]bool{"localhost": true, "LOCALHOST.": true, "a.localhost": true, "127.0.0.1": true, "::1": true, "localhost.example": false, "10.0.0.1": false} {
		if IsLoopbackName(host) != want {
			t.Errorf("%s: want %v", host, want)
		}
	}
}
