package registry

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseChallenges(t *testing.T) {
	for _, test := range []struct {
		name    string
		headers []string
		want    []challenge
	}{
		{"none", nil, nil},
		{"empty", []string{""}, nil},
		{
			"bearer",
			[]string{`Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:a/b:pull,push"`},
			[]challenge{{"bearer", map[string]string{"realm": "https://quay.io/v2/auth", "service": "quay.io", "scope": "repository:a/b:pull,push"}}},
		},
		{
			"two in one header",
			[]string{`Basic realm="a b", Bearer realm="https://x/",error="invalid_token"`},
			[]challenge{{"basic", map[string]string{"realm": "a b"}}, {"bearer", map[string]string{"realm": "https://x/", "error": "invalid_token"}}},
		},
		{
			"two headers, blanks, other case",
			[]string{"BASIC  REALM = \"x\" ,", "\tbearer realm=https://x/y?z=1"},
			[]challenge{{"basic", map[string]string{"realm": "x"}}, {"bearer", map[string]string{"realm": "https://x/y?z=1"}}},
		},
		{"escapes", []string{`Basic realm="a\"b\\c"`}, []challenge{{"basic", map[string]string{"realm": `a"b\c`}}}},
		{"no parameters", []string{"Negotiate"}, []challenge{{"negotiate", map[string]string{}}}},
		{"token68", []string{"Negotiate abc=="}, []challenge{{"negotiate", map[string]string{"abc": "="}}}},
		{"no end of a quote", []string{`Basic realm="x`}, nil},
		{"a realm twice", []string{`Bearer realm="https://a/",realm="https://b/"`}, nil},
		{"no value", []string{`Bearer realm=`}, nil},
		{"no scheme", []string{`="x"`}, nil},
		{"control characters", []string{"\x00\x01"}, nil},
		{"many", []string{strings.Repeat("a,", 100)}, []challenge{
			{"a", map[string]string{}},
			{"a", map[string]string{}},
			{"a", map[string]string{}},
			{"a", map[string]string{}},
			{"a", map[string]string{}},
			{"a", map[string]string{}},
			{"a", map[string]string{}},
			{"a", map[string]string{}},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := parseChallenges(test.headers)
			if d := cmp.Diff(test.want, got, cmp.AllowUnexported(challenge{})); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

func FuzzChallenge(f *testing.F) {
	f.Add(`Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:a/b:pull"`)
	f.Add(`Basic realm="a\"b", Negotiate x==,,Bearer realm=http://x`)
	f.Add(`Bearer realm="//[::1%25eth0]/\\x",realm=""`)
	f.Fuzz(func(t *testing.T, header string) {
		s := newTestSession("registry.example.com")
		s.credential.Password = "secret"
		for _, c := range parseChallenges([]string{header}) {
			realm, err := s.approve(baseURL(s.host), c.params["realm"])
			if err != nil {
				continue
			}
			// Whatever was approved is encrypted, on a host of the registry's domain, and reads back as itself.
			again := parseChallenges([]string{c.render(realm)})
			if len(again) != 1 || again[0].params["realm"] != realm || again[0].scheme != c.scheme {
				t.Fatalf("%q reads back as %v", c.render(realm), again)
			}
			u := mustParse(t, realm)
			if name := u.Hostname(); u.Scheme != "https" || u.User != nil || name != "example.com" && !strings.HasSuffix(name, ".example.com") {
				t.Errorf("approved %q", realm)
			}
			if !s.approved(u) {
				t.Errorf("%q was approved and is not", realm)
			}
		}
	})
}

func FuzzPlainToken(f *testing.F) {
	f.Add([]byte(`{"token":"T","expires_in":"300","issued_at":"2026-01-02T03:04:05Z"}`))
	f.Add([]byte(`{"access_token":"T","expires_in":1e300}`))
	f.Add([]byte(`<html>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		plain, err := plainToken(body)
		if err != nil {
			return
		}
		// Whatever passes, regclient can decode: the form of its own bearerToken.
		var read struct {
			Token     string    `json:"token"`
			ExpiresIn int       `json:"expires_in"`
			IssuedAt  time.Time `json:"issued_at"`
		}
		if err := json.Unmarshal(plain, &read); err != nil || read.Token == "" || read.ExpiresIn < 0 || read.ExpiresIn > tokenLife {
			t.Errorf("%s: %v", plain, err)
		}
	})
}
