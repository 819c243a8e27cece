package registry

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/faultproxy"
)

// TestMirrorShowsNoSecret mirrors with credentials for source and target in files of their own, through uploads whose addresses
// are signed. No output has a secret, whether the copy succeeds or fails.
func TestMirrorShowsNoSecret(t *testing.T) {
	right, wrong := login(user, password), login(user, "canary-wrong")
	for name, test := range map[string]struct {
		from, to string // entries of the files for source and target
		location func(address string) string
		answer   faultproxy.Fault // to what is sent to the address of an upload
		code     int
	}{
		"success":                        {from: right, to: right},
		"refused at the source":          {from: wrong, to: right, code: 4},
		"refused at the target":          {from: right, to: wrong, code: 4},
		"malformed entry for the target": {from: right, to: `{"auth":"canary"}`, code: 4},
		"no entry but text":              {from: right, to: `"canary"`, code: 4},
		"upload is forbidden":            {from: right, to: right, answer: echo(http.StatusForbidden), code: 4},
		"upload fails":                   {from: right, to: right, answer: echo(http.StatusBadRequest), code: 5},
		"upload is answered by a 500":    {from: right, to: right, answer: echo(http.StatusInternalServerError), code: 5},
		"upload is reset":                {from: right, to: right, answer: faultproxy.ResetRequest(1 << 20), code: 5},
		"upload continues on a closed port": {
			from: right, to: right, code: 5,
			location: func(string) string {
				return "https://user:canary-userinfo@127.0.0.1:1/canary-path?signature=canary-query"
			},
		},
		"upload continues nowhere": {
			from: right, to: right, code: 5,
			location: func(string) string { return "https://user:canary-userinfo@%zz/canary-path?signature=canary-query" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, registries := range [][2]string{{"tokens", "htpasswd"}, {"htpasswd", "tokens"}} {
				source, target := closed(t)[registries[0]], closed(t)[registries[1]]
				source.push(t, source.host())
				location := test.location
				if location == nil {
					location = func(address string) string { return address + "&signature=canary-query" }
				}
				target.fault = signedUploads(location, test.answer)
				run, args := fresh(t), []string{
					"mirror", source.host() + "/ocp/release:4.14.0", "--to", target.host() + "/ocp/m", "--certificate-authority", bundle(t, source, target),
					"--authfile", authFile(t, source.host(), test.from), "--to-authfile", authFile(t, target.host(), test.to), "-v=9",
				}
				for _, flags := range [][]string{{"--progress=json"}, {"--progress=plain", "--error-format=json"}} {
					got := run.run(append(args, flags...)...)
					if got.code != test.code {
						t.Errorf("%s: exit code %d, want %d: %s", registries, got.code, test.code, got.err)
					}
					if !strings.Contains(got.err, source.host()+"/v2/") {
						t.Errorf("%s: no request is logged: %s", registries, got.err)
					}
					noSecret(t, got)
					if strings.Contains(got.out+got.err, "_state") {
						t.Errorf("%s: the output has the address of an upload: %s", registries, got.err)
					}
				}
			}
		})
	}
}

// signedUploads changes the addresses at which uploads continue, and how such requests are answered.
func signedUploads(location func(string) string, answer faultproxy.Fault) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if answer != nil && r.URL.Query().Has("_state") {
				answer(next).ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(&relocated{w, location}, r)
		})
	}
}

// relocated is an answer with another address of an upload.
type relocated struct {
	http.ResponseWriter
	location func(string) string
}

func (w *relocated) WriteHeader(status int) {
	if address := w.Header().Get("Location"); status == http.StatusAccepted && address != "" {
		w.Header().Set("Location", w.location(address))
	}
	w.ResponseWriter.WriteHeader(status)
}

// echo answers with a status, and repeats the credentials and the query of the request.
func echo(status int) faultproxy.Fault {
	return func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"errors":[{"code":"UNKNOWN","message":%q}]}`, r.Header.Get("Authorization")+" "+r.URL.RawQuery)
		})
	}
}
