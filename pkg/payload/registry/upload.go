package registry

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// chunkSize is how many bytes one request uploads where a proxy refuses more: nginx's own limit, which few raise.
const chunkSize = 1 << 20

// resumeBytes is how many bytes an interrupted attempt must bring for the tries to be counted anew.
const resumeBytes = 16 << 10

// upload is a blob that is uploaded. It remembers how far it came while its PUT is tried again.
type upload struct {
	digest     oci.Digest
	size       int64
	repository string // path
	open       func(from int64) (io.ReadCloser, error)
	meter      progress.Meter

	location *url.URL // of the session; nil when a new one has to be made
	begun    bool     // the session may have some of the bytes
	offset   int64    // how many, as far as it is known
	chunk    int64    // 0: all in one request
	minimum  int64    // the smallest chunk that the registry takes

	mu      sync.Mutex // for what follows: a request may still be reading when the next one begins
	current *partReader
	counted int64 // bytes that the meter has
	readErr error // why the blob could not be read here
}

// uploads is a link that makes one attempt to upload a blob of each PUT that transport.Retry sends: the first sends all bytes in
// one request; a later one asks the session how far it came and sends the rest, or begins a new session if the registry has
// lost it. A registry that refuses the size of a request gets chunks. Locations are checked: those of the registry itself are
// asked as the registry is, whatever scheme a proxy makes them have; others get no credentials and have to be encrypted.
func (s *session) uploads(next http.RoundTripper) http.RoundTripper {
	return transport.Func(func(request *http.Request) (*http.Response, error) {
		u := exchangeOf(request).upload
		switch {
		case u == nil:
			return next.RoundTrip(request)
		case request.Method == http.MethodPost:
			return s.start(next, request, u)
		case request.Method == http.MethodPut:
			if request.Body != nil {
				request.Body.Close() // regclient's; u opens its own
			}
			before := u.offset
			response, err := s.attempt(next, request, u)
			if readErr := u.readError(); readErr != nil {
				if response != nil {
					transport.Discard(response)
				}
				return nil, readErr
			}
			if err != nil && u.offset-before >= resumeBytes {
				err = &transport.RepeatError{Err: err, Progress: true}
			}
			return response, err
		}
		return next.RoundTrip(request)
	})
}

// start sends the POST that makes a session, and checks where it is.
func (s *session) start(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	response, err := next.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusAccepted {
		return response, err
	}
	at, err := s.sessionLocation(request.URL, response)
	if err != nil {
		transport.Discard(response)
		return nil, err
	}
	u.location, u.begun, u.offset = at, false, 0
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

// attempt sends what the registry lacks. Its response is that of the closing PUT, or of the request that the registry refused.
func (s *session) attempt(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	if u.location != nil && u.begun {
		if response, err := s.askOffset(next, request, u); response != nil || err != nil {
			return response, err
		}
	}
	if u.location == nil {
		if response, err := s.restart(next, request, u); response != nil || err != nil {
			return response, err
		}
	}
	if u.offset == 0 && u.chunk == 0 {
		u.begun = true
		response, err := s.sendPart(next, request, u, http.MethodPut, u.size)
		if err != nil || response.StatusCode != http.StatusRequestEntityTooLarge {
			return response, s.learn(response, err, u)
		}
		transport.Discard(response)
		u.chunk = max(chunkSize, u.minimum)
		u.location = nil
		return s.attempt(next, request, u)
	}
	for u.offset < u.size {
		end := u.size
		if u.chunk > 0 {
			end = min(u.size, u.offset+u.chunk)
		}
		u.begun = true
		response, err := s.sendPart(next, request, u, http.MethodPatch, end)
		if err != nil {
			return nil, err
		}
		if response.StatusCode/100 != 2 {
			return response, s.learn(response, nil, u)
		}
		at, err := s.sessionLocation(u.location, response)
		transport.Discard(response)
		if err != nil {
			return nil, err
		}
		u.location, u.offset = at, end
	}
	response, err := s.sendPart(next, request, u, http.MethodPut, u.size)
	return response, s.learn(response, err, u)
}

// learn forgets a session that the registry does not know, or whose bytes turn out to be others, so that the next attempt makes
// a new one.
func (s *session) learn(response *http.Response, err error, u *upload) error {
	if err != nil || response.StatusCode < http.StatusBadRequest {
		return err
	}
	switch response.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestedRangeNotSatisfiable:
		if u.offset > 0 { // an upload that was put together of parts
			status := &transport.StatusError{Host: response.Request.URL.Host, Code: response.StatusCode}
			transport.Discard(response)
			u.location, u.begun, u.offset = nil, false, 0
			return &transport.RepeatError{Err: status}
		}
	}
	return nil
}

