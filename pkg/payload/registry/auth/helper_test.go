package auth_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry/auth"
)

// helpers writes helper programs as shell scripts and gives the environment that finds them.
func helpers(t *testing.T, scripts map[string]string) (dir string, getenv func(string) string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("helpers of this test are shell scripts")
	}
	dir = t.TempDir()
	for name, script := range scripts {
		path := write(t, filepath.Join(dir, "docker-credential-"+name), "#!/bin/sh\n"+script)
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir, env(map[string]string{"PATH": "relative:" + dir})
}

func TestHelpers(t *testing.T) {
	dir, getenv := helpers(t, map[string]string{
		"good":  `read -r host; echo "$1 $host" >>"` + "$0" + `.asked"; echo "{\"ServerURL\":\"$host\",\"Username\":\"of\",\"Secret\":\"$host\"}"`,
		"token": `echo '{"Username":"<token>","Secret":"it"}'`,
		"none":  `echo "credentials not found in native keychain"; exit 1`,
	})
	tests := []struct {
		name, file, repository string
		want                   auth.Credential
	}{
		{"of a host", `{"credHelpers":{"quay.io":"good"}}`, "quay.io/a/b", auth.Credential{Username: "of", Password: "quay.io", Key: "quay.io from docker-credential-good"}},
		{"another host", `{"credHelpers":{"quay.io":"good"}}`, "other.example/a/b", auth.Credential{}},
		{"before an entry", `{"credHelpers":{"quay.io":"good"},"auths":{"quay.io":{"username":"u","password":"p"}}}`, "quay.io/a", auth.Credential{Username: "of", Password: "quay.io", Key: "quay.io from docker-credential-good"}},
		{"store", `{"credsStore":"good","auths":{"quay.io":{}}}`, "quay.io/a", auth.Credential{Username: "of", Password: "quay.io", Key: "quay.io from docker-credential-good"}},
		{"store after an entry", `{"credsStore":"good","auths":{"quay.io":{"username":"u","password":"p"}}}`, "quay.io/a", auth.Credential{Username: "u", Password: "p", Key: "quay.io"}},
		{"Docker Hub", `{"credsStore":"good"}`, "docker.io/library/a", auth.Credential{Username: "of", Password: "https://index.docker.io/v1/", Key: "docker.io from docker-credential-good"}},
		{"identity token", `{"credHelpers":{"quay.io":"token"}}`, "quay.io/a", auth.Credential{IdentityToken: "it", Key: "quay.io from docker-credential-token"}},
		{"not found", `{"credsStore":"none"}`, "quay.io/a", auth.Credential{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			o := named(t, test.file)
			o.Getenv = getenv
			r := auth.New(o)
			for range 2 {
				got, err := r.For(t.Context(), oci.SplitRepository(test.repository))
				if !test.want.Empty() {
					test.want.File = o.File
				}
				if err != nil || got != test.want {
					t.Errorf("got %+v (%s, %s, %s), %v", got, got.Username, got.Password, got.IdentityToken, err)
				}
			}
		})
	}
	asked, err := os.ReadFile(filepath.Join(dir, "docker-credential-good.asked"))
	if want := strings.Repeat("get quay.io\n", 3) + "get https://index.docker.io/v1/\n"; err != nil || string(asked) != want {
		t.Errorf("helpers were asked %q, want %q: once for every resolver and host", asked, want)
	}
}

func TestHelpersThatFail(t *testing.T) {
	_, getenv := helpers(t, map[string]string{
		"garbage": "echo canary",
		"failing": "echo canary >&2; exit 3",
		"endless": "while :; do echo canarycanarycanarycanary; done",
	})
	tests := []struct{ helper, want string }{
		{"garbage", "docker-credential-garbage did not print JSON with Username and Secret"},
		{"failing", "docker-credential-failing failed: exit status 3"},
		{"endless", "docker-credential-endless printed more than 1048576 bytes"},
		{"missing", "the helper docker-credential-missing is not in $PATH: install it, or name another file with --authfile"},
		{"../../bin/sh", `the helper name "../../bin/sh" is refused: want letters, digits, dots, dashes and underscores`},
		{"a b; touch x", `the helper name "a b; touch x" is refused: want letters, digits, dots, dashes and underscores`},
		{"-x", `the helper name "-x" is refused: want letters, digits, dots, dashes and underscores`},
	}
	for _, test := range tests {
		t.Run(test.helper, func(t *testing.T) {
			for _, form := range []string{`{"credHelpers":{"quay.io":%q}}`, `{"credsStore":%q}`} {
				o := named(t, fmt.Sprintf(form, test.helper))
				o.Getenv = getenv
				_, err := auth.New(o).For(t.Context(), oci.SplitRepository("quay.io/a"))
				if want := "credentials of quay.io/a in " + o.File + ": " + test.want; err == nil || err.Error() != want || fault.KindOf(err) != fault.Auth {
					t.Errorf("kind %d\n got: %v\nwant: %s", fault.KindOf(err), err, want)
				}
			}
		})
	}
}

func TestHelperThatHangs(t *testing.T) {
	_, getenv := helpers(t, map[string]string{"hanging": "exec sleep 600"})
	o := named(t, `{"credsStore":"hanging"}`)
	o.Getenv, o.HelperTime = getenv, 200*time.Millisecond
	var err error
	testguard.Finishes(t, "asking a helper that hangs", func() { _, err = auth.New(o).For(t.Context(), oci.SplitRepository("quay.io/a")) })
	if want := "credentials of quay.io/a in " + o.File + ": docker-credential-hanging did not answer within 200ms"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCancelEndsAHelper(t *testing.T) {
	_, getenv := helpers(t, map[string]string{"hanging": "exec sleep 600"})
	o := named(t, `{"credsStore":"hanging"}`)
	o.Getenv = getenv
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	testguard.Finishes(t, "asking a helper that hangs", func() {
		if _, err := auth.New(o).For(ctx, oci.SplitRepository("quay.io/a")); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
