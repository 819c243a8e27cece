package cluster

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// transient says whether another try may go better.
func (a answer) transient() bool {
	if a.err != nil {
		return errors.Is(a.err, syscall.ECONNRESET) || errors.Is(a.err, io.EOF) || errors.Is(a.err, io.ErrUnexpectedEOF)
	}
	return transport.IsTransientStatus(a.status)
}

// explain makes of an answer that is not the object the error that the user reads.
func (c *client) explain(o object, a answer) error {
	switch {
	case a.err != nil:
		return c.explainFailure(a.err)
	case a.status == http.StatusUnauthorized:
		return fault.Errorf(fault.Auth, "the API server %s does not accept the credentials: log in again, or give --token", c.host)
	case a.status == http.StatusForbidden:
		return c.explainForbidden(o, a.body)
	case a.status == http.StatusNotFound:
		return fault.Errorf(fault.NotFound, "the cluster at %s has no %s", c.host, o)
	case a.status/100 == 3:
		return fault.Errorf(fault.Network, "the server %s points to another address instead of answering: it is not an API server", c.host)
	}
	return fault.Errorf(fault.Network, "the API server %s answered %d %s to the question for %s", c.host, a.status, http.StatusText(a.status), o)
}

// explainForbidden names who lacks which permission. The server's own sentence is searched for the user alone.
func (c *client) explainForbidden(o object, body []byte) error {
	var status struct {
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &status) // a body that is no status names no user
	_, after, _ := strings.Cut(status.Message, `User "`)
	user, _, _ := strings.Cut(after, `"`)
	scope := "in the cluster"
	if o.namespace != "" {
		scope = "in the namespace " + o.namespace
	}
	switch user {
	case "system:anonymous":
		return fault.Errorf(fault.Auth, "the API server %s was asked without credentials: log in, or give --token", c.host)
	case "":
		user = "the user"
	default:
		user = "the user " + strings.ToValidUTF8(user[:min(len(user), 100)], "?")
	}
	return fault.Errorf(fault.Auth, "the API server %s refuses %s: %s lacks the permission to get %s %s", c.host, o, user, o.resource(), scope)
}

// explainFailure tells why there was no answer. It shows no address beyond the host, which may hold a password.
func (c *client) explainFailure(err error) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	text := err.Error()
	if _, reason, ok := strings.Cut(text, "getting credentials: "); ok {
		return fault.Errorf(fault.Auth, "no credentials for the API server %s: %s", c.host, reason)
	}
	// What a provider of tokens answered is not for the eye.
	if before, _, ok := strings.Cut(text, "Response:"); ok || strings.Contains(text, "oauth2: ") {
		return fault.Errorf(fault.Auth, "no credentials for the API server %s: %s", c.host, strings.TrimSpace(before))
	}
	if hint := certificateHint(err); hint != "" {
		if verification, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
			err = verification.Err
		}
		return fault.WithHint(fault.Network, hint, "the certificate of the API server %s is not trusted: %w", c.host, err)
	}
	if strings.Contains(text, "remote error: tls: ") {
		return fault.Errorf(fault.Auth, "the API server %s does not accept the client certificate: %w", c.host, err)
	}
	return fault.Errorf(fault.Network, "the API server %s cannot be reached: %w", c.host, err)
}

// certificateHint says what mends a certificate that is not trusted, "" for another failure.
func certificateHint(err error) string {
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "the kubeconfig's certificate-authority must be the one that signed it"
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "--tls-server-name gives the name that it is for"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		return "renew it, or set this machine's clock"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the kubeconfig's certificate-authority must be the one that signed it"
	}
	return ""
}
