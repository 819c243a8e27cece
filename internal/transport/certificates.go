package transport

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// roots makes TLS settings: the system's CA certificates, the user's file, and the directories of certs.d.
type roots struct {
	dirs []string
	more []byte                 // PEM of the caller
	own  func() ([]byte, error) // the user's file
	warm func()
}

func newRoots(file string, dirs []string, more []byte) *roots {
	return &roots{
		dirs: dirs,
		more: more,
		own: sync.OnceValues(func() ([]byte, error) {
			if file == "" {
				return nil, nil
			}
			data, err := os.ReadFile(file)
			if err != nil {
				return nil, fault.Errorf(fault.Local, "reading --certificate-authority: %w", err)
			}
			if !x509.NewCertPool().AppendCertsFromPEM(data) {
				return nil, fault.Errorf(fault.Local, "reading --certificate-authority: there is not PEM certificate in %s", file)
			}
			return data, nil
		}),
		// Parsing the system's CA certificates takes milliseconds, which pass while the connection is made.
		warm: sync.OnceFunc(func() { go func() { _, _ = x509.SystemCertPool() }() }),
	}
}

// config makes the settings for one host; no other shares them.
func (r *roots) config(host string, insecure bool) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: insecure}
	if !insecure {
		r.warm()
	}
	own, err := r.own()
	if err != nil {
		return nil, err
	}
	trusted := [][]byte{own, r.more}
	for _, dir := range r.dirs {
		if !filepath.IsLocal(host) || host == "." {
			break // a host from a redirect may have any name
		}
		more, pairs, err := readCertDir(filepath.Join(dir, host))
		if err != nil {
			return nil, err
		}
		trusted = append(trusted, more...)
		c.Certificates = append(c.Certificates, pairs...)
	}
	trusted = slices.DeleteFunc(trusted, func(pem []byte) bool { return len(pem) == 0 })
	if len(trusted) == 0 {
		return c, nil // the system's, which crypto/tls finds itself
	}
	if c.RootCAs, err = x509.SystemCertPool(); err != nil {
		c.RootCAs = x509.NewCertPool()
	}
	for _, pem := range trusted {
		c.RootCAs.AppendCertsFromPEM(pem)
	}
	return c, nil
}

// readCertDir reads one host's directory: *.crt are CA certificates, NAME.cert with NAME.key the client's own pair.
func readCertDir(dir string) (trusted [][]byte, pairs []tls.Certificate, err error) {
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, nil, nil
	}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrPermission) {
		return nil, nil, nil // podman skips what it may not read
	}
	if err != nil {
		return nil, nil, fault.Errorf(fault.Local, "reading certificates: %w", err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		switch filepath.Ext(path) {
		case ".crt":
			data, err := os.ReadFile(path)
			if err != nil {
				return nil, nil, fault.Errorf(fault.Local, "reading certificates: %w", err)
			}
			if !x509.NewCertPool().AppendCertsFromPEM(data) {
				return nil, nil, fault.Errorf(fault.Local, "there is not PEM certificate in %s", path)
			}
			trusted = append(trusted, data)
		case ".cert":
			pair, err := tls.LoadX509KeyPair(path, strings.TrimSuffix(path, ".cert")+".key")
			if err != nil {
				return nil, nil, fault.Errorf(fault.Local, "reading the client certificate %s: %w", path, err)
			}
			pairs = append(pairs, pair)
		}
	}
	return trusted, pairs, nil
}
