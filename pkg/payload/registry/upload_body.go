package registry

import (
	"errors"
	"io"
	"net/http"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

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
