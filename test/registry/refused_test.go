package registry

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/distribution/distribution/v3/configuration"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/registry"
)

// as makes a client another user of s.
func as(t *testing.T, s *server, name string) func(*registry.Options) {
	t.Helper()
	return func(o *registry.Options) { o.AuthFile = authFile(t, s.host(), login(name, password)) }
}

// refuseLarge answers as a proxy that allows requests of limit bytes.
func refuseLarge(limit int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.ContentLength > limit {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// answer refuses the requests of a method.
func answer(method string, status int, body string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
}

// TestPushIsRefused has every reason for which registries refuse blobs.
func TestPushIsRefused(t *testing.T) {
	const room = "; raise the registry's quota or limit of sizes, or delete what it need not keep"
	data := []byte("data")
	for name, test := range map[string]struct {
		start func(t *testing.T) *server
		as    string
		kind  fault.Kind
		want  string
	}{
		"a user who may pull only": {
			func(t *testing.T) *server { s, _ := bearer(t, newAuthority(t), ""); return s }, reader,
			fault.Auth, "HOST does not allow pushing with the entry HOST of FILE (401 Unauthorized); use a credential that may push, with --authfile or --to-authfile",
		},
		"a user who may pull only, at a token server that gives no smaller token": {
			func(t *testing.T) *server {
				s, tokens := bearer(t, newAuthority(t), "")
				tokens.strict = true
				return s
			}, reader,
			fault.Auth, "the token server REALM of HOST refuses the entry HOST of FILE (401 Unauthorized); log in again, or use a credential that may push, with --authfile or --to-authfile",
		},
		"a user who is not known": {
			basic, "stranger",
			fault.Auth, "HOST refuses the entry HOST of FILE (401); log in again, or use a credential that may push, with --authfile or --to-authfile",
		},
		"a read-only registry": {
			func(t *testing.T) *server {
				return serve(t, newAuthority(t), application(t, &configuration.Configuration{Storage: inMemory(true)}))
			}, user,
			fault.Network, "HOST does not take pushes (405 Method Not Allowed): it is read-only",
		},
		"the quota of Harbor": {
			func(t *testing.T) *server {
				s := open(t)
				s.fault = answer(http.MethodPut, http.StatusForbidden, `{"errors":[{"code":"DENIED","message":"adding 1.0 MiB of storage resource, which when updated to current usage of 9.5 MiB will exceed the configured upper limit of 10.0 MiB."}]}`)
				return s
			}, user,
			fault.Network, "HOST has no room for it (403 Forbidden)" + room,
		},
		"the quota of Quay": {
			func(t *testing.T) *server {
				s := open(t)
				s.fault = answer(http.MethodPost, http.StatusForbidden, `{"errors":[{"code":"QUOTA_EXCEEDED","message":"Quota has been exceeded on namespace","detail":{}}]}`)
				return s
			}, user,
			fault.Network, "HOST has no room for it (403 Forbidden)" + room,
		},
		"a full disk": {
			func(t *testing.T) *server {
				s := open(t)
				s.fault = answer(http.MethodPut, http.StatusInsufficientStorage, "")
				return s
			}, user,
			fault.Network, "HOST has no room for it (507 Insufficient Storage)" + room,
		},
		"a proxy that takes no body": {
			func(t *testing.T) *server { s := open(t); s.fault = refuseLarge(1); return s }, user,
			fault.Network, "HOST has no room for it (413 Request Entity Too Large)" + room,
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := test.start(t)
			err := s.client(t, as(t, s, test.as)).Target(s.repository("org/to")).PushBlob(t.Context(), digest.FromBytes(data), int64(len(data)), from(data))
			wantPushError(t, s, err, test.kind, fmt.Sprintf("pushing blob %s of HOST/org/to: %s", digest.FromBytes(data), test.want))
		})
	}
}

// wantPushError is wantError for a text with the words HOST, REALM and FILE.
func wantPushError(t *testing.T, s *server, err error, kind fault.Kind, text string) {
	t.Helper()
	if err == nil {
		t.Fatalf("got no error, want %s", text)
	}
	got := strings.ReplaceAll(err.Error(), s.host(), "HOST")
	got = regexp.MustCompile(`/\S*/auth\.json`).ReplaceAllString(got, "FILE")
	if _, rest, found := strings.Cut(got, "the token server "); found {
		realm, _, _ := strings.Cut(rest, " ")
		got = strings.Replace(got, realm, "REALM", 1)
	}
	if got != text || fault.KindOf(err) != kind {
		t.Errorf("error of kind %d\n got: %s\nwant: %s", fault.KindOf(err), got, text)
	}
	if strings.Contains(err.Error(), password) {
		t.Errorf("the error has the password")
	}
}

// TestManifestIsRefused pushes what registries do not accept.
func TestManifestIsRefused(t *testing.T) {
	const image = "application/vnd.oci.image.manifest.v1+json"
	lacking := fmt.Sprintf(`{"schemaVersion":2,"mediaType":%q,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","size":2,"digest":%q},"layers":[]}`, image, digest.FromString("{}"))
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			to := s.client(t).Target(s.repository("org/to"))
			err := to.PushManifest(t.Context(), "v1", image, []byte(lacking))
			wantPushError(t, s, err, fault.NotFound, "pushing HOST/org/to:v1: HOST lacks a blob or a manifest that it names")
		})
	}
}

