package registry_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

const mebibyte = 1 << 20

// bigBlob is a blob of n bytes that no two parts of are alike.
func bigBlob(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(data)
	return data
}

// faults is a layer of faults.
func faults(rules ...faultproxy.Rule) layer {
	return func(next http.Handler) http.Handler { return faultproxy.New(next, rules...) }
}

func startHTTP2(h http.Handler) *httptest.Server {
	s := unstarted(h)
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
}

// anyClient reads a server without verifying it.
func anyClient(s *server) *registry.Client {
	return registry.New(quick(registry.Options{Insecure: []string{s.host}}))
}

func blobError(s *server, d digest.Digest, text string) string {
	return "getting blob " + d.String() + " of " + s.host + "/org/r: " + strings.ReplaceAll(text, "HOST", s.host)
}

func TestResetMidBlob(t *testing.T) {
	blob := bigBlob(mebibyte)
	for protocol, make := range map[string]func(http.Handler) *httptest.Server{
		"HTTP": newHTTP, "TLS": newTLS, "HTTP2": startHTTP2,
	} {
		for how, broken := range map[string]func(int64) faultproxy.Fault{"reset": faultproxy.Reset, "cut": faultproxy.Cut} {
			t.Run(protocol+" "+how, func(t *testing.T) {
				for offset := int64(0); offset < mebibyte; offset += 64 << 10 {
					s := start(t, make, faults(faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: broken(offset)}))
					d := s.pushBlob(t, "org/r", blob)
					got, err := readBlob(t, anyClient(s), orgR(s.host), d, mebibyte)
					if err != nil || !bytes.Equal(got, blob) {
						t.Fatalf("at %d: got %d bytes, %v", offset, len(got), err)
					}
					again := int64(mebibyte / 100)
					if how == "reset" && protocol != "HTTP2" {
						again = offset // a TCP reset also drops what the client's kernel holds and the client has not read
					}
					if n := s.bytesSent(); n > mebibyte+again {
						t.Errorf("at %d: %d bytes were sent for a blob of %d", offset, n, mebibyte)
					}
					path := "GET /v2/org/r/blobs/" + d.String()
					wantRequests(t, s, path, path)
					s.Close()
				}
			})
		}
	}
}

func TestConnectionThatAlwaysBreaks(t *testing.T) {
	blob := bigBlob(mebibyte)
	s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/blobs/", Fault: faultproxy.Reset(64 << 10)}))
	d := s.pushBlob(t, "org/r", blob)
	got, err := readBlob(t, anyClient(s), orgR(s.host), d, mebibyte)
	if err != nil || !bytes.Equal(got, blob) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	if n := len(s.asked()); n != 16 {
		t.Errorf("%d requests, want 16 of 64 KiB", n)
	}
}

func TestConnectionThatBringsNothing(t *testing.T) {
	s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/blobs/", Fault: faultproxy.Cut(1000)}))
	d := s.pushBlob(t, "org/r", bigBlob(mebibyte))
	_, err := readBlob(t, anyClient(s), orgR(s.host), d, mebibyte)
	wantFault(t, err, fault.Network, blobError(s, d, "at byte 5000 of 1048576, 5 times in a row: HOST broke off: unexpected EOF"))
	if n := len(s.asked()); n != 5 {
		t.Errorf("%d requests, want 5", n)
	}
}

func TestRangeThatCannotBeUsed(t *testing.T) {
	const broken = 300_000
	tests := map[string]struct {
		rules    []faultproxy.Rule
		requests int
	}{
		"ignored":            {[]faultproxy.Rule{{Path: "/blobs/", Fault: faultproxy.NoRange()}}, 2},
		"wrong start":        {[]faultproxy.Rule{{Path: "/blobs/", After: 1, Fault: faultproxy.WrongRange(broken-1, mebibyte)}}, 3},
		"wrong total":        {[]faultproxy.Rule{{Path: "/blobs/", After: 1, Fault: faultproxy.WrongRange(broken, mebibyte+1)}}, 3},
		"no range in answer": {[]faultproxy.Rule{{Path: "/blobs/", After: 1, Fault: faultproxy.Header("Content-Range", "")}, {Path: "/blobs/", After: 1, Times: 1, Fault: emptyPartial()}}, 3},
		"416":                {[]faultproxy.Rule{{Path: "/blobs/", After: 1, Times: 1, Fault: faultproxy.Status(416, nil)}}, 3},
		"416, then 503":      {[]faultproxy.Rule{{Path: "/blobs/", After: 1, Times: 1, Fault: faultproxy.Status(416, nil)}, {Path: "/blobs/", After: 2, Times: 1, Fault: faultproxy.Status(503, nil)}}, 4},
		"ETag changed":       {[]faultproxy.Rule{{Path: "/blobs/", Fault: faultproxy.Header("ETag", `"a"`)}, {Path: "/blobs/", After: 1, Times: 1, Fault: faultproxy.Header("ETag", `"b"`)}}, 3},
	}
	blob := bigBlob(mebibyte)
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			rules := test.rules
			if name == "ETag changed" {
				rules = []faultproxy.Rule{rules[1], rules[0]} // the outermost has the last word
			}
			rules = append(rules, faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(broken)})
			s := start(t, newHTTP, faults(rules...))
			d := s.pushBlob(t, "org/r", blob)
			got, err := readBlob(t, anyClient(s), orgR(s.host), d, mebibyte)
			if err != nil || !bytes.Equal(got, blob) {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
			if n := len(s.asked()); n != test.requests {
				t.Errorf("%d requests, want %d", n, test.requests)
			}
		})
	}
}

// emptyPartial answers 206 without saying which part.
func emptyPartial() faultproxy.Fault { return faultproxy.Status(http.StatusPartialContent, nil) }

