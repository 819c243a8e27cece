package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// content is a body no two parts of which are alike.
func content(n int) []byte {
	data := make([]byte, n)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(data)
	return data
}

// part is one answer of a server: which bytes it gives, and what it says of them.
type part struct {
	status     int // 0: 206 for a range, else 200
	breakAfter int // bytes, then a reset; 0 gives all
	data       []byte
	rangeText  string // in place of the true Content-Range
	etag       string
}

// serve answers one part after the other, of data where a part has none; the last one is repeated.
func serve(data []byte, asked *[]string, parts ...part) Func {
	return func(r *http.Request) (*http.Response, error) {
		p := parts[min(len(*asked), len(parts)-1)]
		header := r.Header.Get("Range")
		*asked = append(*asked, header)
		if p.data == nil {
			p.data = data
		}
		from, _ := rangeStart(header)
		response := newResponse(r, 200, "")
		if header != "" && p.status == 0 && from <= int64(len(p.data)) {
			response.StatusCode = 206
			response.Header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(p.data)-1, len(p.data)))
			if p.rangeText != "" {
				response.Header.Set("Content-Range", p.rangeText)
			}
		} else {
			from = 0
			if p.status != 0 {
				response.StatusCode = p.status
			}
		}
		if p.etag != "" {
			response.Header.Set("ETag", p.etag)
		}
		body := p.data[from:]
		response.ContentLength = int64(len(body))
		var reader io.Reader = bytes.NewReader(body)
		if p.breakAfter > 0 {
			reader = io.MultiReader(bytes.NewReader(body[:p.breakAfter]), breaking{})
		}
		response.Body = io.NopCloser(reader)
		return response, nil
	}
}

type breaking struct{}

func (breaking) Read([]byte) (int, error) { return 0, syscall.ECONNRESET }

func TestResume(t *testing.T) {
	data := content(100_000)
	other := content(100_001)[1:]
	for name, test := range map[string]struct {
		from  int
		size  int64
		parts []part
		asked string
		kind  fault.Kind
		want  string
	}{
		"unbroken":                     {0, 0, []part{{}}, "", 0, ""},
		"broken twice":                 {0, 0, []part{{breakAfter: 40_000}, {breakAfter: 30_000}, {}}, ",bytes=40000-,bytes=70000-", 0, ""},
		"from a byte on":               {1000, 100_000, []part{{}}, "bytes=1000-", 0, ""},
		"from a byte on, broken":       {1000, 100_000, []part{{breakAfter: 40_000}, {}}, "bytes=1000-,bytes=41000-", 0, ""},
		"no ranges":                    {1000, 100_000, []part{{status: 200}}, "bytes=1000-", 0, ""},
		"no ranges, broken":            {1000, 0, []part{{status: 200, breakAfter: 40_000}, {status: 200}}, "bytes=1000-,bytes=40000-", 0, ""},
		"416":                          {0, 0, []part{{breakAfter: 40_000}, {status: 416}, {}}, ",bytes=40000-,", 0, ""},
		"another start":                {0, 0, []part{{breakAfter: 40_000}, {rangeText: "bytes 39999-99999/100000"}, {}}, ",bytes=40000-,", 0, ""},
		"another total":                {0, 0, []part{{breakAfter: 40_000}, {rangeText: "bytes 40000-100000/100001"}, {}}, ",bytes=40000-,", 0, ""},
		"another size than is known":   {1000, 99_999, []part{{}, {}}, "bytes=1000-,", 0, ""},
		"another ETag":                 {0, 0, []part{{breakAfter: 40_000, etag: "a"}, {etag: "b"}, {etag: "b"}}, ",bytes=40000-,", 0, ""},
		"a break at the first byte":    {0, 0, []part{{status: 200, breakAfter: 40_000}, {status: 416}, {}}, ",bytes=40000-,", 0, ""},
		"whole again, and other bytes": {0, 0, []part{{breakAfter: 40_000}, {status: 200, data: other}}, ",bytes=40000-", fault.Integrity, "a.example sent different bytes on retry"},
		"whole again, and fewer bytes": {0, 0, []part{{breakAfter: 40_000}, {status: 200, data: data[:5]}}, ",bytes=40000-", fault.Integrity, "a.example sent fewer bytes on retry"},
		"whole again, broken again":    {0, 0, []part{{breakAfter: 40_000}, {status: 200, breakAfter: 60_000}, {status: 200}}, ",bytes=40000-,bytes=60000-", fault.Network, "a.example closed the connection twice and cannot resume"},
		"whole again, broken earlier":  {0, 0, []part{{breakAfter: 40_000}, {status: 200, breakAfter: 30_000}}, ",bytes=40000-", fault.Network, "a.example closed the connection twice and cannot resume"},
		"breaks that bring nothing":    {0, 0, []part{{breakAfter: 10}}, ",bytes=10-,bytes=20-,bytes=30-,bytes=40-", fault.Network, "at byte 50 of 100000, 5 times in a row: a.example cannot be reached: connection reset by peer"},
		"breaks that bring something":  {0, 0, []part{{breakAfter: 16 << 10}, {breakAfter: 16 << 10}, {breakAfter: 16 << 10}, {breakAfter: 16 << 10}, {breakAfter: 16 << 10}, {breakAfter: 16 << 10}, {}}, ",bytes=16384-,bytes=32768-,bytes=49152-,bytes=65536-,bytes=81920-,bytes=98304-", 0, ""},
		"gone":                         {0, 0, []part{{breakAfter: 40_000}, {status: 404}}, ",bytes=40000-", fault.Network, "a.example answered 404 Not Found"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []string
			var c clock
			arrived := int64(test.from)
			link := Resume(ResumeOptions{Size: test.size, Clock: c.clock(), Advance: func(n int64) { arrived += n }})
			request := newRequest(t, "GET", "https://a.example/x")
			if test.from > 0 {
				request.Header.Set("Range", fmt.Sprintf("bytes=%d-", test.from))
			}
			response, err := link(serve(data, &asked, test.parts...)).RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			if want := int64(len(data) - test.from); response.ContentLength != want {
				t.Errorf("length %d, want %d", response.ContentLength, want)
			}
			got, err := io.ReadAll(response.Body)
			wantError(t, err, test.kind, test.want)
			if err == nil && (!bytes.Equal(got, data[test.from:]) || arrived != int64(len(data))) {
				t.Errorf("got %d bytes, and %d arrived", len(got), arrived)
			}
			if !bytes.HasPrefix(data[test.from:], got) {
				t.Error("what was given is no part of the body")
			}
			if got := strings.Join(asked, ","); got != test.asked {
				t.Errorf("asked for %q, want %q", got, test.asked)
			}
			if _, again := response.Body.Read(make([]byte, 1)); again == nil || err != nil && again.Error() != err.Error() {
				t.Errorf("a further read gives %v, after %v", again, err)
			}
		})
	}
}

