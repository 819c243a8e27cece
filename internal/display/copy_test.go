package display

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

const mib = 1 << 20

// totals are those of a copy that takes 100 seconds at 10 MiB/s.
func totals() mirror.Totals {
	return mirror.Totals{Images: 190, Done: 10, Blobs: 3, Bytes: 1000 * mib}
}

func source(name string) oci.PullSpec {
	return oci.Repository{Host: "q.io", Path: "org/" + name}.Tag("1")
}

// emulator is a terminal that shows what is written to it. It knows the escape sequences of Console.
type emulator struct {
	mu          sync.Mutex
	columns     int
	lines       [][]rune
	row, column int
}

func (e *emulator) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	text := string(p)
	for text != "" {
		r := []rune(text)[0]
		text = text[len(string(r)):]
		switch r {
		case '\r':
			e.column = 0
		case '\n':
			e.row, e.column = e.row+1, 0
		case '\b':
			e.column--
		case '\x1b':
			end := strings.IndexAny(text, "AKJ")
			if end < 0 || text[0] != '[' {
				return 0, fmt.Errorf("escape sequence %q", text)
			}
			e.escape(text[end], text[1:end])
			text = text[end+1:]
		default:
			if e.column == e.columns {
				e.row, e.column = e.row+1, 0
			}
			e.grow()
			e.lines[e.row][e.column] = r
			e.column++
		}
		e.grow()
	}
	return len(p), nil
}

// width returns the columns, and resize changes them. Lines that are shown do not move.
func (e *emulator) width() int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.columns
}

func (e *emulator) resize(columns int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.columns = columns
}

func (e *emulator) escape(command byte, argument string) {
	switch command {
	case 'A':
		n, _ := strconv.Atoi(argument)
		e.row = max(0, e.row-n)
	case 'K':
		e.lines[e.row] = e.lines[e.row][:e.column]
	case 'J':
		e.lines[e.row] = e.lines[e.row][:e.column]
		e.lines = e.lines[:e.row+1]
	}
}

func (e *emulator) grow() {
	for len(e.lines) <= e.row {
		e.lines = append(e.lines, nil)
	}
	for len(e.lines[e.row]) <= e.column {
		e.lines[e.row] = append(e.lines[e.row], ' ')
	}
}

// String is what the terminal shows, without blanks at the ends of lines.
func (e *emulator) String() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var b strings.Builder
	for _, line := range e.lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return strings.TrimRight(b.String(), "\n")
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got, want = strings.TrimSuffix(got, "\n"), strings.Trim(want, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPlainCopyPrintsALineEveryTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		record := NewRecord(t.Context())
		m := newMeter(t, CopyOptions{Progress: ProgressAuto, Console: NewConsole(&out), Record: record})
		reading := record.Begin(progress.Task{What: "manifests", Count: true, Done: 3, Total: 200})
		time.Sleep(15 * time.Second)
		reading.End()
		m.Begin(totals())
		time.Sleep(10 * time.Second) // 25 s
		first := m.Blob("blob 1", 400*mib, 2)
		first.Advance(400 * mib)
		first.Advance(-40 * mib) // half of the rest is 180 MiB
		m.Copied(source("etcd"))
		time.Sleep(10 * time.Second) // 35 s
		first.End(true)
		m.Skip(100 * mib)
		time.Sleep(10 * time.Second) // 45 s
		m.Blob("blob 2", 500*mib, 3).End(true)
		for range 179 {
			m.Copied(source("other"))
		}
		time.Sleep(10 * time.Second) // 55 s
		for range 180 {
			m.Image(source("other"))
		}
		time.Sleep(7 * time.Second)
		m.Close(nil)
		m.Close(nil)
		time.Sleep(time.Minute)
		expect(t, out.String(), `
Reading manifests, 3 of 200, 10s
copied 0 B of 1000.0 MiB (0%), 10 of 190 images
copied 180.0 MiB of 1000.0 MiB (18%), 11 of 190 images, 12 MiB/s, about 69 s left
copied 400.0 MiB of 900.0 MiB (44%), 11 of 190 images, 16 MiB/s, about 32 s left
copied 900.0 MiB of 900.0 MiB (100%), 190 of 190 images, 10 tagged, 30 MiB/s
copied 900.0 MiB of 900.0 MiB (100%), 190 of 190 images, 24 MiB/s
copied 900.0 MiB in 47s, 190 of 190 images, 19 MiB/s
`)
	})
}

// The summary on standard output is enough.
func TestPlainCopyOfSecondsPrintsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := newMeter(t, CopyOptions{Progress: ProgressPlain, Console: NewConsole(&out), Terminal: true})
		m.Begin(totals())
		time.Sleep(9 * time.Second)
		m.Close(nil)
		expect(t, out.String(), "")
	})
}

