package display

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/printers"
)

const (
	barBlobs    = 4  // blobs under way that are shown
	barShortest = 10 // columns of a bar
	barLongest  = 24 // columns of a blob's bar
)

// bars shows a copy on a terminal: a bar for the whole, and one for each of the first blobs under way. On narrow terminals,
// the numbers of the whole are on a line of their own.
type bars struct {
	tally
	console *Console
	size    func() (columns, rows int)
	begin   sync.Once
	close   sync.Once
	shown   *mpb.Progress // nil before the copy begins
	frame   copyState     // what is done at the frame that is drawn
}

func newBars(o CopyOptions) *bars {
	size := o.Size
	if size == nil {
		size = func() (int, int) { return 0, 0 }
	}
	return &bars{console: o.Console, size: size}
}

// Begin shows the bars, after a second.
func (b *bars) Begin(totals mirror.Totals) {
	b.tally.Begin(totals)
	b.begin.Do(func() {
		b.console.claim()
		b.shown = b.show()
	})
}

func (b *bars) show() *mpb.Progress {
	delayed := make(chan any)
	time.AfterFunc(terminalDelay, func() { close(delayed) })
	shown := mpb.New(
		mpb.WithConsoleWriter(&frame{console: b.console, size: b.size, next: b.next}),
		mpb.WithRefreshRate(terminalEvery),
		mpb.WithRenderDelay(delayed),
	)
	// A total of 0 keeps mpb from ending a bar: the bars end with the display.
	add := func(row func(s copyState, columns int) string) {
		shown.New(0, fillerBuilder(func(w io.Writer, stat decor.Statistics) error {
			_, err := io.WriteString(w, row(b.frame, stat.AvailableWidth))
			return err
		}), mpb.BarFillerTrim())
	}
	add(wholeRow)
	add(wholeNumbers)
	for i := range barBlobs {
		add(func(s copyState, columns int) string { return blobRow(s, i, columns) })
	}
	return shown
}

// next begins a frame. mpb draws its rows afterwards, so that all show the same state.
func (b *bars) next() { b.frame, _ = b.state(time.Now()) }

// fillerBuilder draws a row for mpb.
type fillerBuilder func(io.Writer, decor.Statistics) error

// Build returns the function as mpb wants it.
func (f fillerBuilder) Build() mpb.BarFiller { return mpb.BarFillerFunc(f) }

// Close erases the bars.
func (b *bars) Close(error) {
	b.begin.Do(func() {}) // a copy that begins later is not shown
	b.close.Do(func() {
		if b.shown != nil {
			b.shown.Shutdown()
			b.console.release()
		}
	})
}

// wholeRow is the bar of the whole copy, with its numbers if the terminal is wide enough.
func wholeRow(s copyState, columns int) string {
	numbers := strings.Join(append(amounts(s), images(s)), ", ")
	if !isWide(columns, numbers) {
		numbers = ""
		if left, ok := s.left(); ok {
			numbers = roughly(left) + " left"
		}
	}
	return barRow(s.fraction(), columns, columns, numbers)
}

// wholeNumbers are the numbers of the whole copy for narrow terminals, on wide ones "".
func wholeNumbers(s copyState, columns int) string {
	all := amounts(s)
	if isWide(columns, strings.Join(append(all, images(s)), ", ")) {
		return ""
	}
	done := fmt.Sprintf("%d/%d images", s.copied, s.Images)
	for _, numbers := range []string{
		strings.Join(append(all[:min(2, len(all))], images(s)), ", "),
		strings.Join(append(all[:min(2, len(all))], done), ", "),
		strings.Join(append(all[:min(1, len(all))], done), ", "),
	} {
		if columnsOf(numbers) <= columns {
			return numbers
		}
	}
	return fit(done, columns)
}

// isWide reports whether a bar and the numbers fit in one line.
func isWide(columns int, numbers string) bool {
	return percentColumns+1+barShortest+1+columnsOf(numbers) <= columns
}

// amounts are the bytes done of the total, the rate and the time left, as far as they are known.
func amounts(s copyState) []string {
	if s.Bytes == 0 {
		return nil
	}
	texts := []string{amountOf(s.done, s.Bytes)}
	if s.rate >= 1 {
		texts = append(texts, rateOf(s.rate))
	}
	if left, ok := s.left(); ok {
		texts = append(texts, roughly(left)+" left")
	}
	return texts
}

