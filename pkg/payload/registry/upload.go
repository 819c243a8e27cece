package registry

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
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
