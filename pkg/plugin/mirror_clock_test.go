package plugin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// certificateFrom makes a certificate of this machine that is valid for a year from a time on.
func certificateFrom(t *testing.T, from time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: from, NotAfter: from.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
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

// The certificate of a target seems to be too old or too new when this machine's clock is wrong. The error says so, and the cache
// still serves the next run.
func TestMirrorNamesAWrongClock(t *testing.T) {
	source, cacheDir := testrelease.TLSRegistry(t), t.TempDir()
	built, err := testrelease.New("4.14.0").WithComponent("etcd").Build()
	if err != nil {
		t.Fatal(err)
	}
	if err := built.PushTo(source, "org/release", "4.14.0"); err != nil {
		t.Fatal(err)
	}
	mirror := func(target *httptest.Server, certificate *x509.Certificate) result {
		return run(t, "mirror", host(source)+"/org/release:4.14.0", "--to", host(target)+"/ocp/x", "--only-release", "--skip-signatures",
			"--cache-dir", cacheDir, "--certificate-authority", caFile(t, certificate, source.Certificate()))
	}
	for name, years := range map[string]int{"ten years ahead": -10, "ten years behind": 10} {
		t.Run(name, func(t *testing.T) {
			certificate := certificateFrom(t, time.Now().AddDate(years, 0, 0))
			target := httptest.NewUnstartedServer(http.NotFoundHandler())
			target.Config.ErrorLog = log.New(io.Discard, "", 0)
			target.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
			target.StartTLS()
			defer target.Close()
			got := mirror(target, certificate.Leaf)
			got.err = regexp.MustCompile(`current time \S+ is (before|after) \S+;`).ReplaceAllString(got.err, "current time TIME is $1 TIME;")
			word := map[bool]string{true: "after", false: "before"}[years < 0]
			want(t, got, 5, "", "error: getting "+host(target)+"/ocp/x:4.14.0-x86_64: "+host(target)+
				": x509: certificate has expired or is not yet valid: current time TIME is "+word+" TIME; renew the certificate, or set this machine's clock\n")
		})
	}
	target := testrelease.TLSRegistry(t)
	good(t, mirror(target, target.Certificate()))
}
