package link

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// chunk is what is sent at once, so that connections take turns on the line.
const chunk = 8 << 10

// Proxy passes connections on to a server over a link.
type Proxy struct {
	shape    Shape
	listener net.Listener
	dial     func() (net.Conn, error)

	mu       sync.Mutex
	up, down bucket // the line, in each direction
	open     map[net.Conn]struct{}
	closed   bool
	received int64     // bytes that arrived at clients
	idle     sync.Cond // told when connections have ended
}

// Start listens on a free port of this machine and passes connections on to target, until Close.
func Start(shape Shape, target string) (*Proxy, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a link: %w", err)
	}
	p := newProxy(shape, listener, func() (net.Conn, error) { return net.Dial("tcp", target) })
	go p.serve()
	return p, nil
}

func newProxy(shape Shape, listener net.Listener, dial func() (net.Conn, error)) *Proxy {
	p := &Proxy{
		shape: shape, listener: listener, dial: dial, open: map[net.Conn]struct{}{},
		up: bucket{rate: shape.Rate}, down: bucket{rate: shape.Rate},
	}
	p.idle.L = &p.mu
	return p
}

// Address is the host:port at which the server is reached over the link.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Close ends the link and all its connections.
func (p *Proxy) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for c := range p.open {
		c.Close()
	}
	return p.listener.Close()
}

// Take gives and forgets the number of bytes that arrived at clients since the last time, once all connections have ended.
func (p *Proxy) Take() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.open) > 0 {
		p.idle.Wait()
	}
	taken := p.received
	p.received = 0
	return taken
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			go p.pass(client)
		}
	}
}

// pass joins a client with a connection of its own to the server.
func (p *Proxy) pass(client net.Conn) {
	// The client believes to be connected at once. On the link that takes a round trip, so what it sends
	// first leaves that much later.
	connected := time.Now().Add(p.shape.RoundTrip)
	server, err := p.dial()
	if err != nil {
		client.Close()
		return
	}
	if !p.keep(client, server) {
		return
	}
	defer p.drop(client, server)
	var both sync.WaitGroup
	both.Go(func() { p.carry(server, client, &p.up, connected) })
	both.Go(func() { p.carry(counted{client, p, server}, server, &p.down, connected) })
	both.Wait()
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		p.open[c] = struct{}{}
		if p.closed {
			c.Close()
		}
	}
	return !p.closed
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		c.Close()
		delete(p.open, c)
	}
	p.idle.Broadcast()
}

// counted is a client whose bytes are counted when they arrive. A client that left ends its server too, which would send on else.
type counted struct {
	net.Conn
	proxy  *Proxy
	server net.Conn
}

func (c counted) Write(data []byte) (int, error) {
	n, err := c.Conn.Write(data)
	c.proxy.mu.Lock()
	c.proxy.received += int64(n)
	c.proxy.mu.Unlock()
	if err != nil {
		c.server.Close()
	}
	return n, err
}

// CloseWrite tells the client that nothing more comes.
func (c counted) CloseWrite() error { return closeWrite(c.Conn) }

// parcel is what is on its way and when it arrives; without data it is the end.
type parcel struct {
	data    []byte
	arrives time.Time
}

// carry moves bytes one way until their end, and passes the end on.
func (p *Proxy) carry(to, from net.Conn, line *bucket, connected time.Time) {
	// Room for what a line of 1 Gbit/s has on its way in 100 ms: the rate holds the sender back, not this.
	way := make(chan parcel, 2048)
	done := make(chan struct{})
	go func() {
		defer close(done)
		deliver(to, way)
	}()
	time.Sleep(time.Until(connected))
	own := bucket{rate: p.shape.ConnectionRate}
	for {
		data := make([]byte, chunk)
		n, err := from.Read(data)
		if n > 0 {
			left := p.reserve(n, line, &own)
			time.Sleep(time.Until(left))
			way <- parcel{data[:n], left.Add(p.shape.RoundTrip / 2)}
		}
		if err != nil {
			way <- parcel{arrives: time.Now().Add(p.shape.RoundTrip / 2)}
			close(way)
			<-done
			return
		}
	}
}

// reserve takes every line for n bytes, of which one is shared with other connections, and tells when the last of
// them has left the slowest.
func (p *Proxy) reserve(n int, lines ...*bucket) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	left := now
	for _, line := range lines {
		if t := line.reserve(now, n); t.After(left) {
			left = t
		}
	}
	return left
}

// deliver writes parcels when they arrive. Those for a receiver that has left are thrown away.
func deliver(to net.Conn, way <-chan parcel) {
	for p := range way {
		time.Sleep(time.Until(p.arrives))
		if p.data == nil {
			_ = closeWrite(to)
			continue
		}
		if _, err := to.Write(p.data); err != nil {
			to.Close()
			for range way {
			}
			return
		}
	}
}

// closeWrite says that nothing more comes, and still lets the other direction finish where the connection can.
func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		return nil
	}
	return c.Close()
}
