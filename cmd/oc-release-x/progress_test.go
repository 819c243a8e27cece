//go:build linux || darwin

package main

import (
	"bytes"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/creack/pty"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// The link stops in the middle of a layer and continues when the terminal has shown how far the layer is. At the end,
// only the result is on the terminal.
func TestProgressOnTerminal(t *testing.T) {
	for _, terminal := range []string{"xterm-256color", "dumb"} {
		t.Run(terminal, func(t *testing.T) {
			shown := make(chan struct{})
			release := sync.OnceFunc(func() { close(shown) })
			t.Cleanup(release)
			host := slowRegistry(t, shown)

			command := program(t, "oc-release_x", "images", host+"/org/release:4.14.0", "--insecure", "--no-cache")
			command.Env = append(command.Env, "TERM="+terminal, "NO_COLOR=")
			master, err := pty.StartWithSize(command, &pty.Winsize{Rows: 24, Cols: 200})
			if err != nil {
				t.Skipf("there is no pseudo-terminal: %v", err)
			}
			defer master.Close()
			var written bytes.Buffer
			buffer := make([]byte, 4096)
			for {
				n, err := master.Read(buffer)
				written.Write(buffer[:n])
				if strings.Contains(written.String(), "Reading layer sha256:") && strings.Contains(written.String(), "%), ") {
					release()
				}
				if errors.Is(err, io.EOF) || errors.Is(err, syscall.EIO) {
					break // how Linux says that the terminal is closed
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			if got := code(t, command.Wait()); got != 0 {
				t.Errorf("exit code %d", got)
			}
			before, table, found := strings.Cut(written.String(), "NAME   DIGEST")
			if !found || !strings.Contains(before, ", from "+host+"/org/release") {
				t.Fatalf("the terminal got %q", written.String())
			}
			last := before[strings.LastIndex(strings.TrimSuffix(before, "\r"), "\r")+1:]
			if strings.Trim(last, " \r") != "" || !strings.HasSuffix(last, "\r") {
				t.Errorf("before the table stands %q", last)
			}
			if strings.Contains(table, "Reading") || strings.Contains(written.String(), "\x1b") {
				t.Errorf("the terminal got %q", written.String())
			}
		})
	}
}

// The same without a terminal.
func TestNoProgressWithoutTerminal(t *testing.T) {
	open := make(chan struct{})
	close(open)
	var errOut bytes.Buffer
	command := program(t, "oc-release_x", "images", slowRegistry(t, open)+"/org/release:4.14.0", "--insecure", "--no-cache", "-o", "name")
	command.Stderr = &errOut
	out, err := command.Output()
	if got := code(t, err); got != 0 || string(out) != "etcd\n" || errOut.Len() > 0 {
		t.Errorf("exit code %d, stdout %q, stderr %q", got, out, errOut.String())
	}
}

// slowRegistry serves org/release:4.14.0, and half of each layer before the channel is closed. It returns its
// host[:port].
func slowRegistry(t *testing.T, whole <-chan struct{}) string {
	t.Helper()
	server := testrelease.Registry(t)
	built, err := testrelease.New("4.14.0").WithComponent("etcd").Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := built.PushTo(server, "org/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ModifyResponse: func(response *http.Response) error {
			if response.StatusCode == http.StatusOK && strings.Contains(response.Request.URL.Path, "/blobs/") {
				first := io.LimitReader(response.Body, response.ContentLength/2)
				response.Body = struct {
					io.Reader
					io.Closer
				}{io.MultiReader(first, gate{response.Request, whole}, response.Body), response.Body}
			}
			return nil
		},
	}
	slow := httptest.NewServer(proxy)
	t.Cleanup(slow.Close)
	return strings.TrimPrefix(slow.URL, "http://")
}

// gate is an empty reader that blocks until the channel open is closed or the request is cancelled.
type gate struct {
	request *http.Request
	open    <-chan struct{}
}

func (g gate) Read([]byte) (int, error) {
	select {
	case <-g.open:
		return 0, io.EOF
	case <-g.request.Context().Done():
		return 0, os.ErrClosed
	}
}
