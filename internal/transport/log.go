package transport

import (
	"log/slog"
	"net/http"
	"net/url"
	"time"
)

// Log logs every request at Debug: its method and address, what was answered or why it failed, and how long that took. An
// address has its path only if showPath says so, and never a query, because both may hold secrets.
func Log(log *slog.Logger, showPath func(*url.URL) bool) Link {
	return func(next http.RoundTripper) http.RoundTripper {
		return Func(func(request *http.Request) (*http.Response, error) {
			if !log.Enabled(request.Context(), slog.LevelDebug) {
				return next.RoundTrip(request)
			}
			started := time.Now()
			response, err := next.RoundTrip(request)
			address := request.URL.Scheme + "://" + request.URL.Host
			if showPath(request.URL) {
				address += request.URL.EscapedPath()
			}
			var result slog.Attr
			if err != nil {
				result = slog.String("failed", Explain(request.URL.Host, err, 1).Error())
			} else {
				result = slog.String("answered", StatusText(response.StatusCode))
			}
			log.Debug(request.Method+" "+address, result, slog.Duration("after", time.Since(started).Round(time.Millisecond)))
			return response, err
		})
	}
}