func TestResumeOfABodyThatIsShorterThanWhatIsHere(t *testing.T) {
	var asked []string
	request := newRequest(t, "GET", "https://a.example/x")
	request.Header.Set("Range", "bytes=2000-")
	_, err := Resume(ResumeOptions{})(serve(content(1000), &asked, part{status: 200})).RoundTrip(request)
	wantError(t, err, fault.Integrity, "a.example gave 1000 bytes, of which 2000 are here already")
}

func TestResumeLeavesOtherRequestsAlone(t *testing.T) {
	for _, test := range []struct {
		method, header string
		status         int
	}{{"HEAD", "", 200}, {"GET", "bytes=0-0", 206}, {"GET", "bytes=-5", 206}, {"GET", "", 404}, {"PUT", "", 201}} {
		request := newRequest(t, test.method, "https://a.example/x")
		if test.header != "" {
			request.Header.Set("Range", test.header)
		}
		answer := newResponse(request, test.status, "text")
		body := answer.Body
		next := Func(func(r *http.Request) (*http.Response, error) {
			if r.Header.Get("Range") != test.header {
				t.Errorf("asked for %q", r.Header.Get("Range"))
			}
			return answer, nil
		})
		response, err := Resume(ResumeOptions{})(next).RoundTrip(request)
		if err != nil || response != answer || response.Body != body {
			t.Errorf("%s %s: got %v, %v", test.method, test.header, response, err)
		}
	}
}

func TestResumeEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var asked []string
	next := serve(content(1000), &asked, part{breakAfter: 10})
	sleep := func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	response, err := Resume(ResumeOptions{Clock: Clock{Sleep: sleep}})(next).RoundTrip(newRequest(t, "GET", "https://a.example/x").WithContext(ctx))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(response.Body); !errors.Is(err, context.Canceled) || len(asked) != 1 {
		t.Errorf("got %v after %d requests", err, len(asked))
	}
}

func FuzzContentRange(f *testing.F) {
	for _, s := range []string{"bytes 0-9/10", "bytes 5-9/10", "bytes 5-9/*", "bytes -1-9/10", "bytes 9-5/10", "items 0-9/10", "bytes 0-10/10"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, last, total, ok := ContentRange(text)
		if ok && (first < 0 || first > last || last >= total) {
			t.Errorf("%q: %d-%d/%d", text, first, last, total)
		}
	})
}

func TestContentRange(t *testing.T) {
	for text, want := range map[string]bool{
		"bytes 0-9/10": true, "bytes 5-9/10": true, "bytes 5-9/*": false, "bytes */10": false, "bytes 9-5/10": false,
		"bytes 5-10/10": false, "5-9/10": false, "": false, "bytes -5-9/10": false, "bytes 5-9": false, "bytes 5-99999999999999999999/10": false,
	} {
		if _, _, _, ok := ContentRange(text); ok != want {
			t.Errorf("%q: got %v", text, ok)
		}
	}
}