func amountOf(done, total int64) string {
	divisor, unit := unitOf(total)
	return quantity(done, divisor) + " of " + quantity(total, divisor) + " " + unit
}

// blobRow is the bar of a blob under way, "" if there are fewer.
func blobRow(s copyState, i, columns int) string {
	under := s.under[:min(barBlobs, len(s.under))]
	if i >= len(under) {
		return ""
	}
	texts, longest := blobTexts(under, blobState.amount)
	if !isWide(columns, texts[longest]) {
		texts, longest = blobTexts(under, blobState.title)
	}
	// All bars are as long as there is room for beside the longest text, and so stand in one column.
	room := columns - percentColumns - 1 - 1 - columnsOf(texts[longest])
	return barRow(under[i].fraction(), columns, min(barLongest, room), texts[i])
}

// blobTexts returns the text of each blob, and the index of the longest.
func blobTexts(blobs []blobState, text func(blobState) string) (texts []string, longest int) {
	for i, b := range blobs {
		texts = append(texts, text(b))
		if columnsOf(texts[i]) > columnsOf(texts[longest]) {
			longest = i
		}
	}
	return texts, longest
}

func (b blobState) title() string { return printers.SafeLine(b.name) }

func (b blobState) amount() string { return b.title() + ", " + amountOf(b.done, b.size) }

func (b blobState) fraction() float64 {
	if b.size <= 0 {
		return 1
	}
	return float64(b.done) / float64(b.size)
}

// percentColumns is the width of "100%".
const percentColumns = 4

// barRow draws a percentage, a bar that takes at most longest columns, and a text. The bar is left out if there is no room.
func barRow(fraction float64, columns, longest int, text string) string {
	row := fmt.Sprintf("%3d%%", int(100*fraction))
	room := columns - percentColumns - 1
	if text != "" {
		room -= 1 + columnsOf(text)
	}
	if room = min(room, longest); room >= barShortest {
		row += " " + bar(fraction, room)
	}
	if text != "" {
		row += " " + text
	}
	return fit(row, columns)
}

// bar draws a bar in mpb's style.
func bar(fraction float64, columns int) string {
	const whole = 1 << 20
	var text bytes.Buffer
	current := min(whole, int64(math.Floor(fraction*whole)))
	stat := decor.Statistics{AvailableWidth: columns, Total: whole, Current: current, Completed: current == whole}
	if err := mpb.BarStyle().Build().Fill(&text, stat); err != nil {
		return "" // a buffer takes everything
	}
	return text.String()
}

// frame takes the rows that mpb draws to a console.
type frame struct {
	bytes.Buffer
	console *Console
	size    func() (columns, rows int)
	next    func() // begins a frame

	columns int // in which the rows were drawn
	rows    int // of the terminal
	drawn   int // columns of the last frame, 0 for none
}

// IsTerminal says that mpb may draw.
func (f *frame) IsTerminal() bool { return true }

// GetTermSize is called before each frame. It returns the columns to draw in: in the last one, some terminals begin a new line.
// mpb gets no limit of rows, because it would drop the first ones; Flush drops the last ones.
func (f *frame) GetTermSize() (columns, rows int, err error) {
	f.next()
	columns, f.rows = f.size()
	if columns <= 0 {
		columns = usualWidth
	}
	f.columns = max(1, columns-1)
	return f.columns, math.MaxInt32, nil
}

// Flush shows the rows that are not empty. While the window changes its width it shows nothing, because each frame that a
// terminal breaks into more rows cannot be erased completely.
func (f *frame) Flush(int) error {
	text := f.String()
	f.Reset()
	last := f.drawn
	f.drawn = f.columns
	if last != 0 && last != f.columns {
		return nil
	}
	var rows []string
	for row := range strings.Lines(text) {
		if row = strings.TrimRight(row, " \n"); row != "" {
			rows = append(rows, row)
		}
	}
	if f.rows > 0 {
		rows = rows[:min(len(rows), max(1, f.rows-1))]
	}
	f.console.drawRows(rows)
	return nil
}
