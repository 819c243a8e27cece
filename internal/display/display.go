package display

import (
	"sync"
	"time"
)

// When a record is shown.
const (
	terminalDelay = time.Second // a command that ends sooner shows nothing
	terminalEvery = 200 * time.Millisecond
	textEvery     = 10 * time.Second
)

// usualWidth is assumed of a terminal that does not tell its own.
const usualWidth = 80

// Display shows a record until it is closed.
type Display interface {
	// Close removes what is shown for the moment, and ends the display.
	Close()
}

// Discard shows nothing.
type Discard struct{}

// Close has nothing to remove.
func (Discard) Close() {}

// Terminal shows a record as one line that is drawn over and over, from the first second on.
type Terminal struct {
	console *Console
	record  *Record
	width   func() int
	started time.Time
	stop    func()
}

// NewTerminal shows a record on a console. width gives the columns of the terminal, 0 when they are not known; it may
// change while the command runs.
func NewTerminal(c *Console, r *Record, width func() int) *Terminal {
	t := &Terminal{console: c, record: r, width: width, started: time.Now()}
	t.stop = repeat(terminalDelay, terminalEvery, t.show)
	return t
}

// show draws the line for a moment.
func (t *Terminal) show(now time.Time) {
	width := t.width()
	if width <= 0 {
		width = usualWidth
	}
	// A line that fills the last column would make some terminals begin a new one.
	t.console.draw(fit(status(t.record, now.Sub(t.started)), width-1))
}

// Close erases the line.
func (t *Terminal) Close() {
	t.stop()
	t.console.close()
}

// Text prints a record every ten seconds: for logs of commands that copy for minutes.
type Text struct {
	console *Console
	record  *Record
	started time.Time
	stop    func()
}

// NewText prints a record on a console.
func NewText(c *Console, r *Record) *Text {
	t := &Text{console: c, record: r, started: time.Now()}
	t.stop = repeat(textEvery, textEvery, t.show)
	return t
}

// show prints the line for a moment.
func (t *Text) show(now time.Time) {
	if line := status(t.record, now.Sub(t.started)); line != "" {
		t.console.print(line)
	}
}

// Close prints nothing more.
func (t *Text) Close() { t.stop() }

// repeat calls show after delay and then again and again, until stop is called: it returns when show is over.
func repeat(delay, every time.Duration, show func(now time.Time)) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		timer := time.NewTimer(delay)
		defer timer.Stop()
		for {
			select {
			case now := <-timer.C:
				show(now)
				timer.Reset(every)
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}
