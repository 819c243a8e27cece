package registry

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Waits between tries: full jitter of a span that doubles.
const (
	backoffFirst = 200 * time.Millisecond
	backoffMost  = 15 * time.Second
	waitMost     = 60 * time.Second // what a server may ask for
)

// retriable says whether a status may pass by itself.
func retriable(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// retry sends until there is an answer that another try would not change. Its errors are final and explained.
func (c *Client) retry(ctx context.Context, host string, send func() (*http.Response, error)) (*http.Response, error) {
	for n := 1; ; n++ {
		response, err := send()
		if err == nil && !retriable(response.StatusCode) {
			return response, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wait := backoff(n)
		if err == nil {
			host := response.Request.URL.Host // its storage perhaps
			asked, given := retryAfter(response.Header.Get("Retry-After"), c.options.Now())
			if asked > waitMost {
				discard(response)
				return nil, fault.Errorf(fault.Network, "%s answered %s and asks to wait %v, which is longer than %v: try again later",
					host, statusText(response.StatusCode), asked, waitMost)
			}
			if given {
				wait = asked
			}
			err = &statusError{host, response.StatusCode}
			discard(response)
		}
		if n == tries || !transient(err) {
			return nil, explain(host, err, n)
		}
		c.options.Log.Info("retrying", slog.String("host", host), slog.Int("try", n+1), slog.Int("of", tries),
			slog.Duration("wait", wait.Round(time.Millisecond)), slog.String("reason", explain(host, err, 1).Error()))
		if err := c.options.Sleep(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// backoff is the wait after try n.
func backoff(n int) time.Duration {
	span := min(backoffFirst<<(n-1), backoffMost)
	return time.Duration(rand.Int64N(int64(span))) //nolint:gosec // spreads load, decides nothing
}

// retryAfter reads a number of seconds or a date.
func retryAfter(text string, now time.Time) (time.Duration, bool) {
	text = strings.TrimSpace(text)
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 1<<31)) * time.Second, true
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(0, date.Sub(now).Round(time.Second)), true
	}
	return 0, false
}

// statusError is a status that may pass by itself.
type statusError struct {
	host   string
	status int
}

func (e *statusError) Error() string { return e.host + " answered " + statusText(e.status) }

// statusText is a status with its standard words: those that came are the server's.
func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return strconv.Itoa(status)
}
