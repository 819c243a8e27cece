package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// transient says whether another try may go better.
func transient(err error) bool {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return false
	}
	if _, ok := errors.AsType[*statusError](err); ok {
		return true
	}
	if p, ok := errors.AsType[*proxyError](err); ok {
		return transport.IsTransientStatus(p.status)
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		return !d.IsNotFound && (d.IsTemporary || d.IsTimeout)
	}
	if errors.Is(err, errStalled) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || isTimeout(err) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "read" || op.Op == "write") {
		return !isAlert(err)
	}
	// What net/http's HTTP/2 returns has no exported types.
	text := err.Error()
	return !isOversized(err) && (strings.Contains(text, "stream error: ") || strings.Contains(text, "http2: ") || strings.Contains(text, "server closed idle connection"))
}

// isAlert is the other side's TLS refusing this one.
func isAlert(err error) bool {
	_, ok := errors.AsType[tls.AlertError](err)
	return ok || strings.Contains(err.Error(), "remote error: tls:")
}

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

func isCertificate(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok
}

func isOversized(err error) bool {
	// HTTP/2's reader gives up on a field that is longer than the table allows.
	text := err.Error()
	return strings.Contains(text, "response headers exceeded") || strings.Contains(text, "header list larger") || strings.Contains(text, "COMPRESSION_ERROR")
}

// explain makes of the error of try n the one that the user reads: which host, what happened, what mends it.
func explain(host string, err error, n int) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if errors.Is(err, context.Canceled) && !errors.Is(err, errStalled) {
		return err
	}
	if h, ok := errors.AsType[*hostError](err); ok {
		host, err = h.host, h.err
	}
	times := ""
	if n > 1 {
		times = fmt.Sprintf(", %d times", n)
	}
	if isOversized(err) {
		return fault.Errorf(fault.Integrity, "%s answered with a header of more than %d bytes", host, headerLimit)
	}
	if s, ok := errors.AsType[*statusError](err); ok {
		return fault.Errorf(fault.Network, "%w%s", &answerError{s.host, s.status}, times)
	}
	if p, ok := errors.AsType[*proxyError](err); ok {
		return fault.Errorf(fault.Network, "reaching %s: the proxy %s answered %s%s", host, p.host, statusText(p.status), times)
	}
	if hint := certificateHint(host, err); hint != "" {
		return fault.WithHint(fault.Network, hint, "%s: %w", host, bare(err))
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return fault.Errorf(fault.Network, "reaching %s: the proxy that HTTPS_PROXY or HTTP_PROXY names does not answer%s: %w", host, times, op.Err)
	}
	switch {
	case errors.Is(err, errStalled):
		return fault.Errorf(fault.Network, "%s stopped sending data%s%w", host, times, silent{err})
	case isTimeout(err):
		return fault.Errorf(fault.Network, "%s does not answer%s: %w", host, times, bare(err))
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fault.Errorf(fault.Network, "%s broke off%s: %w", host, times, bare(err))
	}
	return fault.Errorf(fault.Network, "%s cannot be reached%s: %w", host, times, bare(err))
}

// certificateHint says what mends a TLS failure, "" for another failure.
func certificateHint(host string, err error) string {
	const ca = "name a file with its CA certificate with --certificate-authority, or put it into /etc/containers/certs.d/"
	const insecure = " for the hosts written in RELEASE, insecure = true in registries.conf for mirrors"
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return ca + host + "; --insecure skips verification" + insecure
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "use the name that the certificate is for"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "renew the certificate, or set this machine's clock"
	}
	if isCertificate(err) {
		return ca + host
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "it does not speak TLS: --insecure allows plain HTTP" + insecure
	}
	if isAlert(err) || strings.Contains(err.Error(), "tls: ") {
		return "TLS 1.2 or newer is needed"
	}
	return ""
}

// bare leaves out what the text around names already.
func bare(err error) error {
	if e, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return e.Err
	}
	return err
}