func TestTwoBlobsAreNeverPutTogether(t *testing.T) {
	tests := map[string]struct {
		rules []faultproxy.Rule
		kind  fault.Kind
		want  string
	}{
		"begun anew and broken again": {
			[]faultproxy.Rule{{Path: "/blobs/", Fault: faultproxy.NoRange()}, {Path: "/blobs/", Fault: faultproxy.Cut(400_000)}},
			fault.Network, "HOST closed the connection twice and cannot resume",
		},
		"broken again before the same byte": {
			[]faultproxy.Rule{{Path: "/blobs/", Fault: faultproxy.NoRange()}, {Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(400_000)}, {Path: "/blobs/", Fault: faultproxy.Cut(400_001)}},
			fault.Network, "HOST closed the connection twice and cannot resume",
		},
		"other bytes": {
			[]faultproxy.Rule{{Path: "/blobs/", Fault: faultproxy.NoRange()}, {Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(400_000)}, {Path: "/blobs/", After: 1, Fault: faultproxy.Corrupt(3)}},
			fault.Integrity, "HOST sent different bytes on retry",
		},
		"a shorter blob": {
			[]faultproxy.Rule{{Path: "/blobs/", Times: 1, Fault: faultproxy.Cut(400_000)}, {Path: "/blobs/", After: 1, Fault: whole("short")}},
			fault.Integrity, "HOST sent fewer bytes on retry",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := start(t, newHTTP, faults(test.rules...))
			blob := bigBlob(mebibyte)
			d := s.pushBlob(t, "org/r", blob)
			got, err := readBlob(t, anyClient(s), orgR(s.host), d, mebibyte)
			wantFault(t, err, test.kind, blobError(s, d, test.want))
			if !bytes.HasPrefix(blob, got) {
				t.Error("what was given is no part of the blob")
			}
		})
	}
}

// whole answers 200 with a text.
func whole(text string) faultproxy.Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) })
	}
}

func TestBodyWithoutProgress(t *testing.T) {
	// Short enough to wait for, and long enough for a server on a busy machine that means no harm.
	short := registry.Timeouts{Header: 2 * time.Second, Stall: 2 * time.Second}
	for name, test := range map[string]struct {
		fault, then faultproxy.Fault
		want        string
	}{
		"stalled body":       {faultproxy.Stall(100_000), faultproxy.Stall(0), "at byte 100000 of 1048576, 5 times in a row: HOST stopped sending data"},
		"one byte at a time": {faultproxy.Rate(1, 20*time.Millisecond), faultproxy.Rate(1, 20*time.Millisecond), "times in a row: HOST stopped sending data"},
		"no response header": {faultproxy.Silence(), faultproxy.Silence(), "HOST does not answer, 5 times: net/http: timeout awaiting response headers (in the clear, after TLS failed)"},
	} {
		t.Run(name+", then well", func(t *testing.T) {
			t.Parallel()
			blob := bigBlob(mebibyte)
			s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: test.fault}))
			d := s.pushBlob(t, "org/r", blob)
			c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Timeouts: short}))
			got, err := readBlob(t, c, orgR(s.host), d, mebibyte)
			if err != nil || !bytes.Equal(got, blob) {
				t.Fatalf("got %d bytes, %v", len(got), err)
			}
			if n := len(s.asked()); n != 2 {
				t.Errorf("%d requests, want 2", n)
			}
		})
		t.Run(name+", always", func(t *testing.T) {
			t.Parallel()
			s := start(t, newHTTP, faults(faultproxy.Rule{Path: "/blobs/", Times: 1, Fault: test.fault}, faultproxy.Rule{Path: "/blobs/", After: 1, Fault: test.then}))
			d := s.pushBlob(t, "org/r", bigBlob(mebibyte))
			c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Timeouts: short}))
			var err error
			testguard.Finishes(t, "a download that stalls", func() { _, err = readBlob(t, c, orgR(s.host), d, mebibyte) })
			if want := strings.ReplaceAll(test.want, "HOST", s.host); fault.KindOf(err) != fault.Network || !strings.HasSuffix(fmt.Sprint(err), want) {
				t.Errorf("got %v, want …%s", err, want)
			}
			if n := len(s.asked()); n != 5 {
				t.Errorf("%d requests, want 5", n)
			}
		})
	}
}

func TestSlowReaderIsNoStall(t *testing.T) {
	t.Parallel()
	s := start(t, newHTTP)
	blob := bigBlob(4 * mebibyte) // more than the buffers of a connection
	d := s.pushBlob(t, "org/r", blob)
	c := registry.New(quick(registry.Options{Insecure: []string{s.host}, Timeouts: registry.Timeouts{Stall: time.Second}}))
	b, err := c.Blob(t.Context(), orgR(s.host), d, 4*mebibyte, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	time.Sleep(1200 * time.Millisecond)
	got, err := io.ReadAll(b)
	if err != nil || !bytes.Equal(got, blob) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if n := len(s.asked()); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

func TestBlobOfAnotherSizeIsGivenAsItIs(t *testing.T) {
	// Too long or too short is for the caller to judge, who knows the digest.
	for _, chunked := range []bool{false, true} {
		for _, size := range []int{10, 12} {
			body := strings.Repeat("x", size)
			s := serve(t, newHTTP, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if chunked {
					_ = http.NewResponseController(w).Flush()
				} else {
					w.Header().Set("Content-Length", strconv.Itoa(size))
				}
				fmt.Fprint(w, body)
			}))
			got, err := readBlob(t, anyClient(s), orgR(s.host), digest.FromString("other"), 11)
			if err != nil || string(got) != body {
				t.Errorf("got %q, %v, want %q", got, err, body)
			}
		}
	}
}
