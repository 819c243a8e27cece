package transport

import (
	"errors"
	"hash/maphash"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// progressBytes is what a connection must bring for the count of breaks to begin anew. Connections that always break after a
// while still bring a large body home; those that bring next to nothing do not go on forever.
const progressBytes = 16 << 10

// ResumeOptions are those of Resume. The zero value is silent and knows no size.
type ResumeOptions struct {
	Size    int64         // of the whole body, as the caller knows it; 0 or less when it does not
	Advance func(n int64) // called with the number of bytes that arrived; negative when they come again
	Log     *slog.Logger  // each break at Info; nil drops them
	Clock   Clock
}

// Resume makes one body of the parts in which a broken one arrives. A GET may ask for the rest from a byte on, with the header
// "Range: bytes=N-"; the body that comes back begins there, whatever the server can do. When a body breaks off, the rest is
// asked for behind the reader. Only an answer 206 for exactly these bytes, of the same total and ETag, is appended. A server that
// cannot give a part is asked for the whole once more: then what was given before must come again, or two bodies would be put
// together.
//
// Requests of other methods or with other ranges pass unchanged, as do answers other than 200 and 206. The errors of the body are
// explained, see Explain; bytes that are not those of before are fault.Integrity.
func Resume(o ResumeOptions) Link {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Advance == nil {
		o.Advance = func(int64) {}
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(request *http.Request) (*http.Response, error) {
			from, ok := rangeStart(request.Header.Get("Range"))
			if request.Method != http.MethodGet || !ok {
				return next.RoundTrip(request)
			}
			d := &download{ResumeOptions: o, next: next, request: request, from: from, offset: from, total: -1, given: &maphash.Hash{}}
			if o.Size > 0 {
				d.total = o.Size
			}
			return d.begin()
		})
	}
}

// download is a body that is read over as many connections as it takes.
type download struct {
	ResumeOptions
	next    http.RoundTripper
	request *http.Request

	body   io.ReadCloser // of the current answer
	broken error         // why it ended too early; it is resumed by the next Read
	ended  error         // what every further Read gives

	length int64         // where the current answer's own header says that the body ends, -1 when it does not
	total  int64         // the size of the whole body, -1 if unknown
	etag   string        // of the first answer
	from   int64         // the first byte that is given
	offset int64         // the next byte to give
	given  *maphash.Hash // of the bytes given: it tells whether they come again
	since  int64         // bytes since the last break
	breaks int           // breaks in a row
	again  bool          // the whole body was asked for again once
}

// begin gets the first answer, and reads over the bytes before the one that is wanted if the server gives them too.
func (d *download) begin() (*http.Response, error) {
	response, part, err := d.ask()
	if err != nil || response.StatusCode != http.StatusOK && response.StatusCode != http.StatusPartialContent {
		return response, err
	}
	d.body, d.etag = response.Body, response.Header.Get("ETag")
	response.Body = d
	skip := d.from
	if part {
		skip = 0
	} else {
		d.length, d.from, d.offset = response.ContentLength, 0, 0
		if d.length >= 0 {
			d.total = d.length
		}
	}
	if skip == 0 {
		return response, nil
	}
	d.Advance(-skip)
	n, err := io.CopyN(io.Discard, d, skip)
	if errors.Is(err, io.EOF) {
		err = fault.Errorf(fault.Integrity, "%s gave %d bytes, of which %d are here already", d.request.URL.Host, n, skip)
	}
	if err != nil {
		return nil, d.end(err)
	}
	response.StatusCode, response.Status = http.StatusPartialContent, StatusText(http.StatusPartialContent)
	if response.ContentLength >= 0 {
		response.ContentLength -= skip
	}
	return response, nil
}

// ask sends the request for the bytes from the offset on, or for the whole when the server cannot give a part. part says whether
// the answer is such a part.
func (d *download) ask() (response *http.Response, part bool, err error) {
	ranged := d.request.Clone(d.request.Context())
	ranged.Header.Del("Range")
	if d.offset == 0 {
		response, err = d.next.RoundTrip(ranged)
		return response, false, err
	}
	ranged.Header.Set("Range", "bytes="+strconv.FormatInt(d.offset, 10)+"-")
	response, err = d.next.RoundTrip(ranged)
	if err != nil {
		return nil, false, err
	}
	switch {
	case response.StatusCode == http.StatusPartialContent && d.continues(response):
		return response, true, nil
	case response.StatusCode != http.StatusPartialContent && response.StatusCode != http.StatusRequestedRangeNotSatisfiable:
		return response, false, nil
	}
	Discard(response)
	whole := d.request.Clone(d.request.Context())
	whole.Header.Del("Range")
	response, err = d.next.RoundTrip(whole)
	return response, false, err
}

// continues reports whether a part is the rest of the same body, and takes its size from there.
func (d *download) continues(response *http.Response) bool {
	first, last, total, ok := ContentRange(response.Header.Get("Content-Range"))
	etag := response.Header.Get("ETag")
	if !ok || first != d.offset || last != total-1 || d.total >= 0 && total != d.total || d.etag != "" && etag != d.etag {
		return false
	}
	d.length, d.total = total, total
	return true
}

