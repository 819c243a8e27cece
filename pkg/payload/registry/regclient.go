package registry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/config"
	"github.com/regclient/regclient/scheme"
	"github.com/regclient/regclient/scheme/reg"
	"github.com/regclient/regclient/types/descriptor"
	"github.com/regclient/regclient/types/manifest"
	"github.com/regclient/regclient/types/ref"
	"github.com/regclient/regclient/types/tag"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// regclient speaks the protocol of registries. This file is where it is called, and where it is worked around (v0.11.7):
//
//   - It keeps status, header and error code of an answer to itself, and refuses manifests that it does not like, while callers of
//     this package judge bytes themselves. So an exchange travels with the request and brings back the answer.
//   - It tries again by its own rules: not after 503, and within milliseconds, hours or never as Retry-After says. So it gets one
//     try, no Retry-After, and the same error when it asks again; transport.Retry tries again below it.
//   - It does not ask for a blob from a byte on, and takes 206 for a failure. So Range is set below it, and it sees 200.
//   - It reads challenges differently from registries' other clients, and sends a password to any token server. So it sees only
//     challenges that were judged and are written in one form (realm.go).
//   - It asks for tokens without the context of the request. So a session has one for them.
//   - It keeps using a token that was revoked, or a password that was changed, until its client is a new one. So renew makes one.
//   - It sends a body that cannot be read twice, uploads chunks through a buffer when a PUT fails, to an address that has the
//     digest twice, and does not continue an upload that was interrupted. So it gets a placeholder for the blob, and upload.go sends
//     it; the bytes of a manifest are set below it.
//   - It sends its credentials to the address that a registry names for an upload even if that is plain HTTP. So upload.go checks
//     and rewrites these addresses before regclient sees them, and its own requests to other addresses go without credentials.
//   - It writes a list of referrers to the registry for a manifest with a subject. So it does not see the subject.
//   - It follows a list of tags from page to page without end, and reads all that comes. So it sees no Link, and little of the list.
//   - It changes the settings of an *http.Transport. So its client gets a round tripper of another type.

// tagListLimit bounds what is read of a list of tags, in bytes.
const tagListLimit = 1 << 20

// newReg makes regclient's view of the registry.
func (s *session) newReg() *reg.Reg {
	host := config.HostNewName(s.registry)
	host.ReqConcurrent = 0
	if s.credential.IdentityToken != "" {
		host.Token = s.credential.IdentityToken
	} else {
		host.User, host.Pass = s.credential.Username, s.credential.Password
	}
	requests, tokens := s.chains()
	return reg.New(
		reg.WithConfigHosts([]*config.Host{host}),
		reg.WithHTTPClient(&http.Client{Transport: transport.Func(func(r *http.Request) (*http.Response, error) {
			if exchangeOf(r) == nil {
				return tokens.RoundTrip(r)
			}
			return requests.RoundTrip(r)
		})}),
		reg.WithSlog(slog.New(slog.DiscardHandler)),
		reg.WithUserAgent(s.client.options.UserAgent),
		reg.WithManifestMax(manifestLimit, manifestLimit),
		reg.WithRetryLimit(1),
		reg.WithDelay(time.Millisecond, time.Millisecond),
	)
}

// exchange travels with a request through regclient to the chain, and brings back what regclient does not tell.
type exchange struct {
	rangeText string         // which bytes of a blob are wanted, "" for all
	upload    *upload        // the blob to upload, nil for other requests
	mount     bool           // a blob is mounted
	push      []byte         // the manifest to push, nil for other requests
	meter     progress.Meter // counts the bytes of a manifest, nil for others

	answer     *http.Response // the last answer, without its body
	code       string         // the registry's own error code
	quota      bool           // its error says that a quota is used up
	manifest   []byte
	err        error // why there is no answer
	redirected bool  // the answer is that of an address that the registry redirects to

	requests   int    // how many regclient sent
	authorized bool   // the first of them carried a credential
	sent       bool   // any of them did
	accepted   bool   // the registry took the credential of one of them
	challenged bool   // the registry named a way to sign in that is known here
	scheme     string // a way to sign in that is not
}

type exchangeKey struct{}

// exchangeOf is the exchange of a request; regclient's requests for tokens have none.
func exchangeOf(r *http.Request) *exchange {
	x, _ := r.Context().Value(exchangeKey{}).(*exchange)
	return x
}

// status is the status of the last answer, 0 without one.
func (x *exchange) status() int {
	if x.answer == nil {
		return 0
	}
	return x.answer.StatusCode
}

// complete reports whether there is all that was asked for, whatever regclient thinks of it.
func (x *exchange) complete() bool {
	switch {
	case x.err != nil:
		return false
	case x.push != nil:
		return x.status() == http.StatusCreated
	}
	return x.status() == http.StatusOK && (x.manifest != nil || x.answer.Request.Method == http.MethodHead)
}

