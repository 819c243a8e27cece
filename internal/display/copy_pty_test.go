//go:build linux || darwin

package display

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// TestBarsOnAPseudoTerminal shows bars on a real terminal, makes its window narrow, and interrupts the copy.
func TestBarsOnAPseudoTerminal(t *testing.T) {
	t.Setenv("NO_COLOR", "1")
	master, tty, err := pty.Open()
	if err != nil {
		t.Skipf("there is no pseudo-terminal: %v", err)
	}
	defer master.Close()
	defer tty.Close()
	// A read of the terminal fails when the program has closed it, and otherwise waits for ever.
	hung := time.AfterFunc(time.Minute, func() { _ = tty.Close() })
	defer hung.Stop()
	resize := func(columns uint16) {
		t.Helper()
		if err := pty.Setsize(master, &pty.Winsize{Rows: 24, Cols: columns}); err != nil {
			t.Fatal(err)
		}
	}
	e := &emulator{columns: 80}
	// shows reads until the terminal shows a text.
	shows := func(want string) {
		t.Helper()
		buffer := make([]byte, 4096)
		for !strings.Contains(e.String(), want) {
			n, err := master.Read(buffer)
			if err != nil {
				t.Fatalf("%v; the terminal shows\n%s", err, e)
			}
			if _, err := e.Write(buffer[:n]); err != nil {
				t.Fatal(err)
			}
		}
	}
	resize(80)
	size := func() (columns, rows int) { return printers.TerminalSize(tty) }
	c := NewConsole(tty)
	m := newMeter(t, CopyOptions{Progress: ProgressAuto, Console: c, Terminal: printers.IsTerminal(tty), Size: size})
	m.Begin(totals())
	m.Blob("blob 0123456789ab", 200*mib, 2).Advance(200 * mib)
	shows("] blob 0123456789ab, 100.0 of 200.0 MiB")
	resize(40)
	shows("10/190 images")
	shows("\n 50% [======>-------] blob 0123456789ab")
	m.Close(errors.New("interrupted"))
	if _, err := tty.WriteString("done\n"); err != nil {
		t.Fatal(err)
	}
	shows("done")
	expect(t, e.String(), "done")
}
