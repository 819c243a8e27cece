package registry_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// certificate makes a self-signed certificate for a name.
func certificate(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func certificatePEM(c tls.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}))
}

func keyPEM(t *testing.T, c tls.Certificate) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// withTLS starts TLS servers with settings.
func withTLS(c *tls.Config) func(http.Handler) *httptest.Server {
	return func(h http.Handler) *httptest.Server {
		s := unstarted(h)
		s.TLS = c
		s.StartTLS()
		return s
	}
}

func TestTLSThatCannotBeTrusted(t *testing.T) {
	tomorrow := time.Now().Add(24 * time.Hour)
	const name = "registry.example"
	right := certificate(t, name, tomorrow)
	expired := certificate(t, name, time.Now().Add(-time.Hour))
	other := certificate(t, "other.example", tomorrow)
	tests := map[string]struct {
		server  func(http.Handler) *httptest.Server
		trusted tls.Certificate // zero: none
		want    string
	}{
		"unknown authority": {
			withTLS(&tls.Config{Certificates: []tls.Certificate{right}}),
			tls.Certificate{},
			"x509: certificate signed by unknown authority; name a file with its CA certificate with --certificate-authority, or put it into /etc/containers/certs.d/registry.example; --insecure skips verification for the hosts written in RELEASE, insecure = true in registries.conf for mirrors",
		},
		"wrong host": {
			withTLS(&tls.Config{Certificates: []tls.Certificate{other}}), other,
			"x509: certificate is valid for other.example, not registry.example; use the name that the certificate is for",
		},
		"expired": {
			withTLS(&tls.Config{Certificates: []tls.Certificate{expired}}), expired,
			"x509: certificate has expired or is not yet valid: current time TIME; renew the certificate, or set this machine's clock",
		},
		"TLS 1.0": {
			withTLS(&tls.Config{Certificates: []tls.Certificate{right}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}), right,
			"remote error: tls: protocol version not supported; TLS 1.2 or newer is needed",
		},
		"no TLS": {
			newHTTP,
			tls.Certificate{},
			"tls: first record does not look like a TLS handshake; it does not speak TLS: --insecure allows plain HTTP for the hosts written in RELEASE, insecure = true in registries.conf for mirrors",
		},
	}
	for title, test := range tests {
		t.Run(title, func(t *testing.T) {
			s := start(t, test.server)
			o := registry.Options{Dial: names(map[string]*server{name: s}), AuthFile: authFile(t, name, "user", "secret")}
			if test.trusted.Leaf != nil {
				o.CAFile = filepath.Join(t.TempDir(), "ca.pem")
				writeFile(t, o.CAFile, certificatePEM(test.trusted))
			}
			var w waits
			o.Sleep = w.sleep
			_, _, _, err := registry.New(quick(o)).Manifest(t.Context(), orgR(name), "t")
			if err == nil {
				t.Fatal("no error")
			}
			text := err.Error()
			if before, after, ok := strings.Cut(text, "current time "); ok {
				_, after, _ = strings.Cut(after, "; ")
				text = before + "current time TIME; " + after
			}
			if want := "getting " + name + "/org/r:t: " + name + ": " + test.want; text != want || fault.KindOf(err) != fault.Network {
				t.Errorf("kind %d\n got: %s\nwant: %s", fault.KindOf(err), text, want)
			}
			if len(w.list) != 0 {
				t.Errorf("tried again %d times", len(w.list))
			}
			wantRequests(t, s)
		})
	}
}

func TestInsecureIsForTheNamedHostAlone(t *testing.T) {
	named := start(t, newTLS)
	other := start(t, newTLS)
	for _, s := range []*server{named, other} {
		s.pushImage(t, "org/r", "t")
	}
	c := registry.New(quick(registry.Options{Insecure: []string{named.host}}))
	read := func(s *server) error {
		_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
		return err
	}
	for range 2 { // before and after the transports are there
		if err := read(named); err != nil {
			t.Error(err)
		}
		if err := read(other); fault.KindOf(err) != fault.Network || !strings.Contains(err.Error(), "x509: ") {
			t.Errorf("the other host was read: %v", err)
		}
	}
	wantRequests(t, other)
}

