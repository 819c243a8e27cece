package transport

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// stallBytes is what a body must bring within the time for it: a server that sends a byte now and then is as good as silent.
const stallBytes = 4 << 10

// Stall ends a request of which neither body makes progress within limit. Only the time spent waiting for the other side counts:
// a slow reader of the response and a slow source of what is sent are not its fault. How long a server may take to begin its
// answer is for the Network to limit.
func Stall(limit time.Duration) Link {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(request *http.Request) (*http.Response, error) {
			ctx, cancel := context.WithCancelCause(request.Context())
			watched := request.WithContext(ctx)
			var sending *sendWatch
			if request.Body != nil && request.Body != http.NoBody {
				sending = watchSending(request.Body, limit, cancel)
				watched.Body = sending
			}
			response, err := next.RoundTrip(watched)
			if sending != nil {
				sending.stop()
			}
			if err != nil {
				if errors.Is(context.Cause(ctx), errStalled) {
					err = errStalled
				}
				cancel(nil)
				return nil, err
			}
			response.Body = watchReceiving(ctx, cancel, response.Body, limit)
			return response, nil
		})
	}
}

// receiveWatch is the body of a response whose reads end when too little comes.
type receiveWatch struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	body   io.ReadCloser
	timer  *time.Timer
	limit  time.Duration
	left   time.Duration // of the current span
	got    int           // bytes in the current span
}

func watchReceiving(ctx context.Context, cancel context.CancelCauseFunc, body io.ReadCloser, limit time.Duration) *receiveWatch {
	w := &receiveWatch{ctx: ctx, cancel: cancel, body: body, limit: limit, left: limit}
	w.timer = time.AfterFunc(limit, func() { cancel(errStalled) })
	w.timer.Stop()
	return w
}

func (w *receiveWatch) Read(p []byte) (int, error) {
	start := time.Now()
	w.timer.Reset(w.left)
	n, err := w.body.Read(p)
	w.timer.Stop()
	w.left -= time.Since(start)
	w.got += n
	if w.got >= stallBytes {
		w.got, w.left = 0, w.limit
	}
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(w.ctx), errStalled) {
		err = errStalled
	}
	return n, err
}

// Close ends the request.
func (w *receiveWatch) Close() error {
	w.timer.Stop()
	err := w.body.Close()
	w.cancel(nil)
	return err
}

// sendWatch is the body of a request, whose reads have to follow one another: the time between two of them is what the server
// takes to accept a piece.
type sendWatch struct {
	body  io.ReadCloser
	limit time.Duration

	mu      sync.Mutex
	timer   *time.Timer
	stopped bool // the server has answered; the transport may go on reading
}

func watchSending(body io.ReadCloser, limit time.Duration, cancel context.CancelCauseFunc) *sendWatch {
	w := &sendWatch{body: body, limit: limit}
	w.timer = time.AfterFunc(limit, func() { cancel(errStalled) })
	w.timer.Stop() // connecting has limits of its own
	return w
}

func (w *sendWatch) Read(p []byte) (int, error) {
	w.mu.Lock()
	w.timer.Stop()
	w.mu.Unlock()
	n, err := w.body.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil && !w.stopped {
		w.timer.Reset(w.limit)
	}
	return n, err
}

func (w *sendWatch) Close() error {
	w.stop()
	return w.body.Close()
}

func (w *sendWatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	w.timer.Stop()
}
