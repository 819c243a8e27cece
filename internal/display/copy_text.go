package display

import (
	"encoding/json"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// copyText prints a line about a copy every ten seconds. Before the copy begins, the lines are about the record. A copy that
// takes longer also gets a line at its end.
type copyText struct {
	tally
	console *Console
	record  *Record
	started time.Time
	stop    func()
	once    sync.Once
	printed bool // a line about the copy
}

func newCopyText(c *Console, r *Record) *copyText {
	c.claim()
	t := &copyText{console: c, record: r, started: time.Now()}
	t.stop = repeat(textEvery, textEvery, t.show)
	return t
}

func (t *copyText) show(now time.Time) {
	if s, ok := t.state(now); ok {
		t.console.print(copyLine(s))
		t.printed = true
	} else if t.record != nil {
		if line := status(t.record, now.Sub(t.started)); line != "" {
			t.console.print(line)
		}
	}
}

// Close prints the last line.
func (t *copyText) Close(err error) {
	t.once.Do(func() {
		t.stop()
		if s, ok := t.state(time.Now()); ok && t.printed {
			t.console.print(lastCopyLine(s, err == nil))
		}
		t.console.release()
	})
}

// copyLine is the line about a copy that goes on.
func copyLine(s copyState) string {
	if s.Bytes == 0 {
		return complete(s)
	}
	line := fmt.Sprintf("copied %s of %s (%d%%), %s", bytesOf(s.done), bytesOf(s.Bytes), percent(s), images(s))
	if s.rate >= 1 {
		line += ", " + rateOf(s.rate)
	}
	if left, ok := s.left(); ok {
		line += ", about " + roughly(left) + " left"
	}
	return line
}

// lastCopyLine is the line about a copy that has ended. Its rate is that of the whole copy.
func lastCopyLine(s copyState, ok bool) string {
	elapsed := s.elapsed.Round(time.Second)
	switch {
	case s.Bytes == 0 && ok:
		return complete(s) + ", nothing was copied"
	case s.Bytes == 0:
		return fmt.Sprintf("stopped after %s, %s", elapsed, complete(s))
	case !ok:
		return fmt.Sprintf("stopped after %s, copied %s of %s (%d%%), %s", elapsed, bytesOf(s.done), bytesOf(s.Bytes), percent(s), images(s))
	}
	line := fmt.Sprintf("copied %s in %s, %s", bytesOf(s.done), elapsed, images(s))
	if seconds := s.elapsed.Seconds(); seconds >= 1 {
		line += ", " + rateOf(float64(s.done)/seconds)
	}
	return line
}

// images says how many images have all of their blobs at the target and, once all have, how many have their tag.
func images(s copyState) string {
	text := fmt.Sprintf("%d of %d images", s.copied, s.Images)
	if s.copied == s.Images && s.images < s.Images {
		text += fmt.Sprintf(", %d tagged", s.images)
	}
	return text
}

// complete says how many images are complete at the target.
func complete(s copyState) string {
	return fmt.Sprintf("%d of %d images are complete", s.images, s.Images)
}

// percent is 100 only when everything is done.
func percent(s copyState) int { return int(100 * s.fraction()) }

func bytesOf(n int64) string {
	divisor, unit := unitOf(n)
	return quantity(n, divisor) + " " + unit
}

// rateOf returns bytes per second as "35 MiB/s" or "3.5 MiB/s".
func rateOf(rate float64) string {
	divisor, unit := unitOf(int64(rate))
	if value := rate / float64(divisor); value >= 9.95 || divisor == 1 {
		return fmt.Sprintf("%.0f %s/s", value, unit)
	}
	return fmt.Sprintf("%.1f %s/s", rate/float64(divisor), unit)
}

// roughly returns a time to wait in one or two units.
func roughly(d time.Duration) string {
	seconds := int(math.Ceil(d.Seconds()))
	minutes := (seconds + 30) / 60
	switch {
	case seconds < 90:
		return fmt.Sprintf("%d s", seconds)
	case minutes < 90:
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// jsonEvery is the least time between two progress events.
const jsonEvery = time.Second

// copyEvent is one line of --progress=json. The package comment describes it; its fields do not change.
type copyEvent struct {
	Event    string `json:"event"`
	Time     string `json:"time"`
	Image    string `json:"image,omitempty"`    // of the event image
	Complete *bool  `json:"complete,omitempty"` // of the event end

	ImagesCopied int   `json:"imagesCopied"`
	ImagesDone   int   `json:"imagesDone"`
	Images       int   `json:"images"`
	BlobsDone    int   `json:"blobsDone"`
	Blobs        int   `json:"blobs"`
	BytesDone    int64 `json:"bytesDone"`
	Bytes        int64 `json:"bytes"`

	BytesPerSecond int64  `json:"bytesPerSecond"`
	SecondsLeft    *int64 `json:"secondsLeft,omitempty"`
	Seconds        int64  `json:"seconds"`
}

// copyJSON prints JSON lines about a copy for machines.
type copyJSON struct {
	tally
	console *Console
	order   sync.Mutex // keeps the lines in the order of their numbers
	stop    func()
	once    sync.Once
}

func newCopyJSON(c *Console) *copyJSON {
	c.claim()
	j := &copyJSON{console: c}
	j.stop = repeat(jsonEvery, jsonEvery, j.show)
	return j
}

// show prints a progress event.
func (j *copyJSON) show(now time.Time) {
	j.order.Lock()
	defer j.order.Unlock()
	j.print(now, copyEvent{Event: "progress"})
}

func (j *copyJSON) Begin(totals mirror.Totals) {
	j.order.Lock()
	defer j.order.Unlock()
	j.tally.Begin(totals)
	j.print(time.Now(), copyEvent{Event: "begin"})
}

func (j *copyJSON) Image(source oci.PullSpec) {
	j.order.Lock()
	defer j.order.Unlock()
	j.tally.Image(source)
	j.print(time.Now(), copyEvent{Event: "image", Image: source.String()})
}

// Close prints the end event.
func (j *copyJSON) Close(err error) {
	j.once.Do(func() {
		j.stop()
		j.order.Lock()
		defer j.order.Unlock()
		complete := err == nil
		j.print(time.Now(), copyEvent{Event: "end", Complete: &complete})
		j.console.release()
	})
}

// print prints an event with the current numbers. Before the copy begins, only the end event is printed.
func (j *copyJSON) print(now time.Time, e copyEvent) {
	s, ok := j.state(now)
	if !ok && e.Event != "end" {
		return
	}
	e.Time = now.UTC().Format(time.RFC3339)
	e.ImagesCopied, e.ImagesDone, e.Images, e.BlobsDone, e.Blobs, e.BytesDone, e.Bytes = s.copied, s.images, s.Images, s.blobs, s.Blobs, s.done, s.Bytes
	e.BytesPerSecond, e.Seconds = int64(s.rate), int64(s.elapsed.Seconds())
	if left, ok := s.left(); ok {
		seconds := int64(math.Ceil(left.Seconds()))
		e.SecondsLeft = &seconds
	}
	line, err := json.Marshal(e)
	if err != nil {
		return // a struct of strings and numbers always becomes JSON
	}
	j.console.print(string(line))
}