func newMeter(t *testing.T, o CopyOptions) CopyMeter {
	t.Helper()
	m, err := NewCopyMeter(o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestCopyLines(t *testing.T) {
	whole := mirror.Totals{Images: 190, Bytes: 10523 * mib}
	nothing := mirror.Totals{Images: 190}
	for _, test := range []struct {
		name                   string
		state                  copyState
		line, complete, failed string
	}{
		{
			"under way",
			copyState{Totals: whole, copied: 48, done: 1229 * mib, rate: 35 * mib, elapsed: 72 * time.Second},
			"copied 1.2 GiB of 10.3 GiB (11%), 48 of 190 images, 35 MiB/s, about 4 min left",
			"copied 1.2 GiB in 1m12s, 48 of 190 images, 17 MiB/s",
			"stopped after 1m12s, copied 1.2 GiB of 10.3 GiB (11%), 48 of 190 images",
		},
		{
			"stalled",
			copyState{Totals: whole, copied: 48, done: 1229 * mib},
			"copied 1.2 GiB of 10.3 GiB (11%), 48 of 190 images",
			"copied 1.2 GiB in 0s, 48 of 190 images",
			"stopped after 0s, copied 1.2 GiB of 10.3 GiB (11%), 48 of 190 images",
		},
		{
			"slow",
			copyState{Totals: whole, done: 10_000, rate: 2000, elapsed: 5 * time.Second},
			"copied 9.8 KiB of 10.3 GiB (0%), 0 of 190 images, 2.0 KiB/s",
			"copied 9.8 KiB in 5s, 0 of 190 images, 2.0 KiB/s",
			"stopped after 5s, copied 9.8 KiB of 10.3 GiB (0%), 0 of 190 images",
		},
		{
			"hours",
			copyState{Totals: whole, done: 0, rate: mib, elapsed: 5 * time.Second},
			"copied 0 B of 10.3 GiB (0%), 0 of 190 images, 1.0 MiB/s, about 2 h 55 min left",
			"copied 0 B in 5s, 0 of 190 images, 0 B/s",
			"stopped after 5s, copied 0 B of 10.3 GiB (0%), 0 of 190 images",
		},
		{
			"manifests remain",
			copyState{Totals: whole, copied: 190, images: 48, done: whole.Bytes, rate: 35 * mib, elapsed: 300 * time.Second},
			"copied 10.3 GiB of 10.3 GiB (100%), 190 of 190 images, 48 tagged, 35 MiB/s",
			"copied 10.3 GiB in 5m0s, 190 of 190 images, 48 tagged, 35 MiB/s",
			"stopped after 5m0s, copied 10.3 GiB of 10.3 GiB (100%), 190 of 190 images, 48 tagged",
		},
		{
			"complete",
			copyState{Totals: whole, copied: 190, images: 190, done: whole.Bytes, rate: 35 * mib, elapsed: 300 * time.Second},
			"copied 10.3 GiB of 10.3 GiB (100%), 190 of 190 images, 35 MiB/s",
			"copied 10.3 GiB in 5m0s, 190 of 190 images, 35 MiB/s",
			"stopped after 5m0s, copied 10.3 GiB of 10.3 GiB (100%), 190 of 190 images",
		},
		{
			"no blob to move",
			copyState{Totals: nothing, copied: 190, images: 190},
			"190 of 190 images are complete",
			"190 of 190 images are complete, nothing was copied",
			"stopped after 0s, 190 of 190 images are complete",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			expect(t, copyLine(test.state), test.line)
			expect(t, lastCopyLine(test.state, true), test.complete)
			expect(t, lastCopyLine(test.state, false), test.failed)
		})
	}
}

func TestJSONCopyPrintsEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		console := NewConsole(&out)
		m := newMeter(t, CopyOptions{Progress: ProgressJSON, Console: console, Terminal: true})
		time.Sleep(1500 * time.Millisecond)
		m.Begin(totals())
		blob := m.Blob("blob 1", 100*mib, 2)
		blob.Advance(20 * mib)
		time.Sleep(time.Second)
		blob.Advance(180 * mib)
		blob.End(true)
		fmt.Fprintln(console.Guard(), "Warning: x")
		m.Copied(source("etcd"))
		m.Copied(source("cli"))
		m.Image(source("etcd"))
		time.Sleep(700 * time.Millisecond)
		m.Close(errors.New("x"))
		expect(t, out.String(), `
{"event":"begin","time":"2000-01-01T00:00:01Z","imagesCopied":10,"imagesDone":10,"images":190,"blobsDone":0,"blobs":3,"bytesDone":0,"bytes":1048576000,"bytesPerSecond":0,"seconds":0}
{"event":"progress","time":"2000-01-01T00:00:02Z","imagesCopied":10,"imagesDone":10,"images":190,"blobsDone":0,"blobs":3,"bytesDone":10485760,"bytes":1048576000,"bytesPerSecond":20971520,"secondsLeft":50,"seconds":0}
Warning: x
{"event":"image","time":"2000-01-01T00:00:02Z","image":"q.io/org/etcd:1","imagesCopied":12,"imagesDone":11,"images":190,"blobsDone":1,"blobs":3,"bytesDone":104857600,"bytes":1048576000,"bytesPerSecond":104857600,"secondsLeft":9,"seconds":1}
{"event":"progress","time":"2000-01-01T00:00:03Z","imagesCopied":12,"imagesDone":11,"images":190,"blobsDone":1,"blobs":3,"bytesDone":104857600,"bytes":1048576000,"bytesPerSecond":69905066,"secondsLeft":14,"seconds":1}
{"event":"end","time":"2000-01-01T00:00:03Z","complete":false,"imagesCopied":12,"imagesDone":11,"images":190,"blobsDone":1,"blobs":3,"bytesDone":104857600,"bytes":1048576000,"bytesPerSecond":61680941,"secondsLeft":16,"seconds":1}
`)
	})
}

