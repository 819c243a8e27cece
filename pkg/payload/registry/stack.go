package registry

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// stack is the round tripper under regclient. It is no *http.Transport on purpose: regclient changes the settings of those.
type stack struct{ *session }

// RoundTrip sends a request as often as it takes. An error is final: regclient, which asks again, gets the same one.
func (s stack) RoundTrip(req *http.Request) (*http.Response, error) {
	k := callOf(req.Context())
	if k == nil {
		return s.token(req)
	}
	if k.fatal != nil {
		return nil, k.fatal
	}
	k.requests++
	if k.requests == 1 {
		k.authorized = req.Header.Get("Authorization") != "" || s.credential.RegistryToken != ""
	}
	response, err := s.client.retry(req.Context(), s.registry, func() (*http.Response, error) { return s.answer(req, k) })
	if err != nil {
		k.fatal = err
		return nil, err
	}
	response.Request = req
	return response, nil
}

// answer is one try: the request, its redirects, and as much of the body as can be tried again from here.
func (s stack) answer(req *http.Request, k *call) (*http.Response, error) {
	k.whole = false
	header := req.Header.Clone()
	if s.credential.RegistryToken != "" && header.Get("Authorization") == "" {
		header.Set("Authorization", "Bearer "+s.credential.RegistryToken)
	}
	k.sent = k.sent || header.Get("Authorization") != ""
	if k.from > 0 {
		header.Set("Range", "bytes="+strconv.FormatInt(k.from, 10)+"-")
	}
	if k.kind == firstByteCall {
		header.Set("Range", "bytes=0-0")
	}
	response, err := s.follow(req.Context(), req.Method, req.URL, header)
	if err == nil && header.Get("Range") != "" && !resumes(response, k) {
		discard(response)
		header.Del("Range")
		k.whole = true
		response, err = s.follow(req.Context(), req.Method, req.URL, header)
	}
	if err != nil {
		return nil, err
	}
	return s.finish(req.URL, response, k)
}

// finish makes of a response what regclient is to see, and keeps what it would lose.
func (s stack) finish(base *url.URL, response *http.Response, k *call) (*http.Response, error) {
	k.status, k.header = response.StatusCode, response.Header
	if at := response.Request.URL; at != nil {
		k.host, k.redirected = at.Host, at.Host != base.Host || at.Path != base.Path
	}
	if transport.IsTransientStatus(response.StatusCode) {
		return response, nil
	}
	response.Header.Del("Retry-After") // regclient would heed it in its own way
	switch {
	case response.StatusCode == http.StatusPartialContent && (k.from > 0 || k.kind == firstByteCall) && !k.whole:
		// regclient knows no partial blobs.
		response.StatusCode, response.Status = http.StatusOK, "200 OK"
	case response.StatusCode == http.StatusUnauthorized:
		k.code = errorCode(response)
		if err := s.challenge(base, response, k); err != nil {
			return nil, err
		}
	case response.StatusCode != http.StatusOK:
		k.code = errorCode(response)
	}
	if k.kind == headCall && response.StatusCode == http.StatusOK {
		k.done = true
	}
	if k.kind == manifestCall && response.StatusCode == http.StatusOK {
		body, err := readManifest(response, k.meter)
		if err != nil {
			return nil, err
		}
		if isWebPage(body) {
			return nil, webPage(k.host, "the manifest")
		}
		k.body, k.done = body, true
	}
	if (k.kind == blobCall || k.kind == firstByteCall) && response.StatusCode == http.StatusOK && strings.HasPrefix(mediaTypeOf(response.Header.Get("Content-Type")), "text/html") {
		start, err := peek(response)
		if err != nil {
			return nil, err
		}
		if isWebPage(start) {
			response.Body.Close()
			return nil, webPage(k.host, "the blob")
		}
	}
	return response, nil
}

// challenge puts the challenges of a 401 into the words that regclient reads as this package does, without those
// that may not or cannot be answered.
func (s stack) challenge(base *url.URL, response *http.Response, k *call) error {
	values := response.Header.Values("WWW-Authenticate")
	response.Header.Del("WWW-Authenticate")
	if s.credential.RegistryToken != "" {
		return nil // it was sent and refused, and there is nothing else to send
	}
	if strings.Join(values, "") == "" && s.credential.Password != "" {
		values = []string{"Basic"} // a proxy may take the challenge away; the password is for this host in any case
	}
	seen := map[string]bool{}
	for _, c := range parseChallenges(values) {
		if seen[c.scheme] {
			continue
		}
		seen[c.scheme] = true
		switch c.scheme {
		case "basic":
			k.challenged = true
			// A realm of its own tells regclient that the second refusal is the same as the first.
			response.Header.Add("WWW-Authenticate", c.render(s.registry))
		case "bearer":
			realm, err := s.approve(base, c.params["realm"])
			if err != nil {
				return fault.Errorf(fault.Auth, "%s sends its clients to a token server that is refused: %w", s.registry, err)
			}
			k.challenged = true
			response.Header.Add("WWW-Authenticate", c.render(realm))
		default:
			k.scheme = bound(c.scheme, 32)
		}
	}
	return nil
}
