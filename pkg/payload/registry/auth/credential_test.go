package auth_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry/auth"
)

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func named(t *testing.T, text string) auth.Options {
	t.Helper()
	return auth.Options{File: write(t, filepath.Join(t.TempDir(), "auth.json"), text)}
}

func env(pairs map[string]string) func(string) string {
	return func(name string) string { return pairs[name] }
}

func TestLongestPathWins(t *testing.T) {
	const file = `{"auths":{
		"quay.io":{"auth":"aDpob3N0"},
		"quay.io/org":{"auth":"bzpvcmc="},
		"quay.io/org/repo":{"auth":"cjpyZXBv"},
		"QUAY.example:5000/":{"auth":"cDpwb3J0"},
		"https://slash.example/v1/":{"auth":"djp2MQ=="},
		"http://scheme.example/some/path":{"auth":"czpzY2hlbWU="},
		"bare.example/v2/":{"auth":"YjpiYXJl"},
		"https://index.docker.io/v1/":{"auth":"ZDpodWI="},
		"empty.example/org":{},
		"empty.example":{"auth":"ZTpo"},
		"plain.example":{"username":"u","password":"p"},
		"padded.example":{"auth":"dTpwdw"},
		"nul.example":{"auth":"dTpwAAA="},
		"colon.example":{"auth":"dTpwOnE6cg=="},
		"identity.example":{"auth":"dTo=","identitytoken":"it"},
		"token.example":{"registrytoken":"rt"},
		"twice.example":{"auth":"cGw6YWlu"},"https://twice.example":{"auth":"c2M6aGVtZQ=="}
	}}`
	tests := []struct {
		repository string
		want       auth.Credential
	}{
		{"quay.io/org/repo", auth.Credential{Username: "r", Password: "repo", Key: "quay.io/org/repo"}},
		{"quay.io/org/repo/below", auth.Credential{Username: "r", Password: "repo", Key: "quay.io/org/repo"}},
		{"quay.io/org/other", auth.Credential{Username: "o", Password: "org", Key: "quay.io/org"}},
		{"quay.io/org", auth.Credential{Username: "o", Password: "org", Key: "quay.io/org"}},
		{"quay.io/organisation/repo", auth.Credential{Username: "h", Password: "host", Key: "quay.io"}},
		{"Quay.IO/x", auth.Credential{Username: "h", Password: "host", Key: "quay.io"}},
		{"quay.io:443/org/repo", auth.Credential{}},
		{"evilquay.io/org/repo", auth.Credential{}},
		{"quay.io.evil.example/org/repo", auth.Credential{}},
		{"quay.example:5000/x", auth.Credential{Username: "p", Password: "port", Key: "quay.example:5000"}},
		{"slash.example/x", auth.Credential{Username: "v", Password: "v1", Key: "slash.example"}},
		{"scheme.example/x", auth.Credential{Username: "s", Password: "scheme", Key: "scheme.example"}},
		{"bare.example/x", auth.Credential{Username: "b", Password: "bare", Key: "bare.example"}},
		{"docker.io/library/x", auth.Credential{Username: "d", Password: "hub", Key: "docker.io"}},
		{"registry-1.docker.io/library/x", auth.Credential{Username: "d", Password: "hub", Key: "docker.io"}},
		{"empty.example/org/x", auth.Credential{Username: "e", Password: "h", Key: "empty.example"}},
		{"plain.example/x", auth.Credential{Username: "u", Password: "p", Key: "plain.example"}},
		{"padded.example/x", auth.Credential{Username: "u", Password: "pw", Key: "padded.example"}},
		{"nul.example/x", auth.Credential{Username: "u", Password: "p", Key: "nul.example"}},
		{"colon.example/x", auth.Credential{Username: "u", Password: "p:q:r", Key: "colon.example"}},
		{"identity.example/x", auth.Credential{Username: "u", IdentityToken: "it", Key: "identity.example"}},
		{"token.example/x", auth.Credential{RegistryToken: "rt", Key: "token.example"}},
		{"twice.example/x", auth.Credential{Username: "pl", Password: "ain", Key: "twice.example"}},
		{"none.example/x", auth.Credential{}},
	}
	resolver := auth.New(named(t, file))
	for _, test := range tests {
		got, err := resolver.For(t.Context(), oci.SplitRepository(test.repository))
		if err != nil {
			t.Errorf("%s: %v", test.repository, err)
		}
		if d := cmp.Diff(test.want, got, cmpopts.IgnoreFields(auth.Credential{}, "File")); d != "" {
			t.Errorf("%s (-want +got):\n%s", test.repository, d)
		}
	}
}

func TestPlacesInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	entry := func(name string) string { return `{"auths":{"quay.io":{"username":"` + name + `","password":"p"}}}` }
	variables := map[string]string{
		"REGISTRY_AUTH_FILE": filepath.Join(dir, "named-by-variable"),
		"XDG_RUNTIME_DIR":    filepath.Join(dir, "runtime"),
		"XDG_CONFIG_HOME":    filepath.Join(dir, "config"),
		"DOCKER_CONFIG":      filepath.Join(dir, "docker"),
		"DOCKER_AUTH_CONFIG": entry("variable"),
	}
	o := auth.Options{File: filepath.Join(dir, "named"), Getenv: env(variables), Home: filepath.Join(dir, "home"), UID: "1000", Run: filepath.Join(dir, "run")}
	// From the first place to the last: each is found once those before it are gone.
	steps := []struct {
		path   string
		remove func()
	}{
		{"named", func() { o.File = "" }},
		{"named-by-variable", func() { delete(variables, "REGISTRY_AUTH_FILE") }},
		{"runtime/containers/auth.json", nil},
		{"run/containers/1000/auth.json", nil},
		{"config/containers/auth.json", func() { delete(variables, "XDG_CONFIG_HOME") }},
		{"home/.config/containers/auth.json", nil},
		{"docker/config.json", nil},
		{"home/.docker/config.json", nil},
		{"home/.dockercfg", nil},
	}
	for _, step := range steps {
		text := entry(filepath.Base(step.path))
		if step.path == "home/.dockercfg" {
			text = `{"https://quay.io/v1/":{"username":".dockercfg","password":"p","email":"x"}}`
		}
		write(t, filepath.Join(dir, step.path), text)
	}
	for _, step := range steps {
		path := filepath.Join(dir, step.path)
		got, err := auth.New(o).For(t.Context(), oci.SplitRepository("quay.io/x"))
		if err != nil || got.File != path || got.Username != filepath.Base(step.path) {
			t.Fatalf("got %v of %s, %v, want that of %s", got, got.File, err, path)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if step.remove != nil {
			step.remove()
		}
	}
	r := auth.New(o)
	got, err := r.For(t.Context(), oci.SplitRepository("quay.io/x"))
	if err != nil || got.String() != "the entry quay.io of $DOCKER_AUTH_CONFIG" {
		t.Errorf("got %v, %v", got, err)
	}
	want := []string{
		dir + "/runtime/containers/auth.json (not there)", dir + "/run/containers/1000/auth.json (not there)",
		dir + "/home/.config/containers/auth.json (not there)", dir + "/docker/config.json (not there)",
		dir + "/home/.docker/config.json (not there)", dir + "/home/.dockercfg (not there)", "$DOCKER_AUTH_CONFIG",
	}
	if d := cmp.Diff(want, r.Looked()); d != "" {
		t.Errorf("looked (-want +got):\n%s", d)
	}
}

func TestNothingIsReadBeforeTheFirstQuestion(t *testing.T) {
	r := auth.New(auth.Options{Getenv: func(name string) string {
		t.Errorf("asked for $%s", name)
		return ""
	}})
	if looked := r.Looked(); looked != nil {
		t.Errorf("looked at %v", looked)
	}
}

func TestContentInsteadOfFiles(t *testing.T) {
	asked := 0
	r := auth.New(auth.Options{
		Home: t.TempDir(),
		Content: func(context.Context) ([]byte, string, error) {
			asked++
			return []byte(`{"auths":{"quay.io":{"username":"u","password":"p"}}}`), "secret openshift-config/pull-secret", nil
		},
	})
	for range 2 {
		got, err := r.For(t.Context(), oci.SplitRepository("quay.io/x"))
		if err != nil || got.String() != "the entry quay.io of secret openshift-config/pull-secret" {
			t.Errorf("got %v, %v", got, err)
		}
	}
	if asked != 1 {
		t.Errorf("asked %d times", asked)
	}
	broken := fault.Errorf(fault.Network, "no cluster")
	_, err := auth.New(auth.Options{Content: func(context.Context) ([]byte, string, error) { return nil, "", broken }}).For(t.Context(), oci.SplitRepository("quay.io/x"))
	if !errors.Is(err, broken) || err.Error() != "no cluster" {
		t.Errorf("got %v", err)
	}
}