// A copy that fails before it begins ends with an event that machines can read.
func TestJSONCopyEndsWithoutABeginning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		m := newMeter(t, CopyOptions{Progress: ProgressJSON, Console: NewConsole(&out)})
		m.Close(nil)
		var event map[string]any
		if err := json.Unmarshal(out.Bytes(), &event); err != nil || event["event"] != "end" || event["complete"] != true {
			t.Errorf("%v: %s", err, out.String())
		}
	})
}

// copyHalf begins a copy with six blobs under way, and waits for 20 seconds.
func copyHalf(m CopyMeter) {
	m.Begin(totals())
	for i := range 6 {
		m.Blob("blob 0123456789a"+strconv.Itoa(i), int64((i+1)*50*mib), 2).Advance(int64(i) * int64(i) * 16 * mib)
	}
	time.Sleep(20*time.Second + terminalEvery/2) // between two frames
}

func TestBarsFitTheTerminal(t *testing.T) {
	for _, test := range []struct {
		columns, rows int
		want          string
	}{
		{80, 24, half},
		{0, 0, half}, // not known
		{60, 24, `
 44% [=================>------------------------] 26 s left
440.0 of 1000.0 MiB, 22 MiB/s, 10 of 190 images
  0% [---------------] blob 0123456789a0, 0.0 of 50.0 MiB
  8% [>--------------] blob 0123456789a1, 8.0 of 100.0 MiB
 21% [==>------------] blob 0123456789a2, 32.0 of 150.0 MiB
 36% [====>----------] blob 0123456789a3, 72.0 of 200.0 MiB
`},
		{40, 24, `
 44% [=========>------------] 26 s left
440.0 of 1000.0 MiB, 10/190 images
  0% [--------------] blob 0123456789a0
  8% [>-------------] blob 0123456789a1
 21% [==>-----------] blob 0123456789a2
 36% [====>---------] blob 0123456789a3
`},
		{16, 24, `
 44% 26 s left
10/190 images
  0% blob 0123>
  8% blob 0123>
 21% blob 0123>
 36% blob 0123>
`},
		{80, 3, `
 44% [=====>-------] 440.0 of 1000.0 MiB, 22 MiB/s, 26 s left, 10 of 190 images
  0% [----------------------] blob 0123456789a0, 0.0 of 50.0 MiB
`},
	} {
		t.Run(fmt.Sprint(test.columns, "x", test.rows), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				e := &emulator{columns: cmp.Or(test.columns, 80)}
				size := func() (int, int) { return test.columns, test.rows }
				m := newMeter(t, CopyOptions{Progress: ProgressAuto, Console: NewConsole(e), Terminal: true, Size: size})
				copyHalf(m)
				expect(t, e.String(), test.want)
				m.Close(nil)
				expect(t, e.String(), "")
			})
		})
	}
}

// terminalOf shows bars on a terminal of 80 columns, after a line of another program, and the line of a record.
func terminalOf(t *testing.T) (e *emulator, c *Console, m CopyMeter, line *Terminal) {
	e = &emulator{columns: 80}
	_, _ = e.Write([]byte("$ mirror\n"))
	c = NewConsole(e)
	size := func() (int, int) { return e.width(), 24 }
	record := NewRecord(t.Context())
	record.Begin(progress.Task{What: "a layer"})
	line = NewTerminal(c, record, e.width)
	return e, c, newMeter(t, CopyOptions{Progress: ProgressAuto, Console: c, Terminal: true, Size: size}), line
}

