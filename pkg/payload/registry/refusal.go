package registry

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/regclient/regclient/types/errs"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// getError says what could not be got. Who has named that already leaves the name out by About and Unwrap.
type getError struct {
	what string
	err  error
}

func (e *getError) Error() string { return "getting " + e.what + ": " + e.err.Error() }

// About is what could not be got: a reference, or a blob of a repository.
func (e *getError) About() string { return e.what }

// Unwrap gives the reason, which has the kind.
func (e *getError) Unwrap() error { return e.err }

// explain makes the error of a call from what the round tripper saw, not from regclient's words.
func (s *session) explain(ctx context.Context, r ref.Ref, k *call, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, r)
	}
	what := r.CommonName()
	if k.kind == blobCall || k.kind == firstByteCall {
		what = "blob " + r.Digest + " of " + s.registry + "/" + r.Repository
	}
	return &getError{what, s.reason(r, k, err)}
}

// reason says why, with the kind.
func (s *session) reason(r ref.Ref, k *call, err error) error {
	if k.fatal != nil {
		err = k.fatal
	}
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return f
	}
	if errors.Is(err, errs.ErrHTTPRedirectRefused) {
		// regclient looks up the names of token servers itself.
		return fault.Errorf(fault.Auth, "%s sends its clients to a token server that is refused: a loopback or link-local address", s.registry)
	}
	switch k.status {
	case http.StatusUnauthorized:
		text, hint := s.unauthorized(k)
		return fault.WithHint(fault.Auth, hint, "%s", text)
	case http.StatusForbidden:
		if k.redirected {
			return fault.Errorf(fault.Auth, "%s redirects to an address of its own, which answers %s", s.registry, statusText(k.status))
		}
		return fault.Errorf(fault.Auth, "%s does not allow it %s (403)", s.registry, s.identity())
	case http.StatusNotFound:
		return fault.Errorf(fault.NotFound, "not found: %s", s.missing(r, k))
	case 0:
		return fault.Errorf(fault.Network, "%w", err)
	}
	return fault.Errorf(fault.Network, "%w", &answerError{k.host, k.status})
}

// answerError is an answer that is of no use: there is a registry, but it does not do what it was asked for.
type answerError struct {
	host   string
	status int
}

func (e *answerError) Error() string { return e.host + " answered " + statusText(e.status) }

// Status is the status of the answer.
func (e *answerError) Status() int { return e.status }

// unauthorized tells why a challenge could not be met, where a credential was looked for, and what fixes it.
func (s *session) unauthorized(k *call) (text, hint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	const mend = "log in again, or name a file with --authfile"
	switch {
	case s.credential.Empty() && k.scheme != "" && s.tokenStatus == 0:
		return s.registry + " wants credentials by " + k.scheme + ", which is not known here (401)", ""
	case s.credential.Empty():
		return s.registry + " wants credentials (401), and there are none for it" + s.places(), "name a file with --authfile, or log in to " + s.registry
	case s.tokenStatus >= 300:
		return "the token server " + s.tokenHost + " of " + s.registry + " refuses " + s.credential.String() + " (" + statusText(s.tokenStatus) + ")", mend
	case !k.sent && k.scheme != "":
		return s.registry + " wants credentials by " + k.scheme + ", which is not known here (401): " + s.credential.String() + " was not sent", ""
	case !k.sent && !k.challenged:
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

// missing says what a registry does not have, as far as it tells.
func (s *session) missing(r ref.Ref, k *call) string {
	switch k.code {
	case "NAME_UNKNOWN":
		return s.registry + " has no repository " + r.Repository
	case "MANIFEST_UNKNOWN":
		return "the repository has no such " + kindOfName(r)
	}
	return k.host + " answered 404"
}

// isAnswer says whether an error is what a registry answered, and not that it did not.
func isAnswer(err error) bool {
	switch fault.KindOf(err) {
	case fault.Auth, fault.NotFound:
		return true
	}
	_, ok := errors.AsType[*answerError](err)
	return ok
}

func kindOfName(r ref.Ref) string {
	if r.Digest != "" {
		return "digest"
	}
	return "tag"
}
