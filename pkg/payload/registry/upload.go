package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

const (
	// chunkSize is how many bytes one request uploads where a proxy refuses more: nginx's own limit, which few raise.
	chunkSize = 1 << 20
	// resumeBytes is how many bytes an interrupted attempt must bring for the tries to be counted anew.
	resumeBytes = 16 << 10
	// restartMost is how often an upload begins anew because the registry lost or refused the parts that it had.
	restartMost = 2
	// cancelTime bounds how long telling a registry that an upload is given up may take.
	cancelTime = 3 * time.Second
)

// upload is a blob that is uploaded. It remembers how far it came while its PUT is tried again.
type upload struct {
	digest     oci.Digest
	size       int64
	repository string // path
	open       func(from int64) (io.ReadCloser, error)
	meter      progress.Meter

	location  *url.URL // of the session; nil when a new one has to be made
	used      bool     // the session may have some of the bytes
	continued bool     // the session was used before the current attempt
	busy      bool     // the last part was answered with 429 or 503, so most likely nothing of it was read
	offset    int64    // how many bytes it has, as far as is known
	part      int64    // how many bytes one PATCH uploads; 0: a PUT uploads all
	minimum   int64    // the smallest chunk that the registry takes
	restarts  int

	mu      sync.Mutex // for what follows: a request may still be reading when the next one begins
	current *partReader
	counted int64 // bytes that the meter has
	readErr error // why the blob could not be read here
}

// sent is how many bytes the registry has, as far as is known. It is 0 for nil.
func (u *upload) sent() int64 {
	if u == nil {
		return 0
	}
	return u.offset
}

// forget gives up the session, so that a new one is made.
func (u *upload) forget() {
	u.location, u.used, u.continued, u.busy, u.offset = nil, false, false, false, 0
}

// uploads is a link that makes one attempt to upload a blob of each PUT that transport.Retry sends: the first sends all bytes in
// one request; a later one asks the session how far it came and sends the rest, or begins a new session if the registry has
// lost it. A registry that refuses this gets the bytes in a PATCH, and in chunks if it refuses their size. Locations are checked:
// those of the registry itself are asked as the registry is, whatever scheme a proxy makes them have; others get no credentials
// and have to be encrypted.
func (s *session) uploads(next http.RoundTripper) http.RoundTripper {
	return transport.Func(func(request *http.Request) (*http.Response, error) {
		x := exchangeOf(request)
		u := x.upload
		switch {
		case x.mount && request.Method == http.MethodPost:
			return s.mount(next, request)
		case u == nil:
			return next.RoundTrip(request)
		case request.Method == http.MethodPost && u.used: // after a new token
			return accepted(request, u.location), nil
		case request.Method == http.MethodPost:
			return s.start(next, request, u)
		case request.Method == http.MethodPut:
			return s.put(next, request, u)
		case request.Method == http.MethodDelete && (u.location == nil || x.status() == http.StatusUnauthorized):
			// There is nothing to give up, or the upload goes on with another token.
			return accepted(request, nil), nil
		case request.Method == http.MethodDelete:
			at := u.location
			u.forget()
			return s.send(next, s.uploadRequest(request, http.MethodDelete, at))
		}
		return next.RoundTrip(request)
	})
}

// accepted is an answer 202 that no registry has to give.
func accepted(request *http.Request, location *url.URL) *http.Response {
	response := &http.Response{
		StatusCode: http.StatusAccepted, Status: transport.StatusText(http.StatusAccepted), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, Request: request,
	}
	if location != nil {
		response.Header.Set("Location", location.String())
	}
	return response
}

// mount sends the POST that mounts a blob. A session that the registry makes in place of that is given up here, so that regclient
// sends nothing to an address that was not checked.
func (s *session) mount(next http.RoundTripper, request *http.Request) (*http.Response, error) {
	response, err := next.RoundTrip(request)
	if err != nil || response.StatusCode != http.StatusAccepted {
		return response, err
	}
	if at, err := s.sessionLocation(request.URL, response); err == nil {
		if gone, err := s.send(next, s.uploadRequest(request, http.MethodDelete, at)); err == nil {
			transport.Discard(gone)
		}
	}
	response.Header.Del("Location")
	return response, nil
}

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

