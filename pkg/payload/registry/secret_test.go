package registry_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/faultproxy"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// canary stands for every secret of a test: no error and no log may have it in any encoding.
const canary = "CANARY-8f1b"

// TestSecretsAreInNoErrorAndNoLog makes every kind of failure happen with secrets in every place that has one.
func TestSecretsAreInNoErrorAndNoLog(t *testing.T) {
	entries := map[string]string{
		"password":       `{"auth":"dXNlcjpDQU5BUlktOGYxYg=="}`,
		"identity token": `{"auth":"dTo=","identitytoken":"` + canary + `"}`,
		"registry token": `{"registrytoken":"` + canary + `"}`,
		"broken entry":   `{"auth":"` + canary + `"}`,
		"no object":      `"` + canary + `"`,
	}
	answers := map[string]layer{
		"basic":         basic("other", "other"),
		"bearer":        bearer("other:other", "/token?secret="+canary),
		"token fails":   func(next http.Handler) http.Handler { return tokenStatus(bearer("x:y", "/token")(next), 500) },
		"token garbage": func(next http.Handler) http.Handler { return tokenStatus(bearer("x:y", "/token")(next), 200) },
		"foreign realm": challenged("https://user:" + canary + "@tokens.example/" + canary),
		"redirect":      faults(faultproxy.Rule{Fault: faultproxy.Status(302, http.Header{"Location": {"http://127.0.0.1:1/x?signature=" + canary}})}),
		"bad redirect":  faults(faultproxy.Rule{Fault: faultproxy.Status(302, http.Header{"Location": {"https://u:" + canary + "@cdn.example/"}})}),
		"403":           faults(faultproxy.Rule{Fault: faultproxy.Status(403, nil)}),
		"503":           faults(faultproxy.Rule{Fault: faultproxy.Status(503, nil)}),
		"reset":         faults(faultproxy.Rule{Fault: faultproxy.Reset(0)}),
		"echo":          echo,
	}
	for what, entry := range entries {
		for how, answer := range answers {
			t.Run(what+", "+how, func(t *testing.T) {
				s := start(t, newHTTP, answer)
				s.pushImage(t, "org/r", "t")
				file := filepath.Join(t.TempDir(), "auth.json")
				writeFile(t, file, fmt.Sprintf(`{"auths":{%q:%s}}`, s.host, entry))
				var log bytes.Buffer
				o := withFile(s, file)
				o.Log = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 10}))
				o.Getenv = env("HTTPS_PROXY", "http://user:"+canary+"@proxy.example:3128")
				c := registry.New(o)
				_, _, _, err := c.Manifest(t.Context(), orgR(s.host), "t")
				if err == nil {
					t.Fatal("no error")
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%#v", err), log.String()} {
					for _, secret := range []string{canary, "Q0FOQVJZLThmMWI", "DQU5BUlktOGYxYg"} {
						if strings.Contains(text, secret) {
							t.Errorf("a secret is in %s", text)
						}
					}
				}
				if strings.Contains(err.Error(), "\n") {
					t.Errorf("more than one line: %s", err)
				}
			})
		}
	}
}

// TestRequestLogHasNoQueries: signatures of storage, the account of a token server and paths that are not the
// registry's own stay out of the log, which has one line for each request.
func TestRequestLogHasNoQueries(t *testing.T) {
	s := start(t, newHTTP, func(next http.Handler) http.Handler {
		signed := tokenAnswer(`{"token":"T"}`)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+canary+"?X-Amz-Signature="+canary, http.StatusTemporaryRedirect)
		}))
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Query().Get("X-Amz-Signature") == canary {
				_, _ = w.Write(layerBytes)
				return
			}
			r.URL.RawQuery = "" // the realm's own
			signed.ServeHTTP(w, r)
		})
	})
	var lines []string
	o := withFile(s, authFile(t, s.host, canary, canary))
	o.Log = slog.New(recorder{&lines})
	data, err := readBlob(t, registry.New(o), orgR(s.host), digest.FromBytes(layerBytes), int64(len(layerBytes)))
	if err != nil || !bytes.Equal(data, layerBytes) {
		t.Fatalf("got %q, %v", data, err)
	}
	blob := "GET https://" + s.host + "/v2/org/r/blobs/" + digest.FromBytes(layerBytes).String()
	plain := strings.Replace(blob, "https", "http", 1)
	want := []string{blob + " failed", plain + " answered", "GET http://" + s.host + " answered", plain + " answered", "GET http://" + s.host + " answered"}
	if !slices.Equal(lines, want) {
		t.Errorf("got  %q\nwant %q", lines, want)
	}
}

// recorder keeps the message of every record and the name of its first attribute.
type recorder struct{ lines *[]string }

func (recorder) Enabled(context.Context, slog.Level) bool { return true }

func (l recorder) Handle(_ context.Context, r slog.Record) error {
	text := r.Message
	r.Attrs(func(a slog.Attr) bool { text += " " + a.Key; return false })
	*l.lines = append(*l.lines, text)
	return nil
}

func (l recorder) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l recorder) WithGroup(string) slog.Handler      { return l }

// tokenStatus answers for the token server.
func tokenStatus(next http.Handler, status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/token" {
			w.WriteHeader(status)
			fmt.Fprint(w, canary)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// echo tells back what it was sent, as an error document.
func echo(http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("WWW-Authenticate", r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":%q}]}`, r.Header.Get("Authorization"))
	})
}