// refused reports whether a registry refuses what it accepted before: the first request carried a token or a password, and still
// met a challenge.
func (x *exchange) refused() bool {
	return x.status() == http.StatusUnauthorized && (x.authorized || x.accepted)
}

// do sends one request through regclient. When the registry no longer takes a token or a password, everything that was agreed
// with it is forgotten and the request sent once more, an upload as long as it makes progress. The error has a kind and does not name what was asked for.
func (s *session) do(ctx context.Context, r ref.Ref, x *exchange, ask func(context.Context, *reg.Reg) error) error {
	defer s.begin(ctx)()
	from, wanted := s.current(), *x
	err := ask(context.WithValue(ctx, exchangeKey{}, x), from)
	for again := x.refused(); err != nil && again; {
		before := x.upload.sent()
		*x = wanted
		from = s.renew(from)
		err = ask(context.WithValue(ctx, exchangeKey{}, x), from)
		again = x.status() == http.StatusUnauthorized && x.upload.sent() > before // a long upload may need several tokens
	}
	if err != nil && !x.complete() {
		return s.reason(r, x, err)
	}
	return nil
}

func (s *session) getManifest(ctx context.Context, r ref.Ref, x *exchange) error {
	return s.do(ctx, r, x, func(ctx context.Context, from *reg.Reg) error {
		_, err := from.ManifestGet(ctx, r)
		return err
	})
}

func (s *session) headManifest(ctx context.Context, r ref.Ref, x *exchange) error {
	return s.do(ctx, r, x, func(ctx context.Context, from *reg.Reg) error {
		_, err := from.ManifestHead(ctx, r)
		return err
	})
}

func (s *session) headBlob(ctx context.Context, r ref.Ref, x *exchange) error {
	return s.do(ctx, r, x, func(ctx context.Context, from *reg.Reg) error {
		_, err := from.BlobHead(ctx, r, descriptor.Descriptor{Digest: digest.Digest(r.Digest)})
		return err
	})
}

// listTags lists the first tags of a repository.
func (s *session) listTags(ctx context.Context, r ref.Ref, x *exchange) (list *tag.List, err error) {
	err = s.do(ctx, r, x, func(ctx context.Context, from *reg.Reg) (err error) {
		list, err = from.TagList(ctx, r, scheme.WithTagLimit(1))
		return err
	})
	return list, err
}

func (s *session) putManifest(ctx context.Context, r ref.Ref, x *exchange, mediaType string) error {
	m, err := manifest.New(manifest.WithRaw(x.push), manifest.WithDesc(descriptor.Descriptor{
		MediaType: mediaType, Digest: digest.FromBytes(x.push), Size: int64(len(x.push)),
	}))
	if err != nil {
		return fault.Errorf(fault.Integrity, "%w", err)
	}
	return s.do(ctx, r, x, func(ctx context.Context, to *reg.Reg) error {
		return to.ManifestPut(ctx, r, struct{ manifest.Manifest }{m}) // without GetSubject
	})
}

func (s *session) putBlob(ctx context.Context, r ref.Ref, x *exchange) error {
	return s.do(ctx, r, x, func(ctx context.Context, to *reg.Reg) error {
		_, err := to.BlobPut(ctx, r, descriptor.Descriptor{Digest: x.upload.digest, Size: x.upload.size}, placeholder{x})
		return err
	})
}

func (s *session) mountBlob(ctx context.Context, from, r ref.Ref, x *exchange) error {
	return s.do(ctx, r, x, func(ctx context.Context, to *reg.Reg) error {
		return to.BlobMount(ctx, from, r, descriptor.Descriptor{Digest: digest.Digest(r.Digest)})
	})
}

// getBlob is regclient's way to a blob as a round tripper, for transport.Resume to stand on. Of a request it takes the context
// and the header Range.
func (s *session) getBlob(r ref.Ref) transport.Func {
	return func(request *http.Request) (*http.Response, error) {
		x := &exchange{rangeText: request.Header.Get("Range")}
		var response http.Response
		err := s.do(request.Context(), r, x, func(ctx context.Context, from *reg.Reg) error {
			// Without a size, and read below regclient's reader: size and digest are for the caller to check.
			b, err := from.BlobGet(ctx, r, descriptor.Descriptor{Digest: digest.Digest(r.Digest)})
			if err == nil {
				response = *x.answer
				response.Body = closer{b.Response().Body, b.Close}
			}
			return err
		})
		if x.status() == http.StatusRequestedRangeNotSatisfiable {
			response = *x.answer
			response.Body = http.NoBody
			return &response, nil
		}
		if err != nil {
			return nil, err
		}
		return &response, nil
	}
}

