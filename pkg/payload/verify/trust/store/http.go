package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/openpgp"
)

// server is a store on an HTTP server: STORE/sha256=HEX/signature-N, from 1 to the first that is not there.
type server struct {
	web  *Web
	base *url.URL
	via  *http.Client
}

// Store is the store at a URL that the user chose.
func (w *Web) Store(address string) (Store, error) {
	base, err := parseAddress(address)
	if err != nil {
		return nil, fault.Errorf(fault.Usage, "the store of signatures %q: %w", hideSecrets(address), err)
	}
	return &server{web: w, base: base, via: w.client(base.Host)}, nil
}

// Named is the store at a URL that a release names, so perhaps somebody who wants this program to ask what only this
// machine can reach: it has to be https, and neither it nor what it redirects to may be this machine or its link.
func (w *Web) UntrustedStore(address string) (Store, error) {
	base, err := parseAddress(address)
	switch {
	case err != nil:
	case base.Scheme != "https":
		err = errors.New("it is not https")
	case isLocalName(base.Hostname()):
		err = errLocal
	}
	if err != nil {
		return nil, fault.Errorf(fault.Network, "the release's store of signatures %.200q is not asked: %w", hideSecrets(address), err)
	}
	return &server{web: w, base: base, via: w.client("")}, nil
}

func parseAddress(address string) (*url.URL, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, errors.New("it is not a URL")
	case base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.Opaque != "":
		return nil, errors.New("want http://HOST/… or https://HOST/…")
	case base.User != nil:
		return nil, errors.New("no credentials are sent to a store")
	case base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("a store's URL has neither ? nor #")
	}
	return base, nil
}

// shown is an address without what may be a secret in it.
func hideSecrets(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address[strings.LastIndex(address, "@")+1:]
	}
	if u.RawQuery != "" {
		u.RawQuery = "…"
	}
	return u.Redacted()
}

// String is the URL.
func (s *server) String() string { return s.base.String() }

// Signatures asks for one after another. Anything but a signature or a 404 is an error, and the next is asked for: there may
// be one that counts. A server that cannot be reached is not asked again.
func (s *server) Signatures(ctx context.Context, d digest.Digest) iter.Seq2[Signature, error] {
	return func(yield func(Signature, error) bool) {
		for n := range maxSignatures {
			at := s.base.JoinPath(digestPath(d), fmt.Sprintf("signature-%d", n+1))
			data, err := s.get(ctx, at)
			if errors.Is(err, errAbsent) {
				return
			}
			if !yield(Signature{Where: at.String(), Data: data}, err) {
				return
			}
			if _, reached := errors.AsType[*statusError](err); err != nil && !reached && fault.KindOf(err) != fault.Integrity {
				return
			}
		}
	}
}

var errAbsent = errors.New("there is none")

// statusError is an answer that is neither a signature nor its absence.
type statusError struct{ status int }

func (e *statusError) Error() string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", e.status, http.StatusText(e.status)))
}

// get asks for one signature, more than once where another try may go better.
func (s *server) get(ctx context.Context, at *url.URL) ([]byte, error) {
	for try := 1; ; try++ {
		data, wait, err := s.once(ctx, at)
		if err == nil || errors.Is(err, errAbsent) || fault.KindOf(err) == fault.Integrity {
			return data, err
		}
		if try == s.web.options.Tries || !transient(err) || !s.web.pause(ctx, try, wait) {
			return nil, explain(at, err)
		}
	}
}

// once makes one request. wait is what a server says to wait before the next one.
func (s *server) once(ctx context.Context, at *url.URL) (data []byte, wait time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, 0, err
	}
	request.Header.Set("User-Agent", s.web.options.UserAgent)
	defer progress.Begin(ctx, progress.Task{Verb: "looking for", What: "a signature", From: s.String()}).End()
	response, err := s.via.Do(request)
	if err != nil {
		return nil, 0, err
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return nil, 0, errAbsent
	case response.StatusCode != http.StatusOK:
		wait, _ = transport.RetryAfter(response.Header, time.Now())
		return nil, wait, &statusError{response.StatusCode}
	}
	data, err = io.ReadAll(io.LimitReader(response.Body, openpgp.MaxMessage+1))
	switch {
	case err != nil:
		return nil, 0, err
	case len(data) > openpgp.MaxMessage:
		return nil, 0, tooLong(at.String(), openpgp.MaxMessage)
	}
	return data, 0, nil
}

// explain says what failed and where.
func explain(at *url.URL, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("asking %s for a signature: %w", at.Host, err)
	}
	if u, ok := errors.AsType[*url.Error](err); ok { // it names the URL, as this error does
		err = u.Err
	}
	if s, ok := errors.AsType[*statusError](err); ok {
		return fault.Errorf(fault.Network, "%s answered %w", at, s)
	}
	return fault.Errorf(fault.Network, "%s cannot be asked: %w", at, err)
}
