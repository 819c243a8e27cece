package plugin_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// The body of a layer stops in its middle. With a cache, the error says that the next run continues there, and the next
// run requests only the rest.
func TestTimeoutReportsProgress(t *testing.T) {
	var stopped atomic.Bool
	var asked atomic.Value // the Range of the last request for a blob
	host, size := halfRegistry(t, &stopped, &asked)
	half := fmt.Sprintf("%d of %d B (%d%%), from %s/org/release", size/2, size, 100*(size/2)/size, host)
	for _, test := range []struct {
		name, next, rest string
		kept             bool
	}{
		{"kept", "the cache keeps what was downloaded: run the command again to continue", fmt.Sprintf("bytes=%d-", size/2), true},
		{"not kept", "another run would start from the beginning: allow more time", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var args []string
			stopped.Store(true)
			// A busy machine may need longer to come so far.
			for timeout := 250 * time.Millisecond; ; timeout *= 2 {
				args = []string{"images", host + "/org/release:4.14.0", "--insecure", "-o", "name", "--no-cache"}
				if test.kept {
					args[len(args)-1] = "--cache-dir=" + t.TempDir()
				}
				got := run(t, append(args, "--timeout", timeout.String())...)
				_, layer, _ := strings.Cut(got.err, "layer ")
				layer, _, _ = strings.Cut(layer, ",")
				if strings.Contains(got.err, half) || timeout > time.Minute {
					want(t, got, 5, "", "error: not finished within --timeout "+timeout.String()+": reading layer "+layer+", "+half+"; "+test.next+"\n")
					break
				}
			}
			stopped.Store(false)
			if got := good(t, run(t, args...)); got != "etcd\n" {
				t.Errorf("got %q", got)
			}
			if got := asked.Load(); got != test.rest {
				t.Errorf("the next run asked for the range %q, want %q", got, test.rest)
			}
		})
	}
}

// halfRegistry serves org/release:4.14.0. Its only layer ends in the middle and hangs while stopped is set. It returns
// its host[:port] and the size of the layer.
func halfRegistry(t *testing.T, stopped *atomic.Bool, asked *atomic.Value) (host string, size int64) {
	t.Helper()
	server := testrelease.Registry(t)
	built := build(t, testrelease.New("4.14.0").WithComponent("etcd").Squashed())
	if err := built.PushTo(server, "org/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	slow := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		ModifyResponse: func(response *http.Response) error {
			if !strings.Contains(response.Request.URL.Path, "/blobs/") {
				return nil
			}
			asked.Store(response.Request.Header.Get("Range"))
			if stopped.Load() {
				response.Body = &halfBody{response.Body, response.Request, response.ContentLength / 2}
			}
			return nil
		},
	})
	t.Cleanup(slow.Close)
	layers := built.Images[0].Layers
	return strings.TrimPrefix(slow.URL, "http://"), layers[len(layers)-1].Size
}

// halfBody is the beginning of a body. After it, reads wait for the end of the request.
type halfBody struct {
	io.ReadCloser
	request *http.Request
	left    int64
}

func (h *halfBody) Read(p []byte) (int, error) {
	if h.left == 0 {
		<-h.request.Context().Done()
		return 0, io.ErrUnexpectedEOF
	}
	n, err := h.ReadCloser.Read(p[:min(int64(len(p)), h.left)])
	h.left -= int64(n)
	return n, err
}
