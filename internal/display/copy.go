package display

import (
	"slices"
	"sync"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// The values of --progress.
const (
	ProgressAuto  = "auto" // bars on terminals, elsewhere lines
	ProgressPlain = "plain"
	ProgressJSON  = "json"
	ProgressNone  = "none"
)

// CopyMeter shows a copy on standard error until it is closed.
type CopyMeter interface {
	mirror.Meter
	// Close ends the display. err is the error of the copy; nil says that it is complete.
	Close(err error)
}

// CopyOptions are what the display of a copy needs to know.
type CopyOptions struct {
	Progress string   // a value of --progress
	Console  *Console // of standard error
	// Record is shown by plain lines before the copy begins; nil shows nothing then.
	Record *Record
	// Terminal says that standard error is a terminal that moves its cursor.
	Terminal bool
	// Size returns the current columns and rows of the terminal, 0 if they are not known.
	Size func() (columns, rows int)
}

// NewCopyMeter returns a display for one copy. An unknown value of --progress is fault.Usage. While the display is open, the
// console shows no line of a Record below it. Auto shows bars once the copy begins, and before that leaves the console as it
// is; the other values take the console at once.
func NewCopyMeter(o CopyOptions) (CopyMeter, error) {
	if err := CheckProgress(o.Progress); err != nil {
		return nil, err
	}
	switch {
	case o.Progress == ProgressAuto && o.Terminal:
		return newBars(o), nil
	case o.Progress == ProgressJSON:
		return newCopyJSON(o.Console), nil
	case o.Progress == ProgressNone:
		o.Console.claim()
		return &noCopy{console: o.Console}, nil
	}
	return newCopyText(o.Console, o.Record), nil
}

// CheckProgress checks a value of --progress. An unknown one is fault.Usage.
func CheckProgress(value string) error {
	if !slices.Contains(ProgressValues(), value) {
		return fault.Errorf(fault.Usage, "--progress %q: want auto, plain, json or none", value)
	}
	return nil
}

// ProgressValues returns the values of --progress, the default first.
func ProgressValues() []string {
	return []string{ProgressAuto, ProgressPlain, ProgressJSON, ProgressNone}
}

// noCopy shows nothing.
type noCopy struct {
	tally
	console *Console
}

func (n *noCopy) Close(error) { n.console.release() }

// rateWindow is the time over which the rate of a copy is measured.
const rateWindow = 30 * time.Second

// tally counts what is done of a copy. It is a mirror.Meter.
type tally struct {
	mu        sync.Mutex
	began     time.Time // zero before the copy begins
	totals    mirror.Totals
	copied    int   // images whose blobs are all at the target
	images    int   // complete at the target
	blobs     int   // moved
	bytes     int64 // of blobs that are no longer under way
	transfers []*transfer
	samples   []sample // of the last rateWindow, the oldest first
}

// sample is what was done at a time.
type sample struct {
	at   time.Time
	done int64
}

// transfer is a blob under way. The mutex of its tally guards it.
type transfer struct {
	tally *tally
	name  string
	size  int64 // in bytes
	ways  int64
	sum   int64 // bytes on all ways
}

func (t *tally) Begin(totals mirror.Totals) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.began, t.totals, t.copied, t.images = time.Now(), totals, totals.Done, totals.Done
	t.samples = []sample{{at: t.began}}
}

func (t *tally) Skip(size int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.totals.Blobs--
	t.totals.Bytes -= size
}

func (t *tally) Blob(name string, size int64, ways int) mirror.Transfer {
	b := &transfer{tally: t, name: name, size: size, ways: int64(max(1, ways))}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.transfers = append(t.transfers, b)
	return b
}

func (t *tally) Copied(oci.PullSpec) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.copied++
}

func (t *tally) Image(oci.PullSpec) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.images++
}

func (b *transfer) Advance(n int64) {
	b.tally.mu.Lock()
	defer b.tally.mu.Unlock()
	b.sum += n
}

// End counts a moved blob in full. What was moved of another one stays counted: the next run continues there.
func (b *transfer) End(moved bool) {
	t := b.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	if moved {
		t.bytes += b.size
		t.blobs++
	} else {
		t.bytes += b.done()
	}
	t.transfers = slices.DeleteFunc(t.transfers, func(other *transfer) bool { return other == b })
}

// done is the number of bytes that count as moved. A byte on one of two ways counts half.
func (b *transfer) done() int64 { return min(b.size, max(0, b.sum/b.ways)) }

// copyState is what is done of a copy at a time.
type copyState struct {
	mirror.Totals
	copied        int           // images whose blobs are all at the target
	images, blobs int           // done
	done          int64         // bytes
	rate          float64       // bytes per second in the last rateWindow
	elapsed       time.Duration // since the copy began
	under         []blobState   // the blobs under way, in the order in which they began
}

type blobState struct {
	name       string
	done, size int64
}

// state returns what is done, and takes a sample for the rate. ok is false before the copy begins.
func (t *tally) state(now time.Time) (s copyState, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.began.IsZero() {
		return copyState{}, false
	}
	s = copyState{Totals: t.totals, copied: t.copied, images: t.images, blobs: t.blobs, done: t.bytes, elapsed: now.Sub(t.began)}
	for _, b := range t.transfers {
		s.under = append(s.under, blobState{b.name, b.done(), b.size})
		s.done += b.done()
	}
	s.done = min(s.done, s.Bytes)
	s.rate = t.sample(now, s.done)
	return s, true
}

// sample adds a sample and returns the rate since the oldest one. One sample before the window is kept, so that samples which
// are further apart than the window still give a rate.
func (t *tally) sample(now time.Time, done int64) float64 {
	t.samples = append(t.samples, sample{now, done})
	for len(t.samples) > 2 && now.Sub(t.samples[1].at) >= rateWindow {
		t.samples = t.samples[1:]
	}
	first := t.samples[0]
	if seconds := now.Sub(first.at).Seconds(); seconds > 0 {
		return max(0, float64(done-first.done)/seconds)
	}
	return 0
}

// fraction is the part that is done, of the bytes or, if there are none to move, of the images: from 0 to 1.
func (s copyState) fraction() float64 {
	switch {
	case s.Bytes > 0:
		return float64(s.done) / float64(s.Bytes)
	case s.Images > 0:
		return float64(s.images) / float64(s.Images)
	}
	return 1
}

// left is the time that the remaining bytes take at the current rate. ok is false if there is no rate, or nothing remains.
func (s copyState) left() (time.Duration, bool) {
	if s.rate < 1 || s.done >= s.Bytes {
		return 0, false
	}
	const longest = 1000 * time.Hour // a rate that low says nothing
	seconds := float64(s.Bytes-s.done) / s.rate
	return time.Duration(seconds * float64(time.Second)), seconds < longest.Seconds()
}