const half = ` 44% [=====>-------] 440.0 of 1000.0 MiB, 22 MiB/s, 26 s left, 10 of 190 images
  0% [----------------------] blob 0123456789a0, 0.0 of 50.0 MiB
  8% [=>--------------------] blob 0123456789a1, 8.0 of 100.0 MiB
 21% [====>-----------------] blob 0123456789a2, 32.0 of 150.0 MiB
 36% [=======>--------------] blob 0123456789a3, 72.0 of 200.0 MiB`

func TestWarningsStandAboveTheBars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, c, m, line := terminalOf(t)
		defer line.Close()
		time.Sleep(1100 * time.Millisecond)
		expect(t, e.String(), "$ mirror\nReading a layer, nothing has arrived, 1s")
		copyHalf(m)
		expect(t, e.String(), "$ mirror\n"+half)
		fmt.Fprintln(c.Guard(), "Warning: x")
		expect(t, e.String(), "$ mirror\nWarning: x\n"+half)
		fmt.Fprint(c.Guard(), "Password: ")
		time.Sleep(time.Second)
		expect(t, e.String(), "$ mirror\nWarning: x\nPassword:")
		fmt.Fprintln(c.Guard(), "***")
		expect(t, strings.Join(strings.Split(e.String(), "\n")[:3], "\n"), "$ mirror\nWarning: x\nPassword: ***")
		m.Close(errors.New("failed"))
		m.Close(nil)
		expect(t, e.String(), "$ mirror\nWarning: x\nPassword: ***")
		time.Sleep(time.Second) // the copy is over, the line is shown again
		if !strings.Contains(e.String(), "Reading a layer") {
			t.Errorf("the terminal shows %s", e)
		}
	})
}

// On Ctrl-C, the command may return before the copy does. ^C is what the terminal itself prints.
func TestInterruptedCopyLeavesTheTerminalClean(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, m, line := terminalOf(t)
		copyHalf(m)
		_, _ = e.Write([]byte("^C"))
		line.Close()
		expect(t, e.String(), "$ mirror")
		time.Sleep(time.Second)
		expect(t, e.String(), "$ mirror")
		m.Close(errors.New("interrupted"))
		expect(t, e.String(), "$ mirror")
	})
}

func TestBarsAreErasedBeforeTheResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, c, m, line := terminalOf(t)
		copyHalf(m)
		fmt.Fprintln(c.Result(e), "moved 3 blobs")
		time.Sleep(time.Second)
		expect(t, e.String(), "$ mirror\nmoved 3 blobs")
		m.Close(nil)
		line.Close()
		expect(t, e.String(), "$ mirror\nmoved 3 blobs")
	})
}

func TestBarsFollowTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e, _, m, line := terminalOf(t)
		defer line.Close()
		copyHalf(m)
		e.resize(100)
		time.Sleep(terminalEvery)
		expect(t, e.String(), "$ mirror\n"+half) // the window may still be changing
		time.Sleep(terminalEvery)
		if got := strings.Split(e.String(), "\n"); len(got) != 6 || len(got[1]) != 99 {
			t.Errorf("the terminal shows\n%s", e)
		}
		m.Close(nil)
		expect(t, e.String(), "$ mirror")
	})
}

func TestNoProgressPrintsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		console := NewConsole(&out)
		record := NewRecord(t.Context())
		record.Begin(layer())
		m := newMeter(t, CopyOptions{Progress: ProgressNone, Console: console, Record: record, Terminal: true})
		line := NewTerminal(console, record, func() int { return 80 })
		copyHalf(m)
		expect(t, out.String(), "")
		m.Close(nil)
		line.Close()
	})
}

func TestProgressValues(t *testing.T) {
	for _, value := range ProgressValues() {
		if err := CheckProgress(value); err != nil {
			t.Error(err)
		}
	}
	_, err := NewCopyMeter(CopyOptions{Progress: "bars"})
	if fault.KindOf(err) != fault.Usage || err.Error() != `--progress "bars": want auto, plain, json or none` {
		t.Errorf("got %v", err)
	}
}

// TestCopyMetersInParallel is for the race detector.
func TestCopyMetersInParallel(t *testing.T) {
	for _, value := range ProgressValues() {
		for _, terminal := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				c := NewConsole(io.Discard)
				m := newMeter(t, CopyOptions{Progress: value, Console: c, Terminal: terminal})
				var group sync.WaitGroup
				group.Go(func() { m.Begin(totals()) })
				for range 8 {
					group.Go(func() {
						for range 50 {
							b := m.Blob("blob", 3, 2)
							b.Advance(6)
							time.Sleep(time.Second)
							fmt.Fprintln(c.Guard(), "x")
							b.End(true)
							m.Skip(1)
							m.Copied(source("etcd"))
							m.Image(source("etcd"))
						}
					})
				}
				group.Wait()
				m.Close(nil)
			})
		}
	}
}