func TestRedirectFromAnInsecureHostIsVerified(t *testing.T) {
	storage := start(t, newTLS)
	d := storage.pushBlob(t, "org/r", layerBytes)
	s := start(t, newTLS, to(storage.URL+"%s"))
	_, err := readBlob(t, anyClient(s), orgR(s.host), d, 11)
	if fault.KindOf(err) != fault.Network || !strings.Contains(err.Error(), storage.host+": x509: ") {
		t.Errorf("got %v", err)
	}
	wantRequests(t, storage)
}

func TestInsecureHostThatSpeaksPlainHTTPIsAskedForTLSOnce(t *testing.T) {
	handshakes := 0
	s := start(t, newHTTP)
	s.pushImage(t, "org/r", "t")
	o := quick(registry.Options{Insecure: []string{s.host}})
	dial := names(map[string]*server{"127.0.0.1": s})
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		handshakes++
		return dial(ctx, network, address)
	}
	c := registry.New(o)
	for range 3 {
		if _, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t"); err != nil {
			t.Fatal(err)
		}
	}
	if handshakes != 2 {
		t.Errorf("%d connections, want one for TLS and one in the clear", handshakes)
	}
	if n := len(s.asked()); n != 3 {
		t.Errorf("%d requests, want 3", n)
	}
}

func TestCertificateDirectories(t *testing.T) {
	const name = "registry.example:5000"
	own := certificate(t, "registry.example", time.Now().Add(time.Hour))
	mine := certificate(t, "me", time.Now().Add(time.Hour))
	clients := x509.NewCertPool()
	clients.AddCert(mine.Leaf)
	s := start(t, withTLS(&tls.Config{Certificates: []tls.Certificate{own}, ClientCAs: clients, ClientAuth: tls.RequestClientCert}), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if len(r.TLS.PeerCertificates) != 1 || r.TLS.PeerCertificates[0].Subject.CommonName != "me" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	read := func(dirs ...string) error {
		o := quick(registry.Options{CertDirs: dirs, Dial: names(map[string]*server{"registry.example": s})})
		_, _, _, err := registry.New(o).Manifest(t.Context(), orgR(name), "t")
		return err
	}
	authority, pair, broken, lonely, empty := t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir(), t.TempDir()
	writeFile(t, filepath.Join(authority, name, "ca.crt"), certificatePEM(own))
	writeFile(t, filepath.Join(authority, "registry.example", "broken.crt"), "another host's")
	writeFile(t, filepath.Join(pair, name, "client.cert"), certificatePEM(mine))
	writeFile(t, filepath.Join(pair, name, "client.key"), keyPEM(t, mine))
	writeFile(t, filepath.Join(broken, name, "x.crt"), "no PEM")
	writeFile(t, filepath.Join(lonely, name, "x.cert"), certificatePEM(mine))
	if err := read(authority, pair, empty); fault.KindOf(err) != fault.NotFound {
		t.Errorf("with authority and pair: %v", err)
	}
	if err := read(authority); fault.KindOf(err) != fault.Auth {
		t.Errorf("without the pair: %v", err)
	}
	if err := read(pair); fault.KindOf(err) != fault.Network {
		t.Errorf("without the authority: %v", err)
	}
	path := filepath.Join(broken, name, "x.crt")
	wantFault(t, read(broken), fault.Local, "getting "+name+"/org/r:t: there is not PEM certificate in "+path)
	path = filepath.Join(lonely, name, "x")
	wantFault(t, read(lonely), fault.Local, "getting "+name+"/org/r:t: reading the client certificate "+path+".cert: open "+path+".key: no such file or directory")
}

func TestCertificateAuthorityFile(t *testing.T) {
	dir := t.TempDir()
	writeFile(t, filepath.Join(dir, "text"), "no PEM")
	for file, want := range map[string]string{
		filepath.Join(dir, "missing"): "reading --certificate-authority: open " + dir + "/missing: no such file or directory",
		filepath.Join(dir, "text"):    "reading --certificate-authority: there is not PEM certificate in " + dir + "/text",
	} {
		_, _, _, err := registry.New(quick(registry.Options{CAFile: file})).Manifest(t.Context(), oci.SplitRepository("registry.example/org/r"), "t")
		wantFault(t, err, fault.Local, "getting registry.example/org/r:t: "+want)
	}
}