func TestFilesThatAreNotRight(t *testing.T) {
	dir := t.TempDir()
	file := func(text string) string {
		return write(t, filepath.Join(dir, fmt.Sprint(len(text), "-", strings.Count(text, "x"))), text)
	}
	tests := []struct{ name, path, want string }{
		{"missing", filepath.Join(dir, "missing"), "reading credentials from FILE: no such file or directory"},
		{"a directory", dir, "reading credentials from FILE: it is a directory"},
		{"empty", file(" \n"), "reading credentials from FILE: it is empty"},
		{"no JSON", file(`{"auths":{"quay.io":{"auth":"canary`), "reading credentials from FILE: it is not valid JSON, at byte 35"},
		{"garbage", file("canary"), "reading credentials from FILE: it is not valid JSON, at byte 1"},
		{"another shape", file(`{"auths":["canary"]}`), "reading credentials from FILE: it is not an auth file: auths is not what belongs there"},
		{"a list", file(`["canary"]`), "reading credentials from FILE: it is not an auth file"},
		{"a Kubernetes object", file(`{"kind":"Secret","data":{"a":"canary"}}`), `reading credentials from FILE: it is a Kubernetes object of kind "Secret", not an auth file with auths`},
		{"another object", file(`{"quay.io":{"auth":"canary"}}`), "reading credentials from FILE: it is not an auth file: it has none of auths, credHelpers and credsStore"},
		{"no object", file(`{"auths":{"quay.io":"canary"}}`), "credentials of quay.io/x in FILE: the entry quay.io is not an object with auth, username and password, identitytoken or registrytoken"},
		{"no base64", file(`{"auths":{"quay.io":{"auth":"canary!"}}}`), `credentials of quay.io/x in FILE: the entry quay.io has an "auth" that is not base64 of user:password`},
		{"no password", file(`{"auths":{"quay.io":{"auth":"Y2FuYXJ5"}}}`), `credentials of quay.io/x in FILE: the entry quay.io has an "auth" that is not base64 of user:password`},
		{"huge", file(strings.Repeat("x", 4<<20+1)), "reading credentials from FILE: it has more than 4194304 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, o := range []auth.Options{{File: test.path}, {Getenv: env(map[string]string{"REGISTRY_AUTH_FILE": test.path})}} {
				_, err := auth.New(o).For(t.Context(), oci.SplitRepository("quay.io/x"))
				want := strings.ReplaceAll(test.want, "FILE", test.path)
				if o.File == "" && strings.HasPrefix(want, "reading ") {
					want = "$REGISTRY_AUTH_FILE: " + want
				}
				if err == nil || err.Error() != want || fault.KindOf(err) != fault.Auth {
					t.Errorf("kind %d\n got: %v\nwant: %s", fault.KindOf(err), err, want)
				}
				if strings.Contains(fmt.Sprint(err), "canary") {
					t.Errorf("the error tells what is in the file: %v", err)
				}
			}
		})
	}
}

func TestBrokenEntryHarmsItsOwnRegistryAlone(t *testing.T) {
	r := auth.New(named(t, `{"auths":{"broken.example":{"auth":"!"},"quay.io":{"username":"u","password":"p"}}}`))
	if got, err := r.For(t.Context(), oci.SplitRepository("quay.io/x")); err != nil || got.Username != "u" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFileThatEveryoneCanRead(t *testing.T) {
	o := named(t, `{"auths":{}}`)
	if err := os.Chmod(o.File, 0o644); err != nil {
		t.Fatal(err)
	}
	var warnings []string
	o.Warnf = func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	r := auth.New(o)
	for range 2 {
		if _, err := r.For(t.Context(), oci.SplitRepository("quay.io/x")); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{o.File + " can be read by every user of this machine: chmod 600 it"}; !cmp.Equal(warnings, want) {
		t.Errorf("got %q, want %q", warnings, want)
	}
}

func TestNoFormatShowsASecret(t *testing.T) {
	c := auth.Credential{Username: "u", Password: "canary", IdentityToken: "canary", RegistryToken: "canary", File: "f", Key: "k"}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "credential", c)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "credential", c)
	text := log.String() + fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, c)
	if strings.Contains(text, "canary") || strings.Count(text, "the entry k of f") != 7 {
		t.Errorf("got %s", text)
	}
	if (auth.Credential{}).String() != "no credential" {
		t.Error("an empty credential has another name")
	}
}
