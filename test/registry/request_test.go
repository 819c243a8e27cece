package registry

import (
	"testing"
	"time"
)

func TestRequests(t *testing.T) {
	const asToken = "GET token of repository:ocp/release:pull as puller"
	expect := map[string]map[string][]string{
		"open": {
			"tag": {"GET 4.14.0 200", "GET payload 200"}, "digest": {"GET image 200", "GET payload 200"}, "again": {"HEAD 4.14.0 200"},
		},
		"htpasswd": {
			"tag":    {"GET 4.14.0 401", "GET 4.14.0 200", "GET payload 200"},
			"digest": {"GET image 401", "GET image 200", "GET payload 200"},
			"again":  {"HEAD 4.14.0 401", "HEAD 4.14.0 200"},
		},
		"tokens": {
			"tag":    {"GET 4.14.0 401", asToken, "GET 4.14.0 200", "GET payload 200"},
			"digest": {"GET image 401", asToken, "GET image 200", "GET payload 200"},
			"again":  {"HEAD 4.14.0 401", asToken, "HEAD 4.14.0 200"},
		},
	}
	for kind, s := range kinds(t) {
		t.Run(kind, func(t *testing.T) {
			r := s.push(t, s.host())
			access := s.access(t)
			repository := s.host() + "/ocp/release"
			byTag, byDigest := fresh(t), fresh(t)
			want(t, byTag.run(append([]string{"images", repository + ":4.14.0"}, access...)...), 0, images, "")
			s.want(t, expect[kind]["tag"]...)
			want(t, byDigest.run(append([]string{"images", repository + "@" + r.Digest().String()}, access...)...), 0, images, "")
			s.want(t, expect[kind]["digest"]...)
			want(t, byTag.run(append([]string{"images", repository + ":4.14.0"}, access...)...), 0, images, "")
			s.want(t, expect[kind]["again"]...)
			want(t, byDigest.run(append([]string{"images", repository + "@" + r.Digest().String()}, access...)...), 0, images, "")
			s.want(t)
		})
	}
}

// The registry accepts the token for the manifest but no longer for the layer, although the token server promised an
// hour.
func TestTokenExpiresDuringRun(t *testing.T) {
	s, tokens := bearer(t, newAuthority(t), "")
	r := s.push(t, s.host())
	tokens.life = 10 * time.Second // enough for the first request on a busy machine
	waited := false
	s.before = func(what string) {
		if what == "payload" && !waited {
			waited = true
			tokens.life = time.Hour
			time.Sleep(11 * time.Second)
		}
	}
	args := append([]string{"images", s.host() + "/ocp/release@" + r.Digest().String()}, s.access(t)...)
	want(t, fresh(t).run(args...), 0, images, "")
	const asToken = "GET token of repository:ocp/release:pull as puller"
	// The token should be valid, so it is tried once more before another one is requested.
	s.want(t, "GET image 401", asToken, "GET image 200", "GET payload 401", "GET payload 401", asToken, "GET payload 200")
}
