package registry

import (
	"context"
	"errors"
	"io"
	"time"
)

// stallBytes is what a body must bring within the time for it: a server that sends a byte now and then is as good as silent.
const stallBytes = 4 << 10

var errStalled = errors.New("no progress")

// watched is a body whose reads end when too little comes. Only the time spent waiting for bytes counts: a slow
// reader is not the server's fault.
type watched struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	body   io.ReadCloser
	timer  *time.Timer
	stall  time.Duration
	left   time.Duration // of the current span
	got    int           // bytes in the current span
}

func watch(ctx context.Context, cancel context.CancelCauseFunc, body io.ReadCloser, stall time.Duration) *watched {
	w := &watched{ctx: ctx, cancel: cancel, body: body, stall: stall, left: stall}
	w.timer = time.AfterFunc(stall, func() { cancel(errStalled) })
	w.timer.Stop()
	return w
}

func (w *watched) Read(p []byte) (int, error) {
	start := time.Now()
	w.timer.Reset(w.left)
	n, err := w.body.Read(p)
	w.timer.Stop()
	w.left -= time.Since(start)
	w.got += n
	if w.got >= stallBytes {
		w.got, w.left = 0, w.stall
	}
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(w.ctx), errStalled) {
		err = errStalled
	}
	return n, err
}

// Close ends the request.
func (w *watched) Close() error {
	w.timer.Stop()
	err := w.body.Close()
	w.cancel(nil)
	return err
}
