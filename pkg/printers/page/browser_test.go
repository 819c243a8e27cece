package page_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
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
	home := t.TempDir()
	// Not of the test's context: that ends before the browser is closed.
	command := exec.Command(program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--disable-dev-shm-usage", "--hide-scrollbars", "--force-color-profile=srgb", "--remote-debugging-pipe",
		"--user-data-dir="+filepath.Join(home, "profile"), "about:blank")
	command.Env = append(os.Environ(), "HOME="+home)
	toRead, write := pipe(t)
	read, toWrite := pipe(t)
	command.ExtraFiles = []*os.File{toRead, toWrite}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	toRead.Close()
	toWrite.Close()
	b := &browser{t: t, out: write, replies: map[int]chan reply{}, events: map[string]chan struct{}{}}
	go b.listen(read)
	t.Cleanup(func() {
		kill := time.AfterFunc(10*time.Second, func() { _ = command.Process.Kill() })
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
	case <-time.After(slow):
		b.t.Fatalf("%s: no answer", method)
	}
}

// visit writes the page to a file and opens that.
func (b *browser) visit(content []byte, fragment string) {
	b.t.Helper()
	file := filepath.Join(b.t.TempDir(), "page.html")
	if err := os.WriteFile(file, content, 0o644); err != nil {
		b.t.Fatal(err)
	}
	address := (&url.URL{Scheme: "file", Path: filepath.ToSlash(file), Fragment: fragment}).String()
	loaded := b.await("Page.loadEventFired")
	b.call("Page.navigate", map[string]any{"url": address}, nil)
	b.wait(loaded, "the page to load")
}

// await gives a channel that is closed at the next event of a method.
func (b *browser) await(method string) chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	event := make(chan struct{})
	b.events[method] = event
	return event
}

func (b *browser) wait(event chan struct{}, what string) {
	b.t.Helper()
	select {
	case <-event:
	case <-time.After(slow):
		b.t.Fatalf("waited in vain for %s", what)
	}
}

// eval runs an expression in the page and reads what it gives as JSON. A promise is waited for.
func (b *browser) eval(expression string, into any) {
	b.t.Helper()
	var got struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Exception struct{ Description string }
		}
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &got)
	if got.ExceptionDetails != nil {
		b.t.Fatalf("%s: %s", expression, got.ExceptionDetails.Exception.Description)
	}
	if into == nil {
		return
	}
	if err := json.Unmarshal(got.Result.Value, into); err != nil {
		b.t.Fatalf("%s: %v in %s", expression, err, got.Result.Value)
	}
}

// want holds that an expression is, or soon becomes, a text.
func (b *browser) want(expression, want string) {
	b.t.Helper()
	var got string
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		b.eval("String("+expression+")", &got)
		if got == want {
			return
		}
		if time.Now().After(end) {
			b.t.Errorf("%s is %q, want %q", expression, got, want)
			return
		}
	}
}

// key presses a key as a person does: one of those with a name, or a letter.
func (b *browser) key(name string) {
	b.t.Helper()
	codes := map[string]int{"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowRight": 39, "/": 191}
	code, text := codes[name], ""
	if code == 0 {
		code = int(strings.ToUpper(name)[0])
	}
	if len(name) == 1 {
		text = name
	}
	if name == "Enter" {
		text = "\r"
	}
	event := map[string]any{"type": "keyDown", "key": name, "windowsVirtualKeyCode": code, "text": text}
	b.call("Input.dispatchKeyEvent", event, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": name, "windowsVirtualKeyCode": code}, nil)
}

// write types a text where the cursor is.
func (b *browser) write(text string) {
	b.t.Helper()
	b.call("Input.insertText", map[string]any{"text": text}, nil)
}

// click clicks the middle of an element, wherever that is.
func (b *browser) click(selector string) {
	b.t.Helper()
	quoted, err := json.Marshal(selector)
	if err != nil {
		b.t.Fatal(err)
	}
	var at struct{ X, Y float64 }
	b.eval(fmt.Sprintf(`(() => {
		const element = document.querySelector(%s);
		element.scrollIntoView({ block: 'center' });
		const box = element.getBoundingClientRect();
		return { X: box.x + box.width / 2, Y: box.y + box.height / 2 };
	})()`, quoted), &at)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// window makes the tab so wide and high, and its theme light or dark.
func (b *browser) window(width, height int, theme string) {
	b.t.Helper()
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": theme}}}, nil)
}

// picture takes a PNG of what is seen, and writes it into $RELEASE_X_PICTURES if that is set.
func (b *browser) picture(name string) []byte {
	b.t.Helper()
	var shot struct{ Data []byte }
	b.call("Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	b.keep(name+".png", shot.Data)
	return shot.Data
}

// print makes a PDF of the page on A4.
func (b *browser) print(name string) []byte {
	b.t.Helper()
	var sheet struct{ Data []byte }
	b.call("Page.printToPDF", map[string]any{"printBackground": false, "preferCSSPageSize": true, "paperWidth": 8.27, "paperHeight": 11.69}, &sheet)
	b.keep(name+".pdf", sheet.Data)
	return sheet.Data
}

func (b *browser) keep(name string, data []byte) {
	b.t.Helper()
	folder := os.Getenv("RELEASE_X_PICTURES")
	if folder == "" {
		return
	}
	if err := os.WriteFile(filepath.Join(folder, name), data, 0o644); err != nil {
		b.t.Fatal(err)
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
