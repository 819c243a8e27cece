package registry

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// slot waits until one more request to a host is allowed. The release may be called more than once.
func (c *Client) slot(ctx context.Context, host string) (release func(), err error) {
	c.mu.Lock()
	slots := c.slots[host]
	if slots == nil {
		slots = make(chan struct{}, c.options.MaxPerRegistry)
		c.slots[host] = slots
	}
	c.mu.Unlock()
	select {
	case slots <- struct{}{}:
		return sync.OnceFunc(func() { <-slots }), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// warner writes warnings to a log.
func warner(log *slog.Logger) func(string, ...any) {
	return func(format string, args ...any) { log.Warn(fmt.Sprintf(format, args...)) }
}