// blobRequest is a request for getBlob.
func (s *session) blobRequest(ctx context.Context, r ref.Ref, rangeText string) *http.Request {
	request := &http.Request{
		Method: http.MethodGet, Header: http.Header{},
		URL: &url.URL{Scheme: "https", Host: s.registry, Path: "/v2/" + r.Repository + "/blobs/" + r.Digest},
	}
	if rangeText != "" {
		request.Header.Set("Range", rangeText)
	}
	return request.WithContext(ctx)
}

// closer is a reader with a Close of its own.
type closer struct {
	io.Reader
	close func() error
}

func (c closer) Close() error { return c.close() }

// exchange is the outermost link of the chain: it adds to a request what regclient cannot, keeps what the answer says, and makes
// of it what regclient is to see. Its error is final.
func (s *session) exchange(next http.RoundTripper) http.RoundTripper {
	return transport.Func(func(request *http.Request) (*http.Response, error) {
		x := exchangeOf(request)
		if x.err != nil {
			return nil, x.err
		}
		sent := request.Clone(request.Context())
		if request.URL.Host != s.host || request.URL.Scheme != "https" {
			sent.Header.Del("Authorization") // regclient follows what a registry says
		} else if s.credential.RegistryToken != "" && sent.Header.Get("Authorization") == "" {
			sent.Header.Set("Authorization", "Bearer "+s.credential.RegistryToken)
		}
		if x.rangeText != "" {
			sent.Header.Set("Range", x.rangeText)
		}
		if x.push != nil && request.Method == http.MethodPut {
			sent.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(x.push)), nil }
			sent.Body, _ = sent.GetBody()
		}
		if x.upload != nil && request.Method == http.MethodPut {
			sent.GetBody = func() (io.ReadCloser, error) { return http.NoBody, nil } // uploads sends the blob
		}
		authorized := sent.Header.Get("Authorization") != ""
		x.requests++
		x.authorized = x.authorized || authorized && x.requests == 1
		x.sent = x.sent || authorized
		response, err := next.RoundTrip(sent)
		if err == nil {
			if request.Method != http.MethodDelete { // regclient cancels an upload that failed
				answer := *response
				x.answer = &answer
			}
			x.accepted = x.accepted || authorized && response.StatusCode != http.StatusUnauthorized
			at := response.Request.URL
			x.redirected = at.Host != request.URL.Host || at.Path != request.URL.Path
			err = x.read(request, response)
		}
		if _, large := errors.AsType[*transport.TooLargeError](err); large {
			err = fault.Errorf(fault.Integrity, "the manifest has more than %d bytes (8 MiB)", manifestLimit)
		}
		if err != nil {
			x.err = err
			if x.upload != nil {
				s.cancel(next, sent)
			}
			return nil, err
		}
		response.Request = request
		response.Header = response.Header.Clone()
		response.Header.Del("Retry-After")
		response.Header.Del("Link")
		if response.StatusCode == http.StatusPartialContent {
			response.StatusCode, response.Status = http.StatusOK, "200 OK"
		}
		return response, nil
	})
}

// read takes from an answer what it says beside its header, and refuses web pages.
func (x *exchange) read(request *http.Request, response *http.Response) error {
	switch {
	case response.StatusCode >= http.StatusMultipleChoices:
		x.code, x.quota = errorCode(response)
	case request.Method != http.MethodGet:
	case isManifest(request.URL):
		var err error
		if x.manifest, err = readAll(response); err != nil {
			return err
		}
		if isWebPage(x.manifest) {
			return webPage(x.answer.Request.URL.Host, "the manifest")
		}
	case strings.HasSuffix(request.URL.Path, "/tags/list"):
		response.Body = closer{io.LimitReader(response.Body, tagListLimit), response.Body.Close}
	case strings.HasPrefix(mediaTypeOf(response.Header.Get("Content-Type")), "text/html"):
		if isWebPage(peek(response)) {
			response.Body.Close()
			return webPage(x.answer.Request.URL.Host, "the blob")
		}
	}
	return nil
}

// isManifest reports whether a request is for a manifest.
func isManifest(u *url.URL) bool { return strings.Contains(u.Path, "/manifests/") }

// current is regclient's view that is in use.
func (s *session) current() *reg.Reg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reg
}

// renew replaces the view that failed, unless another request did so already.
func (s *session) renew(failed *reg.Reg) *reg.Reg {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.reg == failed {
		s.reg = s.newReg()
	}
	return s.reg
}

// begin counts a request until end or until its context ends. The context for tokens ends with the last of them.
func (s *session) begin(ctx context.Context) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.active == 0 {
		s.tokens, s.stopTokens = context.WithCancel(context.Background())
	}
	s.active++
	once := sync.OnceFunc(func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.active--
		if s.active == 0 {
			s.stopTokens()
		}
	})
	stop := context.AfterFunc(ctx, once)
	return func() {
		stop()
		once()
	}
}

// tokenContext ends with the last request that may want the token.
func (s *session) tokenContext() context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens
}
