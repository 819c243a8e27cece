package faultproxy

import (
	"crypto/tls"
	"net"
	"net/http"
	"strconv"
	"time"
)

// Delay waits before the request is passed on.
func Delay(d time.Duration) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if wait(r, d) {
				next.ServeHTTP(w, r)
			}
		})
	}
}

// Silence never answers: it waits until the client goes away.
func Silence() Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	}
}

// Status answers by itself, with header fields of its own.
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

// Header sets a header field of the answer, over what the server says.
func Header(name, value string) Fault {
	return onHeader(func(h http.Header, _ int) { h.Set(name, value) })
}

// Reset breaks the connection off after n bytes of the body: a TCP reset, or HTTP/2's of the stream. A reset also
// drops what the other side's kernel holds, so there is a moment for the client to read what was sent.
func Reset(n int64) Fault {
	return at(n, func(w http.ResponseWriter, r *http.Request) {
		wait(r, 20*time.Millisecond)
		reset(w)
		panic(http.ErrAbortHandler)
	})
}

// Cut ends the connection in order after n bytes of the body, which is too early.
func Cut(n int64) Fault {
	return at(n, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
}

// Stall sends n bytes of the body and then nothing until the client goes away.
func Stall(n int64) Fault {
	return at(n, func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	})
}

// Rate sends step bytes of the body, waits, and so on.
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
			changed := append([]byte(nil), p...)
			changed[n-offset] ^= 0xff
			p = changed
		}
		_, _ = w.Write(p)
	})
}

// NoRange answers as a server that knows no ranges: with the whole body.
func NoRange() Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r = r.Clone(r.Context())
			r.Header.Del("Range")
			next.ServeHTTP(w, r)
		})
	}
}

// WrongRange shifts the range that a partial answer claims to begin at.
func WrongRange(shift int64, total int64) Fault {
	return onHeader(func(h http.Header, code int) {
		if code == http.StatusPartialContent {
			h.Set("Content-Range", "bytes "+strconv.FormatInt(shift, 10)+"-"+strconv.FormatInt(total-1, 10)+"/"+strconv.FormatInt(total, 10))
		}
	})
}

// wait says whether the time passed with the client still there.
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

// reset makes the end of an HTTP/1 connection a TCP reset. HTTP/2 has no connection to take over: there the abort
// of the handler resets the stream.
func reset(w http.ResponseWriter) {
	controller := http.NewResponseController(w)
	_ = controller.Flush()
	conn, _, err := controller.Hijack()
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
