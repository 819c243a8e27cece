package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/regclient/regclient/types/errs"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// fetchError says what could not be fetched. A caller that has named it already leaves the name out with Subject and Unwrap.
type fetchError struct {
	what string
	err  error
}

func (e *fetchError) Error() string { return "getting " + e.what + ": " + e.err.Error() }

// Subject is what could not be fetched: a reference, or a blob of a repository.
func (e *fetchError) Subject() string { return e.what }

// Unwrap returns the reason, which has the kind.
func (e *fetchError) Unwrap() error { return e.err }

// failed is the error for what could not be fetched.
func failed(ctx context.Context, r ref.Ref, what string, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, "getting "+r.CommonName())
	}
	return &fetchError{what, err}
}

// ended is the error of what was being done when the command was interrupted or ran out of its time.
func ended(ctx context.Context, doing string) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.Errorf(fault.Network, "%s: --timeout expired: %w", doing, ctx.Err())
	}
	return fmt.Errorf("%s: %w", doing, ctx.Err())
}

// allFailed is the only failure, or all of them with the kind of the first that is more than a missing image.
func allFailed(r ref.Ref, failures []error) error {
	if len(failures) == 1 {
		return failures[0]
	}
	kind := fault.NotFound
	texts := make([]string, len(failures))
	for i, err := range failures {
		texts[i] = err.Error()
		if k := fault.KindOf(err); kind == fault.NotFound {
			kind = k
		}
	}
	return &fetchError{r.CommonName(), fault.Errorf(kind, "no source has it: %s%w", strings.Join(texts, "; "), unprinted{errors.Join(failures...)})}
}

// withRefused adds to an error which places were not asked, and why.
func withRefused(err error, refused []string) error {
	if len(refused) == 0 {
		return err
	}
	why := strings.Join(refused, "; ")
	if e, ok := errors.AsType[*fetchError](err); ok {
		return &fetchError{e.what, fault.Errorf(fault.KindOf(err), "%w; %s", e.err, why)}
	}
	return fault.Errorf(fault.KindOf(err), "%w; %s", err, why)
}

// reasonOf is an error without the name of what could not be fetched.
func reasonOf(r ref.Ref, err error) error {
	if e, ok := errors.AsType[*fetchError](err); ok && e.what == r.CommonName() {
		return e.err
	}
	return err
}

// reason says why from what the chain saw, not in regclient's words; it has the kind.
func (s *session) reason(r ref.Ref, x *exchange, err error) error {
	if x.err != nil {
		err = x.err
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if errors.Is(err, errs.ErrHTTPRedirectRefused) {
		// regclient looks up the names of token servers itself.
		return fault.Errorf(fault.Auth, "%s sends its clients to a token server that is refused: a loopback or link-local address", s.registry)
	}
	if x.err != nil {
		return fault.Errorf(fault.Network, "%w", err)
	}
	status := x.status()
	switch status {
	case http.StatusUnauthorized:
		text, hint := s.unauthorized(x)
		return fault.WithHint(fault.Auth, hint, "%s", text)
	case http.StatusForbidden:
		if x.redirected {
			return fault.Errorf(fault.Auth, "%s redirects to an address of its own, which answers %s", s.registry, transport.StatusText(status))
		}
		return fault.Errorf(fault.Auth, "%s does not allow it %s (403)", s.registry, s.identity())
	case http.StatusNotFound:
		return fault.Errorf(fault.NotFound, "not found: %s", s.missing(r, x))
	case 0:
		return fault.Errorf(fault.Network, "%w", err)
	}
	return fault.Errorf(fault.Network, "%w", &transport.StatusError{Host: x.answer.Request.URL.Host, Code: status})
}

// unauthorized says why a challenge could not be met, where a credential was looked for, and what fixes it.
func (s *session) unauthorized(x *exchange) (text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	mend := "log in again, or name a file with --authfile"
	if x.push != nil || x.upload != nil {
		mend = "log in again, or " + usePusher
	}
	switch {
	case s.credential.Empty() && x.scheme != "" && s.tokenStatus == 0:
		return s.registry + " wants credentials by " + x.scheme + ", which is not known here (401)", ""
	case s.credential.Empty():
		return s.registry + " wants credentials (401), and there are none for it" + s.places(), "name a file with --authfile, or log in to " + s.registry
	case s.tokenStatus >= 300:
		return "the token server " + s.tokenHost + " of " + s.registry + " refuses " + s.credential.String() + " (" + transport.StatusText(s.tokenStatus) + ")", mend
	case !x.sent && x.scheme != "":
		return s.registry + " wants credentials by " + x.scheme + ", which is not known here (401): " + s.credential.String() + " was not sent", ""
	case !x.sent && !x.challenged:
		return s.registry + " answered 401 without a challenge that can be read, so " + s.credential.String() + " was not sent", "a proxy in front of it may take the challenge away"
	}
	return s.registry + " refuses " + s.credential.String() + " (401)", mend
}

// places lists where credentials were looked for.
func (s *session) places() string {
	if len(s.looked) == 0 {
		return ": there is not a file to look into"
	}
	return " in " + strings.Join(s.looked, ", ")
}

// identity says as whom a request was made.
func (s *session) identity() string {
	if s.credential.Empty() {
		return "without credentials; there are none for it" + s.places()
	}
	return "with " + s.credential.String()
}

// missing says what a registry does not have, as far as its answer says so.
func (s *session) missing(r ref.Ref, x *exchange) string {
	switch x.code {
	case "NAME_UNKNOWN":
		return s.registry + " has no repository " + r.Repository
	case "MANIFEST_UNKNOWN":
		return "the repository has no such " + kindOfName(r)
	}
	return x.answer.Request.URL.Host + " answered 404"
}

// isAnswer reports whether the registry answered; otherwise the error says why it did not.
func isAnswer(err error) bool {
	switch fault.KindOf(err) {
	case fault.Auth, fault.NotFound:
		return true
	}
	_, ok := errors.AsType[*transport.StatusError](err)
	return ok
}

func kindOfName(r ref.Ref) string {
	if r.Digest != "" {
		return "digest"
	}
	return "tag"
}

// unprinted keeps errors in the chain whose text is already there.
type unprinted struct{ error }

func (unprinted) Error() string   { return "" }
func (u unprinted) Unwrap() error { return u.error }

// tlsHint says what fixes a failure of TLS.
func tlsHint(host string, problem transport.TLSProblem) string {
	const ca = "name a file with its CA certificate with --certificate-authority, or put it into /etc/containers/certs.d/"
	const insecure = " for the hosts written in RELEASE, insecure = true in registries.conf for mirrors"
	switch problem {
	case transport.UnknownAuthority:
		return ca + host + "; --insecure skips verification" + insecure
	case transport.WrongName:
		return "use the name that the certificate is for"
	case transport.Expired:
		return "renew the certificate, or set this machine's clock"
	case transport.BadCertificate:
		return ca + host
	case transport.NotTLS:
		return "it does not speak TLS: --insecure allows plain HTTP" + insecure
	case transport.TLSRefused:
		return "TLS 1.2 or newer is needed"
	}
	return ""
}
