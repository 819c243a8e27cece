package house_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// The registries that the README's commands name, and their repositories.
const (
	sourceHost          = "quay.io"
	targetHost          = "registry.example.com"
	releaseRepository   = "openshift-release-dev/ocp-release"
	componentRepository = "openshift-release-dev/ocp-v4.0-art-dev"
)

// serveReadme starts registries that stand in for those of the README: quay.io has a small release 4.14.0, the other one is empty.
// It returns the URL of a proxy that connects their names to them, and puts their certificate where the plugin looks below home.
func serveReadme(t *testing.T, home string) (proxy string) {
	t.Helper()
	certificate := readmeCertificate(t)
	addresses := map[string]string{}
	for _, host := range []string{sourceHost, targetHost} {
		registry := testrelease.Registry(t)
		if host == sourceHost {
			pushReadmeRelease(t, registry)
		}
		server := httptest.NewUnstartedServer(registry.Config.Handler)
		server.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		t.Cleanup(server.Close)
		addresses[host+":443"] = server.Listener.Addr().String()

		dir := filepath.Join(home, ".config", "containers", "certs.d", host)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
		if err := os.WriteFile(filepath.Join(dir, "ca.crt"), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return startTunnels(t, addresses)
}

// pushReadmeRelease pushes a release of the images for the bootstrap and one more, with docker's media types, as real ones have, and a
// signature of each image.
func pushReadmeRelease(t *testing.T, registry *httptest.Server) {
	t.Helper()
	signer, signatures := testsign.NewSigner(t, "ed25519"), testsign.NewImages()
	push := func(b *testrelease.Builder, repository, tag string) string {
		image, err := b.WithDockerMediaTypes().Build()
		if err != nil {
			t.Fatal(err)
		}
		if err := image.PushTo(registry, repository, tag); err != nil {
			t.Fatal(err)
		}
		at := oci.Repository{Host: sourceHost, Path: repository}
		signatures.AddSignatures(t, at, image.Digest(), signer.SignatureLayer(t, image.Digest(), at.String()))
		return at.String() + "@" + image.Digest().String()
	}
	release := testrelease.New("4.14.0")
	names := []string{
		"cli", "cluster-bootstrap", "cluster-config-operator", "cluster-etcd-operator", "cluster-kube-apiserver-operator",
		"cluster-kube-controller-manager-operator", "cluster-kube-scheduler-operator", "cluster-version-operator", "etcd", "hyperkube",
		"machine-config-operator", "pod",
	}
	for _, name := range names {
		component := testrelease.New("4.14.0").WithLabel("io.openshift.release", "").WithComponent(name)
		release.WithComponent(name, testrelease.Image(push(component, componentRepository, name)))
	}
	push(release, releaseRepository, "4.14.0-x86_64")
	signatures.PushTo(t, registry)
}

// readmeCertificate is a certificate for the names of the registries.
func readmeCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{sourceHost, targetHost},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// startTunnels starts a proxy that connects its clients to these addresses, by host:port, and to nothing else.
func startTunnels(t *testing.T, addresses map[string]string) (proxy string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		address, ok := addresses[r.Host]
		if r.Method != http.MethodConnect || !ok {
			http.Error(w, "the README's registries are elsewhere", http.StatusForbidden)
			return
		}
		server, err := net.Dial("tcp", address)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		client, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			_ = server.Close()
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
		for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
			go func() {
				defer pair[0].Close()
				_, _ = io.Copy(pair[0], pair[1]) // either side may end it
			}()
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}