// Read gives the next bytes; a break on the way is mended before the caller sees it.
func (d *download) Read(p []byte) (int, error) {
	if d.ended != nil {
		return 0, d.ended
	}
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if d.broken != nil {
			if err := d.resume(); err != nil {
				return 0, d.end(err)
			}
		}
		n, err := d.body.Read(p)
		d.offset += int64(n)
		d.since += int64(n)
		d.Advance(int64(n))
		_, _ = d.given.Write(p[:n])
		switch {
		case err == nil:
			return n, nil
		case errors.Is(err, io.EOF) && (d.length < 0 || d.offset >= d.length):
			return n, d.end(io.EOF)
		case errors.Is(err, io.EOF):
			err = io.ErrUnexpectedEOF
		}
		d.broken = err
		if n > 0 {
			return n, nil
		}
	}
}

// Close ends the download.
func (d *download) Close() error {
	if d.ended == nil {
		d.end(errors.New("the body was closed"))
	}
	return nil
}

// end lets go of the connection, and keeps what further reads give.
func (d *download) end(err error) error {
	d.ended = err
	_ = d.body.Close()
	return err
}

// resume asks for what is missing.
func (d *download) resume() error {
	for d.broken != nil {
		_ = d.body.Close()
		if err := d.request.Context().Err(); err != nil {
			return err
		}
		if err := d.pause(); err != nil {
			return err
		}
		response, part, err := d.ask()
		if err != nil {
			return err
		}
		if response.StatusCode != http.StatusOK && !part {
			Discard(response)
			return Explain(d.request.URL.Host, &StatusError{host(d.request, response), response.StatusCode}, 1)
		}
		d.body, d.broken = response.Body, nil
		switch {
		case part:
		case d.offset == 0:
			d.length = response.ContentLength
		case d.again:
			return d.cannotResume()
		default:
			if err := d.compare(response.ContentLength); err != nil {
				return err
			}
		}
	}
	return nil
}

// pause counts a break and waits before the next try.
func (d *download) pause() error {
	if d.since >= progressBytes {
		d.breaks = 0
	}
	d.since = 0
	d.breaks++
	why := Explain(d.request.URL.Host, d.broken, 1)
	if d.breaks == Tries {
		size := "an unknown number"
		if d.total >= 0 {
			size = strconv.FormatInt(d.total, 10)
		}
		return fault.Errorf(fault.Network, "at byte %d of %s, %d times in a row: %w", d.offset, size, Tries, why)
	}
	d.Log.Info("resuming", slog.Int64("at", d.offset), slog.String("reason", why.Error()))
	return d.Clock.sleep(d.request.Context(), Backoff(d.breaks))
}

// compare reads over what was given before, in an answer of length bytes, and sees whether it is the same.
func (d *download) compare(length int64) error {
	d.again = true
	before := d.given.Sum64()
	d.given.Reset()
	n, err := io.CopyN(io.Discard, d.body, d.from)
	if err == nil {
		n, err = io.CopyN(d.given, d.body, d.offset-d.from)
		n += d.from
	}
	if err != nil {
		if n < d.offset && errors.Is(err, io.EOF) {
			return fault.Errorf(fault.Integrity, "%s sent fewer bytes on retry", d.request.URL.Host)
		}
		return d.cannotResume()
	}
	if before != d.given.Sum64() {
		return fault.Errorf(fault.Integrity, "%s sent different bytes on retry", d.request.URL.Host)
	}
	d.length = length
	return nil
}

func (d *download) cannotResume() error {
	return fault.Errorf(fault.Network, "%s closed the connection twice and cannot resume", d.request.URL.Host)
}

// rangeStart reads "bytes=N-"; no header is from the first byte on.
func rangeStart(header string) (from int64, ok bool) {
	if header == "" {
		return 0, true
	}
	text, found := strings.CutPrefix(header, "bytes=")
	text, open := strings.CutSuffix(text, "-")
	from, err := strconv.ParseInt(text, 10, 64)
	return from, found && open && err == nil && from >= 0
}

// ContentRange reads "bytes FIRST-LAST/TOTAL". A total that the server does not know is not accepted.
func ContentRange(header string) (first, last, total int64, ok bool) {
	rest, found := strings.CutPrefix(header, "bytes ")
	if !found {
		return 0, 0, 0, false
	}
	span, size, _ := strings.Cut(rest, "/")
	from, to, _ := strings.Cut(span, "-")
	var errs [3]error
	first, errs[0] = strconv.ParseInt(from, 10, 64)
	last, errs[1] = strconv.ParseInt(to, 10, 64)
	total, errs[2] = strconv.ParseInt(size, 10, 64)
	return first, last, total, errs == [3]error{} && first >= 0 && first <= last && last < total
}
