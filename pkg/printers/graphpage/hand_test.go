package graphpage_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

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

func (b *browser) reload() {
	b.t.Helper()
	loaded := b.await("Page.loadEventFired")
	b.call("Page.reload", nil, nil)
	b.wait(loaded, "the page to load again")
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
	for end := time.Now().Add(slow); ; time.Sleep(20 * time.Millisecond) {
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
