package registry

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// retry sends until there is an answer that another try would not change. Its errors are final and explained.
func (c *Client) retry(ctx context.Context, host string, send func() (*http.Response, error)) (*http.Response, error) {
	for n := 1; ; n++ {
		response, err := send()
		if err == nil && !transport.IsTransientStatus(response.StatusCode) {
			return response, nil
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		wait := transport.Backoff(n)
		if err == nil {
			host := response.Request.URL.Host // its storage perhaps
			asked, given := transport.RetryAfter(response.Header, c.options.Now())
			if asked > transport.MaxWait {
				discard(response)
				return nil, fault.Errorf(fault.Network, "%s answered %s and asks to wait %v, which is longer than %v: try again later",
					host, statusText(response.StatusCode), asked, transport.MaxWait)
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
