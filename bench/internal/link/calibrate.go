package link

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Calibration is what plain downloads over a link measured, before anything else is.
type Calibration struct {
	Request time.Duration // a request on a connection that is there: one round trip
	One     float64       // bytes a second of one download, without that round trip
	Four    float64       // bytes a second of four downloads at once, together
}

// Calibrate downloads the document at url, once and then four times at once, each on a connection of its own that
// client's transport makes. tiny is the address of an answer of a few bytes.
func Calibrate(ctx context.Context, newClient func() *http.Client, tiny, url string) (Calibration, error) {
	var c Calibration
	for _, downloads := range []int{1, 4} {
		clients := make([]*http.Client, downloads)
		for i := range clients {
			clients[i] = newClient()
			defer clients[i].CloseIdleConnections()
			if _, _, err := fetch(ctx, clients[i], tiny); err != nil { // makes the connection
				return c, err
			}
		}
		request, _, err := fetch(ctx, clients[0], tiny)
		if err != nil {
			return c, err
		}
		rate, err := together(ctx, clients, url, request)
		if err != nil {
			return c, err
		}
		if downloads == 1 {
			c.Request, c.One = request, rate
		} else {
			c.Four = rate
		}
	}
	return c, nil
}

// together is how many bytes a second the clients get between them when all start at once.
func together(ctx context.Context, clients []*http.Client, url string, request time.Duration) (float64, error) {
	type result struct {
		size int64
		err  error
	}
	results := make(chan result)
	start := time.Now()
	for _, client := range clients {
		go func() {
			_, size, err := fetch(ctx, client, url)
			results <- result{size, err}
		}()
	}
	var size int64
	var failures []error
	for range clients {
		r := <-results
		size += r.size
		failures = append(failures, r.err)
	}
	return float64(size) / (time.Since(start) - request).Seconds(), errors.Join(failures...)
}

func fetch(ctx context.Context, client *http.Client, url string) (time.Duration, int64, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, 0, fmt.Errorf("calibrating: %w", err)
	}
	start := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return 0, 0, fmt.Errorf("calibrating: %w", err)
	}
	defer response.Body.Close()
	size, err := io.Copy(io.Discard, response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("calibrating: GET %s: %w", url, err)
	}
	return time.Since(start), size, nil
}
