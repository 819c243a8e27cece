package graphpage_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium with one tab, spoken to in the DevTools protocol over a pipe.
type browser struct {
	t       *testing.T
	out     io.Writer
	session string
	last    int

	mu      sync.Mutex
	replies map[int]chan reply
	events  map[string]chan struct{} // closed at the first event of a method
	gone    chan struct{}            // closed when the browser is
	log     string                   // file of what it writes to its standard error
	trouble []string                 // what the tab complained about
	asked   []string                 // addresses that the tab asked for
}

type reply struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// slow is how long a browser on a busy machine may take.
const slow = 60 * time.Second

// browse starts a browser; the test is skipped where there is none.
func browse(t *testing.T) *browser {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			program = found
			break
		}
	}
	if program == "" {
		t.Skip("chromium is not installed")
	}
	if runtime.GOOS == "windows" {
		t.Skip("a program on Windows gets no more than three pipes")
	}
	// Not t.TempDir: a process of the browser may write there for a moment longer.
	home, err := os.MkdirTemp("", "page")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	// Not of the test's context: that ends before the browser is closed.
	command := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe",
		"--user-data-dir="+filepath.Join(home, "profile"), "about:blank")
	command.Env = append(os.Environ(), "HOME="+home)
	toRead, write := pipe(t)
	read, toWrite := pipe(t)
	log, err := os.Create(filepath.Join(home, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command.ExtraFiles, command.Stderr = []*os.File{toRead, toWrite}, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	for _, file := range []*os.File{toRead, toWrite, log} {
		file.Close()
	}
	b := &browser{
		t: t, out: write, replies: map[int]chan reply{}, events: map[string]chan struct{}{},
		gone: make(chan struct{}), log: log.Name(),
	}
	go b.listen(read)
	t.Cleanup(func() {
		kill := time.AfterFunc(slow, func() { _ = command.Process.Kill() })
		defer kill.Stop()
		fmt.Fprint(write, `{"id":0,"method":"Browser.close"}`+"\x00")
		_ = command.Wait() // how a browser ends proves nothing
		write.Close()
		read.Close()
	})
	b.attach()
	return b
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	return r, w
}

// attach makes the tab and has it tell what it asks for and what it complains about.
func (b *browser) attach() {
	var target struct{ TargetID string }
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.session = attached.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(domain+".enable", nil, nil)
	}
}

// listen sorts what comes from the browser.
func (b *browser) listen(from io.Reader) {
	defer close(b.gone)
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes(0)
		if err != nil {
			return
		}
		var got reply
		if json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &got) != nil {
			continue
		}
		b.mu.Lock()
		if waiting, ok := b.replies[got.ID]; ok && got.Method == "" {
			delete(b.replies, got.ID)
			waiting <- got
		}
		b.note(got)
		b.mu.Unlock()
	}
}

func (b *browser) note(got reply) {
	if event, ok := b.events[got.Method]; ok {
		delete(b.events, got.Method)
		close(event)
	}
	switch got.Method {
	case "Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded":
		b.trouble = append(b.trouble, string(got.Params))
	case "Network.requestWillBeSent":
		var sent struct{ Request struct{ URL string } }
		if json.Unmarshal(got.Params, &sent) == nil {
			b.asked = append(b.asked, sent.Request.URL)
		}
	}
}

// call asks for one thing and waits for the answer.
func (b *browser) call(method string, params map[string]any, into any) {
	b.t.Helper()
	b.last++
	message := map[string]any{"id": b.last, "method": method, "params": params}
	if params == nil {
		delete(message, "params")
	}
	if b.session != "" {
		message["sessionId"] = b.session
	}
	text, err := json.Marshal(message)
	if err != nil {
		b.t.Fatal(err)
	}
	answer := make(chan reply, 1)
	b.mu.Lock()
	b.replies[b.last] = answer
	b.mu.Unlock()
	if _, err := b.out.Write(append(text, 0)); err != nil {
		b.t.Fatalf("%s: %v", method, err)
	}
	select {
	case got := <-answer:
		if got.Error != nil {
			b.t.Fatalf("%s: %s", method, got.Error.Message)
		}
		if into != nil {
			if err := json.Unmarshal(got.Result, into); err != nil {
				b.t.Fatalf("%s: %v", method, err)
			}
		}
	case <-b.gone:
		log, _ := os.ReadFile(b.log)
		b.t.Fatalf("%s: the browser has ended\n%s", method, log)
	case <-time.After(slow):
		b.t.Fatalf("%s: no answer", method)
	}
}

// calm holds that the tab asked for nothing but its page and complained about nothing.
func (b *browser) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, address := range b.asked {
		if !strings.HasPrefix(address, "file://") && !strings.HasPrefix(address, "data:,") {
			b.t.Errorf("the page asked for %s", address)
		}
	}
	if len(b.asked) == 0 {
		b.t.Error("not even the page was asked for: nothing was listened to")
	}
	for _, line := range b.trouble {
		b.t.Errorf("the browser complained: %s", line)
	}
}
