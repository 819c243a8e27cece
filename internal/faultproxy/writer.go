package faultproxy

import "net/http"

// writer passes an answer on through hooks.
type writer struct {
	http.ResponseWriter
	request *http.Request
	offset  int64
	began   bool

	header func(h http.Header, code int)
	body   func(w http.ResponseWriter, r *http.Request, p []byte, offset int64)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *writer) WriteHeader(code int) {
	if w.header != nil && !w.began {
		w.header(w.Header(), code)
	}
	w.began = true
	w.ResponseWriter.WriteHeader(code)
}

func (w *writer) Write(p []byte) (int, error) {
	if !w.began {
		w.WriteHeader(http.StatusOK)
	}
	if w.body == nil {
		return w.ResponseWriter.Write(p)
	}
	w.body(w.ResponseWriter, w.request, p, w.offset)
	w.offset += int64(len(p))
	return len(p), nil
}

// onHeader is a fault of the header.
func onHeader(change func(http.Header, int)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&writer{ResponseWriter: w, request: r, header: change}, r)
		})
	}
}

// onBody is a fault of the body.
func onBody(change func(http.ResponseWriter, *http.Request, []byte, int64)) Fault {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(&writer{ResponseWriter: w, request: r, body: change}, r)
		})
	}
}

// at lets n bytes of the body pass and then does something final.
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
