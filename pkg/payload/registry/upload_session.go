package registry

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// start sends the POST that makes a session, and checks where it is.
func (s *session) start(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	response, err := next.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusAccepted {
		return response, err
	}
	if request.URL.Query().Has("mount") && response.Header.Get("Location") == "" {
		return response, nil // regclient asks again without mount
	}
	at, err := s.sessionLocation(request.URL, response)
	if err != nil {
		transport.Discard(response)
		return nil, err
	}
	u.forget()
	u.location = at
	u.minimum, _ = strconv.ParseInt(response.Header.Get("OCI-Chunk-Min-Length"), 10, 64)
	response.Header.Set("Location", at.String())
	return response, nil
}

// sessionLocation is the address at which an upload continues.
func (s *session) sessionLocation(asked *url.URL, response *http.Response) (*url.URL, error) {
	text := response.Header.Get("Location")
	at, err := asked.Parse(text)
	switch {
	case err != nil || text == "" || at.Host == "" || len(text) > 16<<10:
		return nil, fault.Errorf(fault.Network, "%s does not say where to upload to", s.registry)
	case at.User != nil:
		return nil, fault.Errorf(fault.Network, "%s sends uploads to an address with a user name in it", s.registry)
	case sameHost(at, s.host):
		at.Scheme, at.Host = "https", s.host
	case at.Scheme == "http" && s.client.insecure(at.Host):
		s.client.plain.Set(at.Host)
		at.Scheme = "https"
	case at.Scheme != "https":
		return nil, fault.Errorf(fault.Network, "%s sends uploads to %s://%s, which is not encrypted", s.registry, printable(at.Scheme), at.Host)
	case s.route(at.Host).Guard.RefusesName(at.Hostname()):
		return nil, fault.Errorf(fault.Network, "%s sends uploads to %s, a loopback or link-local address", s.registry, at.Host)
	}
	at.Fragment = ""
	return at, nil
}

// sameHost reports whether an address is on a host[:port]. A proxy that speaks TLS for a registry may give addresses with the
// registry's scheme and without a port.
func sameHost(at *url.URL, host string) bool {
	if at.Host == host {
		return true
	}
	own := &url.URL{Scheme: "https", Host: host}
	port := func(u *url.URL) string {
		if u.Port() == "" {
			return "443"
		}
		return u.Port()
	}
	return strings.EqualFold(at.Hostname(), own.Hostname()) && (port(at) == port(own) || at.Scheme == "http" && (at.Port() == "80" || at.Port() == ""))
}

// storedBytes is how many bytes a session says that it has. It is 0 when it does not say, or says "0-0", which is one byte or none.
func storedBytes(response *http.Response) int64 {
	_, last, _ := strings.Cut(response.Header.Get("Range"), "-")
	n, err := strconv.ParseInt(last, 10, 64)
	if err != nil || n <= 0 {
		return 0
	}
	return n + 1
}

// askOffset asks a session how many bytes it has. A session that the registry does not know is forgotten; it may have ended
// with the blob stored. A response is one that ends the attempt: the blob is there, a challenge, or a server that is busy.
func (s *session) askOffset(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	response, err := s.send(next, s.uploadRequest(request, http.MethodGet, u.location))
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusUnauthorized || transport.IsTransientStatus(response.StatusCode) {
		return response, nil
	}
	transport.Discard(response)
	n := storedBytes(response)
	if response.StatusCode/100 != 2 || n > u.size {
		u.forget()
		return s.findStored(next, request, u)
	}
	u.offset, u.continued = n, true
	if response.Header.Get("Location") != "" {
		if u.location, err = s.sessionLocation(u.location, response); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// findStored asks for the blob after the answer to its upload may have been lost. A response says that it is there.
func (s *session) findStored(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	at := &url.URL{Scheme: "https", Host: s.host, Path: "/v2/" + u.repository + "/blobs/" + u.digest.String()}
	response, err := s.send(next, s.uploadRequest(request, http.MethodHead, at))
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusOK && response.ContentLength == u.size {
		response.StatusCode, response.Status = http.StatusCreated, transport.StatusText(http.StatusCreated)
		return response, nil
	}
	transport.Discard(response)
	return nil, nil
}

// restart makes a new session. A response is one that made none.
func (s *session) restart(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	at := &url.URL{Scheme: "https", Host: s.host, Path: "/v2/" + u.repository + "/blobs/uploads/"}
	response, err := s.start(next, s.uploadRequest(request, http.MethodPost, at), u)
	if err != nil || response.StatusCode != http.StatusAccepted {
		return response, err
	}
	transport.Discard(response)
	return nil, nil
}

// send sends a request of an upload. Another host has no right to ask for credentials.
func (s *session) send(next http.RoundTripper, request *http.Request) (*http.Response, error) {
	response, err := next.RoundTrip(request)
	host := request.URL.Host
	if err != nil || host == s.host || response.StatusCode != http.StatusUnauthorized && response.StatusCode != http.StatusForbidden {
		return response, err
	}
	transport.Discard(response)
	return nil, fault.Errorf(fault.Auth, "%s sends uploads to %s, which answers %s", s.registry, host, transport.StatusText(response.StatusCode))
}

// uploadRequest is a request of an upload, with the header of the one that regclient sent. Another host gets no credential.
func (s *session) uploadRequest(request *http.Request, method string, at *url.URL) *http.Request {
	r := request.Clone(request.Context())
	r.Method, r.URL, r.Host = method, at, ""
	r.Body, r.GetBody, r.ContentLength = nil, nil, 0
	r.Header.Del("Content-Type")
	if at.Host != s.host {
		r.Header.Del("Authorization")
	}
	return r
}

// cancel tells the registry that the upload of a request is given up, also when the context of the request has ended. A registry
// that does not hear of it forgets the upload in time.
func (s *session) cancel(next http.RoundTripper, request *http.Request) {
	ctx, end := context.WithTimeout(context.WithoutCancel(request.Context()), cancelTime)
	defer end()
	if response, err := next.RoundTrip(s.uploadRequest(request.WithContext(ctx), http.MethodDelete, request.URL)); err == nil {
		transport.Discard(response)
	}
}
