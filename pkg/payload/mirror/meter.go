package mirror

import (
	"io"
	"sync"
)

// Meter follows a copy. Several goroutines call it at the same time.
type Meter interface {
	// Begin is called once it is known what the target lacks.
	Begin(Totals)
	// Blob is called when the transfer of a blob begins. name is short and for people.
	Blob(name string, size int64) Transfer
	// Image is called when an image is complete at the target.
	Image()
}

// Totals are what a copy has to do.
type Totals struct {
	Images int   // by tag, those included that are complete at the target
	Done   int   // images that are complete already
	Blobs  int   // of the images that are not
	Bytes  int64 // of these blobs
}

// Transfer follows a blob.
type Transfer interface {
	// Advance says that n more bytes have reached this machine, and later the target: each byte of a blob counts twice.
	// n is negative when bytes have to be sent again.
	Advance(n int64)
	// End says that the blob is at the target. All of its bytes count then, also those that were not sent because the
	// target or this machine had them. It is not called when the transfer fails, which ends the copy.
	End()
}

// discard is the meter of a copy that nobody follows.
type discard struct{}

func (discard) Begin(Totals)                {}
func (discard) Blob(string, int64) Transfer { return discard{} }
func (discard) Image()                      {}
func (discard) Advance(int64)               {}
func (discard) End()                        {}

// followed counts the bytes of a blob on one of its ways, however often it is opened.
type followed struct {
	follow Transfer

	mu      sync.Mutex
	counted int64
	current *followedReader
}

// reader counts what is read of a body that begins at byte number from.
func (f *followed) reader(body io.ReadCloser, from int64) io.ReadCloser {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.follow.Advance(from - f.counted)
	f.counted = from
	f.current = &followedReader{body, f}
	return f.current
}

type followedReader struct {
	io.ReadCloser
	followed *followed
}

func (r *followedReader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	r.followed.mu.Lock()
	defer r.followed.mu.Unlock()
	if r.followed.current == r { // the connection of an earlier try may still be reading
		r.followed.counted += int64(n)
		r.followed.follow.Advance(int64(n))
	}
	return n, err
}
