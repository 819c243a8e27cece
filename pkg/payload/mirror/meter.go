package mirror

import (
	"io"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Meter follows a copy. Several goroutines call it at the same time.
type Meter interface {
	// Begin is called once, when it is known which manifests the target lacks.
	Begin(Totals)
	// Skip is called for a blob of the totals that the target has or mounts: it is not moved. size is in bytes.
	Skip(size int64)
	// Blob is called when the transfer of a blob begins. name is short and for people. Every byte of the blob is advanced
	// over ways times: when it arrives at this machine, and for each repository to which it is sent.
	Blob(name string, size int64, ways int) Transfer
	// Copied is called for each tag of an image, and not of a signature, when all blobs of the image are at the target. Its
	// manifests are pushed after the blobs of all images. It is not called for those that count in Totals.Done. source is by
	// digest.
	Copied(source oci.PullSpec)
	// Image is called for each tag of an image, and not of a signature, when it is pushed: then the image is complete at the
	// target. source is by digest.
	Image(source oci.PullSpec)
}

// Totals are what a copy has to do.
type Totals struct {
	Images int   // by tag, those included that are complete at the target
	Done   int   // images that are complete already
	Blobs  int   // of the images that are not, including those that Meter.Skip will take back
	Bytes  int64 // of these blobs
}

// Transfer follows a blob.
type Transfer interface {
	// Advance says that n more bytes came one way further. n is negative when bytes have to be sent again.
	Advance(n int64)
	// End is called once. moved says that the blob is at the target, and now counts in full; otherwise moving it failed, or
	// the target mounted it.
	End(moved bool)
}

// discard is the meter of a Copier without one.
type discard struct{}

func (discard) Begin(Totals)                     {}
func (discard) Skip(int64)                       {}
func (discard) Blob(string, int64, int) Transfer { return discard{} }
func (discard) Copied(oci.PullSpec)              {}
func (discard) Image(oci.PullSpec)               {}
func (discard) Advance(int64)                    {}
func (discard) End(bool)                         {}

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
