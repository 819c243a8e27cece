package link

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestBucket(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	type step struct{ now, bytes, left int } // milliseconds since start
	tests := []struct {
		name  string
		rate  int64
		steps []step
	}{
		{"no limit", 0, []step{{0, 1 << 30, 0}, {1, 1 << 30, 1}}},
		{"what comes at once leaves one after the other", 1000, []step{{10, 5, 13}, {10, 5, 18}, {10, 1, 19}}},
		{"an idle line gives no more than a burst", 1000, []step{{1000, 3, 1001}, {2000, 3, 2001}}},
		{"late by less than a burst loses nothing", 1000, []step{{10, 10, 18}, {19, 10, 28}, {29, 10, 38}}},
		{"late by more than a burst loses that", 1000, []step{{10, 10, 18}, {24, 10, 32}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := bucket{rate: test.rate}
			for i, s := range test.steps {
				if got := b.reserve(at(s.now), s.bytes); !got.Equal(at(s.left)) {
					t.Errorf("step %d: %d bytes at %d ms have left after %v, want %d ms", i, s.bytes, s.now, got.Sub(start), s.left)
				}
			}
		})
	}
}

// pipes is a listener of connections in memory, whose clock is that of the test.
type pipes struct {
	clients chan net.Conn
	closed  chan struct{}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.clients:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { close(p.closed); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// connect gives a client's end and a server's end of a new connection over the link.
func connect(p *Proxy) (client, server net.Conn) {
	servers := make(chan net.Conn, 1)
	p.dial = func() (net.Conn, error) {
		near, far := net.Pipe()
		servers <- far
		return near, nil
	}
	client, near := net.Pipe()
	p.listener.(*pipes).clients <- near
	return client, <-servers
}

func inMemory(t *testing.T, shape Shape) *Proxy {
	t.Helper()
	p := newProxy(shape, &pipes{make(chan net.Conn), make(chan struct{})}, nil)
	go p.serve()
	t.Cleanup(func() {
		p.Close()
		time.Sleep(time.Second) // for what is on its way
	})
	return p
}

// The clock of these tests stands still while anything runs: their times are exact.
func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(inMemory(t, Shape{RoundTrip: 50 * time.Millisecond}))
		start := time.Now()
		send(t, client, "ask")
		receive(t, server, "ask")
		if got, want := time.Since(start), 75*time.Millisecond; got != want {
			t.Errorf("the first request arrived after %v, want %v: a round trip for the connection, half of one for the way", got, want)
		}
		send(t, server, "answer")
		receive(t, client, "answer")
		if got, want := time.Since(start), 100*time.Millisecond; got != want {
			t.Errorf("the first answer came after %v, want %v", got, want)
		}
		send(t, client, "again")
		receive(t, server, "again")
		send(t, server, "answer")
		receive(t, client, "answer")
		if got, want := time.Since(start), 150*time.Millisecond; got != want {
			t.Errorf("the second answer came after %v, want %v", got, want)
		}
	})
}

func TestRate(t *testing.T) {
	const size = 1 << 20
	tests := []struct {
		name        string
		shape       Shape
		connections int
		want        time.Duration
	}{
		{"no limit", Shape{}, 1, 0},
		{"one", Shape{Rate: size}, 1, time.Second},
		{"four share the line", Shape{Rate: size}, 4, 4 * time.Second},
		{"one has a limit of its own", Shape{Rate: size, ConnectionRate: size / 4}, 1, 4 * time.Second},
		{"four with a limit of their own fill the line", Shape{Rate: size, ConnectionRate: size / 4}, 4, 4 * time.Second},
		{"delay comes once", Shape{Rate: size, RoundTrip: 50 * time.Millisecond}, 1, time.Second + 75*time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := inMemory(t, test.shape)
				start := time.Now()
				done := make(chan error, test.connections)
				for range test.connections {
					client, server := connect(p)
					go func() { client.Write(make([]byte, size)) }()
					go func() {
						_, err := io.CopyN(io.Discard, server, size)
						done <- err
					}()
				}
				for range test.connections {
					if err := <-done; err != nil {
						t.Fatal(err)
					}
				}
				// A line that was idle gives a burst; two limits in a row cost one chunk more.
				got, slack := time.Since(start), burst+time.Duration(chunk)*time.Second/(size/4)
				if got < test.want-burst || got > test.want+slack {
					t.Errorf("%d × %d bytes took %v, want %v (-%v +%v)", test.connections, size, got, test.want, burst, slack)
				}
			})
		})
	}
}

func TestEndsArePassedOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := connect(inMemory(t, Shape{RoundTrip: 50 * time.Millisecond, Rate: 1 << 20}))
		start := time.Now()
		go func() {
			client.Write([]byte("bye"))
			client.Close()
		}()
		got, err := io.ReadAll(server)
		if err != nil || string(got) != "bye" {
			t.Errorf("got %q, %v", got, err)
		}
		if got := time.Since(start); got < 75*time.Millisecond || got > 76*time.Millisecond {
			t.Errorf("the end came after %v, want 75ms", got)
		}
	})
}

// What a client takes is counted where it arrives; when the client leaves, the server is ended, and the rest is not counted.
func TestTakeCountsWhatArrived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := inMemory(t, Shape{RoundTrip: 50 * time.Millisecond, Rate: 1 << 20})
		client, server := connect(p)
		send(t, client, "ask")
		receive(t, server, "ask")
		sent := make(chan error)
		go func() {
			_, err := server.Write(make([]byte, 10*chunk))
			sent <- err
		}()
		receive(t, client, strings.Repeat("\x00", 2*chunk))
		client.Close()
		if err := <-sent; err == nil {
			t.Error("the server sent all to a client that had left")
		}
		if got := p.Take(); got != 2*chunk {
			t.Errorf("%d bytes arrived, want %d", got, 2*chunk)
		}
		if got := p.Take(); got != 0 {
			t.Errorf("%d bytes arrived after all were taken", got)
		}
	})
}

func TestServerThatRefuses(t *testing.T) {
	p, err := Start(Shape{}, "127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	c, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("a server that cannot be reached answered")
	}
}

// Over real connections the clock runs: what is measured depends on what else the machine does. The tests above hold the
// rate on a clock of their own.
func TestCalibrate(t *testing.T) {
	const size = 256 << 10
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		io.Copy(w, bytes.NewReader(make([]byte, n)))
	}))
	defer server.Close()
	p, err := Start(Shape{RoundTrip: 40 * time.Millisecond, Rate: 4 << 20}, server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	newClient := func() *http.Client { return &http.Client{Transport: &http.Transport{}} }
	base := "http://" + p.Address() + "/"
	c, err := Calibrate(t.Context(), newClient, base+"1", base+strconv.Itoa(size))
	if err != nil {
		t.Fatal(err)
	}
	if c.Request < 40*time.Millisecond {
		t.Errorf("a request took %v, want at least 40ms", c.Request)
	}
	for name, got := range map[string]float64{"one download": c.One, "four downloads": c.Four} {
		if got <= 0 {
			t.Errorf("%s had %.0f bytes/s", name, got)
		}
	}
	if _, err := Calibrate(t.Context(), newClient, base+"1", base+"none"); err == nil || !strings.Contains(err.Error(), "404 Not Found") {
		t.Errorf("an error of the server: %v", err)
	}
}

func TestCloseEndsConnections(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	p, err := Start(Shape{}, listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", p.Address())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listener.Accept(); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	c.SetReadDeadline(time.Now().Add(3 * time.Minute))
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("reading from a closed link: %v", err)
	}
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func receive(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("got %q, %v, want %q", got, err, want)
	}
}
