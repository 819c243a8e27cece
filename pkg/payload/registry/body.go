package registry

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Bounds of what is read into memory.
const (
	manifestLimit = 8 << 20
	errorLimit    = 64 << 10
	tokenLimit    = 1 << 20
)

// readManifest takes the whole body, so that one that breaks off is asked for again, and gives it back to the response.
func readManifest(response *http.Response, meter progress.Meter) ([]byte, error) {
	response.Body = counted{progress.Reader(meter, response.Body), response.Body}
	body, err := readLimited(response, manifestLimit)
	if errors.Is(err, errTooLarge) {
		return nil, fault.Errorf(fault.Integrity, "the manifest has more than %d bytes (8 MiB)", manifestLimit)
	}
	return body, err
}

// counted is a body that tells how much of it was read.
type counted struct {
	io.Reader
	io.Closer
}

var errTooLarge = errors.New("too large")

// readLimited reads a body of at most limit bytes, stops at the first byte beyond, and leaves a copy in the response.
func readLimited(response *http.Response, limit int64) ([]byte, error) {
	defer response.Body.Close()
	if response.ContentLength > limit {
		return nil, errTooLarge
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, errTooLarge
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return body, nil
}

// errorCode reads the code of a registry's error document and empties the body: what else such a document says is
// the server's free text.
func errorCode(response *http.Response) string {
	data, _ := io.ReadAll(io.LimitReader(response.Body, errorLimit))
	discard(response)
	response.Body, response.ContentLength = http.NoBody, 0
	var doc struct {
		Errors []struct {
			Code string `json:"code"`
		} `json:"errors"`
	}
	if json.Unmarshal(data, &doc) != nil || len(doc.Errors) == 0 {
		return ""
	}
	code := doc.Errors[0].Code
	if len(code) > 40 || strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != "" {
		return ""
	}
	return code
}

// isWebPage says whether a body begins as HTML does: the answer of a sign-in page or a proxy, not of a registry.
func isWebPage(body []byte) bool {
	return strings.HasPrefix(http.DetectContentType(body), "text/html")
}

// webPage is the error of a host that answered with a page for people.
func webPage(host, wanted string) error {
	return fault.Errorf(fault.Auth, "%s answered with a web page in place of %s: a sign-in page or a proxy is in front of the registry; sign in there, or use another address of the registry", host, wanted)
}

// peek reads the beginning of a body and leaves the whole of it in the response.
func peek(response *http.Response) ([]byte, error) {
	body := response.Body
	start := make([]byte, 512)
	n, err := io.ReadFull(body, start)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(start[:n]), body), body}
	return start[:n], nil
}

// discard ends a response whose body is not wanted; a short rest is read so that the connection can serve again.
func discard(response *http.Response) {
	_, _ = io.CopyN(io.Discard, response.Body, 4096)
	response.Body.Close()
}
