package served

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/olareg/olareg"
	"github.com/olareg/olareg/config"
)

// calibration is the path of the documents for calibrating, which are not counted.
const calibration = "/calibration/"

// Registry serves the OCI layouts in a directory, each as a repository of its own, and counts.
type Registry struct {
	listener    net.Listener
	server      *http.Server
	closeStore  func() error
	counter     *counter
	scheme      string
	certificate []byte
}

// Start serves the layouts below root on a free port of this machine: over HTTPS with a certificate of its own, or
// over plain HTTP.
func Start(root string, plain bool) (*Registry, error) {
	readOnly := true
	store := olareg.New(config.Config{Storage: config.ConfigStorage{
		StoreType: config.StoreDir, RootDir: root, ReadOnly: &readOnly,
		GC: config.ConfigGC{Frequency: -1},
	}})
	return Serve(store, store.Close, plain)
}

// Serve serves a registry as Start does. Close calls closeStore.
func Serve(store http.Handler, closeStore func() error, plain bool) (*Registry, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("starting a registry: %w", err)
	}
	r := &Registry{listener: listener, closeStore: closeStore, counter: newCounter(store), scheme: "http"}
	mux := http.NewServeMux()
	mux.Handle("/", r.counter)
	mux.HandleFunc(calibration, calibrate)
	// A client that leaves in the middle of a download is no news.
	r.server = &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	serve := r.server.Serve
	if !plain {
		pair, err := r.issue()
		if err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		r.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}}
		r.scheme = "https"
		serve = func(l net.Listener) error { return r.server.ServeTLS(l, "", "") }
	}
	go func() { _ = serve(listener) }()
	return r, nil
}

// Address is the host:port of the registry.
func (r *Registry) Address() string { return r.listener.Addr().String() }

// Plain says whether the registry speaks HTTP without TLS.
func (r *Registry) Plain() bool { return r.scheme == "http" }

// Certificate is what clients have to trust, as PEM; empty for plain HTTP.
func (r *Registry) Certificate() []byte { return r.certificate }

// Take gives and forgets what was counted since the last time, once every request is answered.
func (r *Registry) Take() Count { return r.counter.take() }

// Download is the address of a document of a size, at an address of this registry or of a link to it.
func (r *Registry) Download(address string, size int) string {
	return r.scheme + "://" + address + calibration + strconv.Itoa(size)
}

// Client makes a client that trusts the registry, with connections of its own and one request at a time on each.
func (r *Registry) Client() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: r.trust("http/1.1")}}
}

// MultiplexingClient is Client with many requests at a time on one connection, unless the registry is plain.
func (r *Registry) MultiplexingClient() *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: r.trust(), ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 64}}
}

// trust makes the configuration of a client that trusts the registry.
func (r *Registry) trust(protocols ...string) *tls.Config {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(r.certificate)
	return &tls.Config{RootCAs: pool, NextProtos: protocols}
}

// Close ends the registry.
func (r *Registry) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := r.server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		err = r.server.Close()
	}
	return errors.Join(err, r.closeStore())
}

// calibrate answers with as many bytes as the path says.
func calibrate(w http.ResponseWriter, req *http.Request) {
	size, err := strconv.ParseInt(strings.TrimPrefix(req.URL.Path, calibration), 10, 32)
	if err != nil || size < 0 {
		http.NotFound(w, req)
		return
	}
	w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
	block := make([]byte, 64<<10)
	for size > 0 {
		n, err := w.Write(block[:min(size, int64(len(block)))])
		if err != nil {
			return
		}
		size -= int64(n)
	}
}

// issue makes a certificate for this machine that signs itself.
func (r *Registry) issue() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	now := time.Now()
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench registry"},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	r.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