func TestBytesWithAnotherDigest(t *testing.T) {
	for kind, s := range targets(t) {
		t.Run(kind, func(t *testing.T) {
			d, to := digest.FromString("abc"), s.repository("org/to")
			for text, want := range map[string]string{
				"abd": fmt.Sprintf("the bytes of blob %s have another digest", d),
				"ab":  fmt.Sprintf("blob %s has 2 bytes, and not 3", d),
			} {
				err := s.client(t).Target(to).PushBlob(t.Context(), d, 3, func(from int64) (io.ReadCloser, error) {
					return io.NopCloser(strings.NewReader(text[from:])), nil
				})
				wantPushError(t, s, err, fault.Integrity, want)
			}
		})
	}
}

// TestMountIsRefused has a user who may not pull from the other repository, at token servers that give a token for the rest, and
// at those that give none.
func TestMountIsRefused(t *testing.T) {
	for _, strict := range []bool{false, true} {
		t.Run(fmt.Sprintf("strict=%v", strict), func(t *testing.T) {
			s, tokens := bearer(t, newAuthority(t), "")
			tokens.strict = strict
			c, to := s.client(t), s.repository("org/to")
			for i := range uint64(3) {
				data, d := blob(i, 1000)
				if mounted, err := c.Target(to).Mount(t.Context(), d, s.repository(private+"place")); mounted || err != nil {
					t.Errorf("got %v, %v", mounted, err)
				}
				if err := pushBlob(t, c, to, data); err != nil {
					t.Fatal(err)
				}
				wantContent(t, c, to, data)
			}
		})
	}
}

// TestTokenThatEndsInAnUpload has the registry refuse the token of the second chunk. The upload goes on there.
func TestTokenThatEndsInAnUpload(t *testing.T) {
	s, _ := bearer(t, newAuthority(t), "")
	data, _ := blob(1, 3<<20)
	seen, chunks := &writes{}, atomic.Int64{}
	s.fault = func(next http.Handler) http.Handler {
		return refuseLarge(1 << 20)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch && chunks.Add(1) == 2 {
				r.Header.Set("Authorization", "Bearer ended") // the registry answers with a challenge of its own
			}
			seen.layer(next).ServeHTTP(w, r)
		}))
	}
	if err := pushBlob(t, s.client(t), s.repository("org/to"), data); err != nil {
		t.Fatal(err)
	}
	s.fault = nil
	wantContent(t, s.client(t), s.repository("org/to"), data)
	if got := seen.bytes.Load(); got != int64(len(data)) {
		t.Errorf("the registry got %d bytes for %d: %s", got, len(data), seen)
	}
}

// TestNoCredentialIsFound pushes anonymously.
func TestNoCredentialIsFound(t *testing.T) {
	for kind, s := range closed(t) {
		t.Run(kind, func(t *testing.T) {
			c := s.client(t, func(o *registry.Options) { o.AuthFile = authFile(t, "elsewhere.example", login(user, password)) })
			err := c.Target(s.repository("org/to")).PushBlob(t.Context(), digest.FromString("data"), 4, from([]byte("data")))
			wantPushError(t, s, err, fault.Auth, fmt.Sprintf("pushing blob %s of HOST/org/to: HOST wants credentials (401), and there are none for it in FILE; name a file with --authfile, or log in to HOST", digest.FromString("data")))
		})
	}
}
