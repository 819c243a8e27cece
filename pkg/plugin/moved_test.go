package plugin_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// The tag moves as soon as it is resolved. The command reads and reports only the digest that the tag had before.
func TestMovedTagIsResolvedOnce(t *testing.T) {
	for _, command := range []string{"images", "info", "manifests", "verify"} {
		t.Run(command, func(t *testing.T) {
			first := ordered().WithLabel("which", "first")
			second := testrelease.New("4.15.0").WithComponent("other")
			inner := testrelease.Registry(t)
			push(t, inner, first)
			var once sync.Once
			front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				inner.Config.Handler.ServeHTTP(w, r)
				if strings.HasSuffix(r.URL.Path, "/manifests/4.14.0") && r.Method == http.MethodGet {
					once.Do(func() {
						if err := build(t, second).PushTo(inner, "ocp/release", "4.14.0"); err != nil {
							t.Error(err)
						}
					})
				}
			}))
			defer front.Close()
			got := run(t, command, host(front)+"/ocp/release:4.14.0", "--insecure", "-v=1", "--jq", ".release.version,.release.digest", "--no-cache")
			digest := build(t, first).Digest().String()
			if got.out != "4.14.0\n"+digest+"\n" || !strings.Contains(got.err, "/ocp/release@"+digest) {
				t.Errorf("exit code %d, %s %s", got.code, got.out, got.err)
			}
		})
	}
}

// The directory has the files of one release, never of two.
func TestExtractAfterTagMoved(t *testing.T) {
	server, dir := testrelease.Registry(t), filepath.Join(t.TempDir(), "d")
	release := push(t, server, ordered())
	byDigest := host(server) + "/ocp/release@" + build(t, ordered()).Digest().String()
	push(t, server, testrelease.New("4.15.0").WithComponent("other"))
	good(t, run(t, "extract", byDigest, "--insecure", "--to", dir))
	want(t, run(t, "images", "dir:"+dir, "-o", "name"), 0, "etcd\npod\n", "")
	want(t, run(t, "images", release, "--insecure", "-o", "name"), 0, "other\n", "Warning: "+release+" is release 4.15.0, not 4.14.0\n")
}
