package registry

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// startProxy starts a proxy that connects its clients to servers by name, and calls log for each.
func startProxy(t *testing.T, known map[string]string, log func(string)) *httptest.Server {
	t.Helper()
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log(r.Method + " " + r.Host)
		address, ok := known[r.Host]
		if r.Method != http.MethodConnect || !ok {
			http.Error(w, "not through here", http.StatusForbidden)
			return
		}
		if err := connect(w, address); err != nil {
			log(err.Error())
		}
	}))
	t.Cleanup(proxy.Close)
	return proxy
}

// connect copies between client and server until one of them closes the connection.
func connect(w http.ResponseWriter, address string) error {
	server, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	client, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n"); err != nil {
		return err
	}
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		go func() {
			defer pair[0].Close()
			// Either side may close the connection; that is no error.
			_, _ = io.Copy(pair[0], pair[1])
		}()
	}
	return nil
}
