package registry_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// goaway is an HTTP/2 server of one blob that sends GOAWAY and closes the connection after a number of bytes, the first time.
type goaway struct {
	blob  []byte
	after int
	read  chan struct{} // closed when the client has read the first bytes
	done  chan struct{} // closed when it has read all

	mu     sync.Mutex
	ranges []string // of every request
}

func (g *goaway) serve(conn net.Conn) {
	defer conn.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := conn.Read(preface); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = framer.WriteSettings()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		switch f := frame.(type) {
		case *http2.SettingsFrame:
			if !f.IsAck() {
				_ = framer.WriteSettingsAck()
			}
		case *http2.MetaHeadersFrame:
			g.answer(framer, f)
			return
		}
	}
}

func (g *goaway) answer(framer *http2.Framer, request *http2.MetaHeadersFrame) {
	from := ""
	for _, field := range request.Fields {
		if field.Name == "range" {
			from = field.Value
		}
	}
	g.mu.Lock()
	g.ranges = append(g.ranges, from)
	g.mu.Unlock()
	status, body := "200", g.blob
	fields := [][2]string{{"content-length", "1000"}}
	if from == "bytes=600-" {
		status, body = "206", g.blob[600:]
		fields = [][2]string{{"content-length", "400"}, {"content-range", "bytes 600-999/1000"}}
	}
	var block bytes.Buffer
	encoder := hpack.NewEncoder(&block)
	_ = encoder.WriteField(hpack.HeaderField{Name: ":status", Value: status})
	for _, f := range fields {
		_ = encoder.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	_ = framer.WriteHeaders(http2.HeadersFrameParam{StreamID: request.StreamID, BlockFragment: block.Bytes(), EndHeaders: true})
	if from == "" {
		_ = framer.WriteData(request.StreamID, false, body[:g.after])
		<-g.read
		_ = framer.WriteGoAway(0, http2.ErrCodeEnhanceYourCalm, []byte("enough"))
		return
	}
	_ = framer.WriteData(request.StreamID, true, body)
	<-g.done
}

func TestGoAwayMidBlob(t *testing.T) {
	g := &goaway{blob: bigBlob(1000), after: 600, read: make(chan struct{}), done: make(chan struct{})}
	defer close(g.done)
	own := certificate(t, "registry.example", time.Now().Add(time.Hour))
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{own}, NextProtos: []string{"h2"}})
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go g.serve(conn)
		}
	}()
	host := listener.Addr().String()
	c := registry.New(quick(registry.Options{Insecure: []string{host}}))
	body, err := c.Blob(t.Context(), orgR(host), digest.FromBytes(g.blob), 1000, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got := make([]byte, g.after)
	if _, err := io.ReadFull(body, got); err != nil {
		t.Fatal(err)
	}
	close(g.read)
	rest, err := io.ReadAll(body)
	got = append(got, rest...)
	if err != nil || !bytes.Equal(got, g.blob) {
		t.Fatalf("got %d bytes, %v", len(got), err)
	}
	if want := ",bytes=600-"; strings.Join(g.ranges, ",") != want {
		t.Errorf("ranges %q, want %q", g.ranges, want)
	}
}
