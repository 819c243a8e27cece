package registry

import (
	"net/http"
	"strconv"
	"strings"
)

// resumes says whether a response to a request for the rest of a blob can be used: the rest of the same blob, or the
// whole of it. Everything else about it is the caller's.
func resumes(response *http.Response, k *call) bool {
	switch response.StatusCode {
	case http.StatusOK:
		k.whole = true
		return true
	case http.StatusRequestedRangeNotSatisfiable:
		return false
	case http.StatusPartialContent:
		first, last, total, ok := contentRange(response.Header.Get("Content-Range"))
		etag := response.Header.Get("ETag")
		want := total - 1
		if k.kind == firstByteCall {
			want = 0
		}
		if !ok || first != k.from || last != want || k.total >= 0 && total != k.total || k.etag != "" && etag != k.etag {
			return false
		}
		k.total = total
		return true
	}
	return true
}

// contentRange reads "bytes FIRST-LAST/TOTAL"; a total that the server does not know is no total.
func contentRange(text string) (first, last, total int64, ok bool) {
	rest, found := strings.CutPrefix(text, "bytes ")
	if !found {
		return 0, 0, 0, false
	}
	span, size, _ := strings.Cut(rest, "/")
	from, to, _ := strings.Cut(span, "-")
	var errs [3]error
	first, errs[0] = strconv.ParseInt(from, 10, 64)
	last, errs[1] = strconv.ParseInt(to, 10, 64)
	total, errs[2] = strconv.ParseInt(size, 10, 64)
	return first, last, total, errs == [3]error{} && first >= 0 && first <= last && last < total
}
