// Package transport has the rules of HTTP access that registries, signature stores and the API server share: what is tried
// again and when, and which addresses a server may not send this program to.
package transport

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// MaxWait is the longest wait that a server may ask for with Retry-After.
const MaxWait = 60 * time.Second

const (
	backoffFirst = 200 * time.Millisecond
	backoffMost  = 15 * time.Second
)

// IsTransientStatus reports whether a status may pass by itself, so that the same request is worth another try.
func IsTransientStatus(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// Backoff is how long to wait after try n, counted from 1: full jitter of a span that doubles up to 15 seconds.
func Backoff(n int) time.Duration {
	span := min(backoffFirst<<(min(n, 16)-1), backoffMost)
	return time.Duration(rand.Int64N(int64(span))) //nolint:gosec // spreads load, decides nothing
}

// RetryAfter reads the header Retry-After: a number of seconds, or a date as seen at now. It is false for anything else.
func RetryAfter(header http.Header, now time.Time) (wait time.Duration, ok bool) {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<31)) * time.Second, true
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now).Round(time.Second)), true
	}
	return 0, false
}

// Wait waits for d or the end of ctx, whose error it then returns.
func Wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