// put makes one attempt.
func (s *session) put(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
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

// attempt sends what the registry lacks. Its response is that of the closing PUT, or of the request that the registry refused.
func (s *session) attempt(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	if u.location != nil && u.used && !u.busy {
		if response, err := s.askOffset(next, request, u); response != nil || err != nil {
			return response, err
		}
	}
	if u.location == nil {
		if response, err := s.restart(next, request, u); response != nil || err != nil {
			return response, err
		}
	}
	if u.offset > 0 || u.part > 0 {
		return s.sendParts(next, request, u)
	}
	response, err := s.sendPart(next, request, u, http.MethodPut, u.size)
	if err != nil || u.size == 0 || !wantsParts(response, u) {
		return response, s.learn(response, err, u)
	}
	if u.part = u.size; response.StatusCode == http.StatusRequestEntityTooLarge {
		u.part = max(chunkSize, u.minimum)
	}
	transport.Discard(response)
	return s.attempt(next, request, u)
}

// wantsParts reports whether a registry refuses a blob for coming in one PUT, and not for what it is.
func wantsParts(response *http.Response, u *upload) bool {
	switch response.StatusCode {
	case http.StatusBadRequest:
		return !u.isWrong()
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusLengthRequired, http.StatusRequestEntityTooLarge,
		http.StatusUnsupportedMediaType, http.StatusRequestedRangeNotSatisfiable, http.StatusNotImplemented:
		return true
	}
	return false
}

// isWrong reports whether the bytes of the blob are not those of its digest. It is called when a registry may say so, which few do in
// the same words.
func (u *upload) isWrong() bool {
	body, err := u.open(0)
	if err != nil {
		return false
	}
	defer body.Close()
	verifier := u.digest.Verifier()
	if _, err := io.Copy(verifier, body); err != nil || verifier.Verified() {
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.readErr = fault.Errorf(fault.Integrity, "the bytes of blob %s have another digest", u.digest)
	return true
}

// sendParts sends the rest of the blob with PATCH, in one part or in chunks, and closes the upload.
func (s *session) sendParts(next http.RoundTripper, request *http.Request, u *upload) (*http.Response, error) {
	for u.offset < u.size {
		end := u.size
		if u.part > 0 {
			end = min(u.size, u.offset+u.part)
		}
		response, err := s.sendPart(next, request, u, http.MethodPatch, end)
		if err != nil {
			return nil, err
		}
		if chunk := max(chunkSize, u.minimum); response.StatusCode == http.StatusRequestEntityTooLarge && end-u.offset > chunk {
			transport.Discard(response)
			u.part = chunk
			return s.attempt(next, request, u)
		}
		if response.StatusCode/100 != 2 {
			return response, s.learn(response, nil, u)
		}
		err = s.advance(u, response, end)
		transport.Discard(response)
		if err != nil {
			return nil, err
		}
	}
	response, err := s.sendPart(next, request, u, http.MethodPut, u.size)
	return response, s.learn(response, err, u)
}

// advance takes from the answer to a PATCH where the upload continues, and how many bytes the registry has.
func (s *session) advance(u *upload, response *http.Response, end int64) error {
	if response.Header.Get("Location") != "" {
		at, err := s.sessionLocation(u.location, response)
		if err != nil {
			return err
		}
		u.location = at
	}
	if n := storedBytes(response); n > 0 && n < end {
		end = n
	}
	if end <= u.offset {
		return &transport.RepeatError{Err: fault.Errorf(fault.Network, "%s stored nothing of what was uploaded to it", s.registry)}
	}
	u.offset = end
	return nil
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

// learn forgets a session whose bytes the registry has lost, or finds to be others, so that the next attempt makes a new one.
func (s *session) learn(response *http.Response, err error, u *upload) error {
	if err != nil || u.restarts == restartMost || u.offset == 0 && !u.continued || !losesBytes(response.StatusCode) {
		return err
	}
	if response.StatusCode == http.StatusBadRequest && u.isWrong() {
		return nil
	}
	u.restarts++
	u.forget()
	status := &transport.StatusError{Host: response.Request.URL.Host, Code: response.StatusCode}
	transport.Discard(response)
	return &transport.RepeatError{Err: status}
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

// sendPart sends the bytes from u.offset to end: with PUT the last ones, which close the upload. A part that a busy server refused
// is sent again without asking for the offset: two requests for each try might never both be answered.
func (s *session) sendPart(next http.RoundTripper, request *http.Request, u *upload, method string, end int64) (*http.Response, error) {
	at, from := *u.location, u.offset
	if method == http.MethodPut {
		// What is there stays byte for byte: it may be signed.
		at.RawQuery = strings.TrimPrefix(at.RawQuery+"&digest="+url.QueryEscape(u.digest.String()), "&")
	}
	part := s.uploadRequest(request, method, &at)
	part.Header.Set("Content-Type", "application/octet-stream")
	if method == http.MethodPatch {
		part.Header.Set("Content-Range", fmt.Sprintf("%d-%d", from, end-1))
	}
	if part.ContentLength = end - from; part.ContentLength > 0 {
		part.GetBody = func() (io.ReadCloser, error) { return u.read(from, end) }
		body, err := part.GetBody()
		if err != nil {
			return nil, err
		}
		part.Body = body
	}
	again := u.busy
	u.used = true
	response, err := s.send(next, part)
	u.busy = err == nil && (response.StatusCode == http.StatusTooManyRequests || response.StatusCode == http.StatusServiceUnavailable)
	if again && err == nil && losesBytes(response.StatusCode) {
		status := &transport.StatusError{Host: response.Request.URL.Host, Code: response.StatusCode}
		transport.Discard(response)
		return nil, &transport.RepeatError{Err: status} // some of it was read: ask how much
	}
	return response, err
}

// losesBytes reports whether a status may mean that a session has not the bytes that it is believed to have.
func losesBytes(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return false
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

// read opens the bytes of the blob from a byte to another.
func (u *upload) read(from, end int64) (io.ReadCloser, error) {
	body, err := u.open(from)
	u.mu.Lock()
	defer u.mu.Unlock()
	if err != nil {
		u.readErr = err
		return nil, err
	}
	u.meter.Advance(from - u.counted)
	u.counted = from
	u.current = &partReader{u, io.LimitReader(body, end-from), end}
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
	end  int64
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
	switch {
	case err == nil:
	case !errors.Is(err, io.EOF):
		r.u.readErr = err
	case r.u.counted < r.end:
		err = fault.Errorf(fault.Integrity, "blob %s has %d bytes, and not %d", r.u.digest, r.u.counted, r.u.size)
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

// cancel tells the registry that the upload of a request is given up, also when the context of the request has ended. A registry
// that does not hear of it forgets the upload in time.
func (s *session) cancel(next http.RoundTripper, request *http.Request) {
	ctx, end := context.WithTimeout(context.WithoutCancel(request.Context()), cancelTime)
	defer end()
	if response, err := next.RoundTrip(s.uploadRequest(request.WithContext(ctx), http.MethodDelete, request.URL)); err == nil {
		transport.Discard(response)
	}
}