// askOffset asks a session how many bytes it has. Without an answer that says so the session is given up. A response is one that
// the caller has to handle: a challenge, or a server that is busy.
func (s *session) askOffset(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	response, err := next.RoundTrip(s.uploadRequest(request, http.MethodGet, u.location))
	if err != nil {
		return nil, err
	}
	if response.StatusCode == http.StatusUnauthorized || transport.IsTransientStatus(response.StatusCode) {
		return response, nil
	}
	defer transport.Discard(response)
	_, last, ok := strings.Cut(response.Header.Get("Range"), "-")
	n, parseErr := strconv.ParseInt(last, 10, 64)
	// "0-0" is one byte, or none.
	if response.StatusCode != http.StatusNoContent || !ok || parseErr != nil || n <= 0 || n >= u.size {
		u.location, u.begun, u.offset = nil, false, 0
		return nil, nil
	}
	u.offset = n + 1
	if response.Header.Get("Location") != "" {
		if u.location, err = s.sessionLocation(u.location, response); err != nil {
			return nil, err
		}
	}
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

// sendPart sends the bytes from u.offset to end: with PUT the last ones, which close the upload.
func (s *session) sendPart(next http.RoundTripper, request *http.Request, u *upload, method string, end int64) (*http.Response, error) {
	at := *u.location
	if method == http.MethodPut {
		query := at.Query()
		query.Set("digest", u.digest.String())
		at.RawQuery = query.Encode()
	}
	part := s.uploadRequest(request, method, &at)
	part.Header.Set("Content-Type", "application/octet-stream")
	if method == http.MethodPatch {
		part.Header.Set("Content-Range", fmt.Sprintf("%d-%d", u.offset, end-1))
	}
	if part.ContentLength = end - u.offset; part.ContentLength > 0 {
		part.GetBody = func() (io.ReadCloser, error) { return u.part(u.offset, end) }
		body, err := part.GetBody()
		if err != nil {
			return nil, err
		}
		part.Body = body
	}
	return next.RoundTrip(part)
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

// part opens the bytes of the blob from a byte to another.
func (u *upload) part(from, end int64) (io.ReadCloser, error) {
	body, err := u.open(from)
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		u.readErr = err
		return nil, err
	}
	u.meter.Advance(from - u.counted)
	u.counted = from
	u.current = &partReader{u, io.LimitReader(body, end-from)}
	return closer{u.current, body.Close}, nil
}

// readError is why the blob could not be read here, nil when it could.
func (u *upload) readError() error {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.readErr
}

// partReader counts what is read, and keeps an error of the blob apart from those of the connection.
type partReader struct {
	u    *upload
	body io.Reader
}

func (r *partReader) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	r.u.mu.Lock()
	defer r.u.mu.Unlock()
	if r.u.current != r {
		return n, err
	}
	r.u.counted += int64(n)
	r.u.meter.Advance(int64(n))
	if err != nil && !errors.Is(err, io.EOF) {
		r.u.readErr = err
	}
	return n, err
}

// placeholder stands for the blob in regclient, which reads nothing of it. It can be sought to the beginning until the upload
// has failed, so that regclient sends the PUT again after a challenge, and does not upload chunks of its own after a failure.
type placeholder struct{ x *exchange }

func (p placeholder) Read([]byte) (int, error) { return 0, errors.New("the blob is not read here") }

func (p placeholder) Seek(int64, int) (int64, error) {
	if p.x.err != nil || p.x.status() != http.StatusUnauthorized {
		return 0, errors.New("the upload has failed")
	}
	return 0, nil
}

// cancel tells the registry that an upload is given up. A registry that does not hear of it forgets the upload in time.
func (s *session) cancel(next http.RoundTripper, request *http.Request, u *upload) {
	if u.location == nil || request.Context().Err() != nil {
		return
	}
	if response, err := next.RoundTrip(s.uploadRequest(request, http.MethodDelete, u.location)); err == nil {
		transport.Discard(response)
	}
}
