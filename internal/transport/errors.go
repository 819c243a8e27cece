package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"syscall"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// StatusError is an answer that is of no use: there is a server, but it does not do what it was asked for.
type StatusError struct {
	Host string // host[:port]
	Code int
}

func (e *StatusError) Error() string { return e.Host + " answered " + StatusText(e.Code) }

// Status is the status of the answer.
func (e *StatusError) Status() int { return e.Code }

// StatusText is a status with its standard words. Those that a server sends are its own.
func StatusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return strconv.Itoa(status)
}

// HostError says which host[:port] a request failed at, where redirects may have led to another one.
type HostError struct {
	Host string
	Err  error
}

func (e *HostError) Error() string { return e.Host + ": " + e.Err.Error() }

// Unwrap gives the failure.
func (e *HostError) Unwrap() error { return e.Err }

// TooLargeError is a body of more bytes than are read.
type TooLargeError struct{ Limit int64 }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("the answer has more than %d bytes", e.Limit)
}

// errStalled is the cause of the end of a request whose body made no progress.
var errStalled = errors.New("no progress")

// transient reports whether another try may go better.
func transient(err error) bool {
	if _, ok := errors.AsType[*RepeatError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return false
	}
	if p, ok := errors.AsType[*proxyError](err); ok {
		return IsTransientStatus(p.status)
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		return !d.IsNotFound && (d.IsTemporary || d.IsTimeout)
	}
	if errors.Is(err, errStalled) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || isTimeout(err) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		return true
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && (op.Op == "read" || op.Op == "write" || op.Op == "readfrom") {
		return !isAlert(err)
	}
	// What net/http's HTTP/2 returns has no exported types.
	text := err.Error()
	return !isOversized(err) && (strings.Contains(text, "stream error: ") || strings.Contains(text, "http2: ") || strings.Contains(text, "server closed idle connection"))
}

func isTimeout(err error) bool {
	n, ok := errors.AsType[net.Error](err)
	return ok && n.Timeout()
}

// isOversized reports whether a header was too long. HTTP/2's reader gives up on a field that is longer than its table.
func isOversized(err error) bool {
	text := err.Error()
	return strings.Contains(text, "response headers exceeded") || strings.Contains(text, "header list larger") || strings.Contains(text, "COMPRESSION_ERROR")
}

// Explain makes of the error of a request, which was sent so many times to host[:port], the one that the user reads: which host,
// what happened, what fixes it. Errors with a kind, of a body that is too large and of a context that was canceled stay as they are.
func Explain(host string, err error, times int) error {
	_, explained := errors.AsType[*fault.Error](err)
	_, tooLarge := errors.AsType[*TooLargeError](err)
	if explained || tooLarge || errors.Is(err, context.Canceled) && !errors.Is(err, errStalled) {
		return err
	}
	if h, ok := errors.AsType[*HostError](err); ok {
		host, err = h.Host, h.Err
	}
	often := ""
	if times > 1 {
		often = fmt.Sprintf(", %d times", times)
	}
	if isOversized(err) {
		return fault.Errorf(fault.Integrity, "%s answered with a header of more than %d bytes", host, headerLimit)
	}
	if s, ok := errors.AsType[*StatusError](err); ok {
		return fault.Errorf(fault.Network, "%w%s", s, often)
	}
	if p, ok := errors.AsType[*proxyError](err); ok {
		return fault.Errorf(fault.Network, "reaching %s: the proxy %s answered %s%s", host, p.host, StatusText(p.status), often)
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return fault.Errorf(fault.Network, "reaching %s: the proxy that HTTPS_PROXY or HTTP_PROXY names does not answer%s: %w", host, often, op.Err)
	}
	switch {
	case errors.Is(err, errStalled):
		return fault.Errorf(fault.Network, "%s stopped sending data%s%w", host, often, unprinted{err})
	case isTimeout(err):
		return fault.Errorf(fault.Network, "%s does not answer%s: %w", host, often, err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return fault.Errorf(fault.Network, "%s broke off%s: %w", host, often, err)
	}
	return fault.Errorf(fault.Network, "%s cannot be reached%s: %w", host, often, err)
}

// unprinted keeps an error in the chain whose text is already there in other words.
type unprinted struct{ error }

func (unprinted) Error() string   { return "" }
func (u unprinted) Unwrap() error { return u.error }

// TLSProblem is why a connection cannot be encrypted and verified.
type TLSProblem int

const (
	NoTLSProblem     TLSProblem = iota // the error is another one
	UnknownAuthority                   // no known CA certificate signed the server's
	WrongName                          // the certificate is for another name
	Expired                            // the certificate is not valid now
	BadCertificate                     // anything else about the certificate
	NotTLS                             // the server does not speak TLS
	TLSRefused                         // the server does not accept the version or the client
)

// TLSProblemOf finds the problem in the chain of an error.
func TLSProblemOf(err error) TLSProblem {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return UnknownAuthority
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return WrongName
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return Expired
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return BadCertificate
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return NotTLS
	}
	if isAlert(err) || strings.Contains(err.Error(), "tls: ") {
		return TLSRefused
	}
	return NoTLSProblem
}

// isAlert reports whether the other side's TLS refuses this one.
func isAlert(err error) bool {
	_, ok := errors.AsType[tls.AlertError](err)
	return ok || strings.Contains(err.Error(), "remote error: tls:")
}

// explainTLS makes of a failure of TLS the error that the user reads. Any other failure stays as it is.
func explainTLS(host string, err error, hint func(host string, p TLSProblem) string) error {
	problem := TLSProblemOf(err)
	if problem == NoTLSProblem || transient(err) {
		return err
	}
	if v, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		err = v.Err // without the words around it, which say again what failed
	}
	return fault.WithHint(fault.Network, hint(host, problem), "%s: %w", host, err)
}
