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

// call describes a run of the command line. Nothing of this machine is in its environment.
type call struct {
	env   map[string]string
	home  string
	cache string
}

// fresh returns a call with an empty cache.
func fresh(t *testing.T) call {
	t.Helper()
	return call{home: t.TempDir(), cache: t.TempDir()}
}

// result is the output and exit code of a run.
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

// want fails the test if the output or exit code of a run differs.
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

// authFile writes a pull secret from pairs of a key and an entry.
func authFile(t *testing.T, pairs ...string) string {
	t.Helper()
	var entries []string
	for i := 0; i < len(pairs); i += 2 {
		entries = append(entries, `"`+pairs[i]+`":`+pairs[i+1])
	}
	return write(t, filepath.Join(t.TempDir(), "auth.json"), `{"auths":{`+strings.Join(entries, ",")+"}}")
}

// login returns an entry of a pull secret.
func login(name, secret string) string {
	return `{"auth":"` + base64.StdEncoding.EncodeToString([]byte(name+":"+secret)) + `"}`
}
