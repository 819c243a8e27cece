package registry

import (
	"bytes"
	"context"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/plugin"
)

// call is one run of the command line, in an environment that knows nothing of this machine.
type call struct {
	env   map[string]string
	home  string
	cache string
}

// fresh is a user who has nothing kept.
func fresh(t *testing.T) call {
	t.Helper()
	return call{home: t.TempDir(), cache: t.TempDir()}
}

// result is what a run printed and its exit code.
type result struct {
	out, err string
	code     int
}

func (c call) run(args ...string) result {
	var out, errOut bytes.Buffer
	code := plugin.Execute(context.Background(), plugin.Environment{
		Streams: plugin.Streams{In: strings.NewReader(""), Out: &out, ErrOut: &errOut},
		Getenv:  func(name string) string { return c.env[name] },
		Home:    c.home,
		Name:    "oc release-x",
	}, append(args, "--cache-dir", c.cache))
	return result{out: out.String(), err: errOut.String(), code: code}
}

// want fails the test unless a run printed exactly this.
func want(t *testing.T, got result, code int, out, errOut string) {
	t.Helper()
	if diff := cmp.Diff(out, got.out); diff != "" {
		t.Errorf("stdout (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(errOut, got.err); diff != "" {
		t.Errorf("stderr (-want +got):\n%s", diff)
	}
	if got.code != code {
		t.Errorf("exit code %d, want %d", got.code, code)
	}
}

// authFile writes a pull secret of pairs of a key and an entry.
func authFile(t *testing.T, pairs ...string) string {
	t.Helper()
	var entries []string
	for i := 0; i < len(pairs); i += 2 {
		entries = append(entries, `"`+pairs[i]+`":`+pairs[i+1])
	}
	return write(t, filepath.Join(t.TempDir(), "auth.json"), `{"auths":{`+strings.Join(entries, ",")+"}}")
}

// login is an entry of a pull secret.
func login(name, secret string) string {
	return `{"auth":"` + base64.StdEncoding.EncodeToString([]byte(name+":"+secret)) + `"}`
}
