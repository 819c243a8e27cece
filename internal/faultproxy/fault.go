package faultproxy

import (
	"bytes"
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Delay waits before it forwards the request.
func Delay(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wait(r, d) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Silence does not answer. It waits until the client disconnects.
func Silence() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}
}

// Status answers with a status and header fields.
func Status(code int, header http.Header) Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			for name, values := range header {
				w.Header()[name] = values
			}
			w.WriteHeader(code)
		})
	}
}

// Header replaces a header field of the answer.
func Header(name, value string) Fault {
	return onHeader(func(h http.Header, _ int) { h.Set(name, value) })
}

// Reset resets the TCP connection or the HTTP/2 stream after n bytes of the body. It waits a moment first, because a reset also
// drops data that the client has received but not read.
func Reset(n int64) Fault {
	return at(n, func(w http.ResponseWriter, r *http.Request) {
		wait(r, 20*time.Millisecond)
		_ = http.NewResponseController(w).Flush()
		resetConnection(w)
		panic(http.ErrAbortHandler)
	})
}

// Cut closes the connection after n bytes of the body.
func Cut(n int64) Fault {
	return at(n, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// Stall sends n bytes of the body and then nothing until the client disconnects.
func Stall(n int64) Fault {
	return at(n, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

// Rate sends step bytes of the body at a time and waits after each.
func Rate(step int, every time.Duration) Fault {
	return onBody(func(w http.ResponseWriter, r *http.Request, p []byte, _ int64) {
		for len(p) > 0 {
			n := min(step, len(p))
			_, _ = w.Write(p[:n])
			_ = http.NewResponseController(w).Flush()
			p = p[n:]
			if !wait(r, every) {
				panic(http.ErrAbortHandler)
			}
		}
	})
}

// Corrupt changes byte n of the body.
func Corrupt(n int64) Fault {
	return onBody(func(w http.ResponseWriter, _ *http.Request, p []byte, offset int64) {
		if n >= offset && n < offset+int64(len(p)) {
			changed := bytes.Clone(p)
			changed[n-offset] ^= 0xff
			p = changed
		}
		_, _ = w.Write(p)
	})
}

// NoRange answers like a server without range requests, with the complete body.
func NoRange() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.Header.Del("Range")
			next.ServeHTTP(w, r)
		})
	}
}

// WrongRange changes where the range of a partial answer begins.
func WrongRange(shift int64, total int64) Fault {
	return onHeader(func(h http.Header, code int) {
		if code == http.StatusPartialContent {
			h.Set("Content-Range", "bytes "+strconv.FormatInt(shift, 10)+"-"+strconv.FormatInt(total-1, 10)+"/"+strconv.FormatInt(total, 10))
		}
	})
}

// wait waits for d. It returns false if the client disconnects first.
func wait(r *http.Request, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}

// resetConnection closes an HTTP/1 connection with a TCP reset. With HTTP/2 it does nothing: the abort of the handler resets
// the stream.
func resetConnection(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	raw := conn
	if t, ok := conn.(*tls.Conn); ok {
		raw = t.NetConn()
	}
	if t, ok := raw.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	_ = raw.Close()
}

// writer forwards an answer and calls hooks.
type writer struct {
	http.ResponseWriter
	request *http.Request
	offset  int64
	started bool

	header func(h http.Header, code int)
	body   func(w http.ResponseWriter, r *http.Request, p []byte, offset int64)
}

// Unwrap is for http.ResponseController.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(code int) {
	if w.header != nil && !w.started {
		w.header(w.Header(), code)
	}
	w.started = true
	w.ResponseWriter.WriteHeader(code)
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.started {
		w.WriteHeader(http.StatusOK)
	}
	if w.body == nil {
		return w.ResponseWriter.Write(p)
	}
	w.body(w.ResponseWriter, w.request, p, w.offset)
	w.offset += int64(len(p))
	return len(p), nil
}

// onHeader returns a fault that changes the header.
func onHeader(change func(http.Header, int)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&writer{ResponseWriter: w, request: r, header: change}, r)
		})
	}
}

// onBody returns a fault that changes the body.
func onBody(change func(http.ResponseWriter, *http.Request, []byte, int64)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&writer{ResponseWriter: w, request: r, body: change}, r)
		})
	}
}

// at returns a fault that forwards n bytes of the body and then calls end.
func at(n int64, end func(http.ResponseWriter, *http.Request)) Fault {
	return onBody(func(w http.ResponseWriter, r *http.Request, p []byte, offset int64) {
		if offset+int64(len(p)) <= n {
			_, _ = w.Write(p)
			return
		}
		_, _ = w.Write(p[:n-offset])
		_ = http.NewResponseController(w).Flush()
		end(w, r)
	})
}
