package registry

import (
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"
)

// closed starts the registries that require credentials.
func closed(t *testing.T) map[string]*server {
	t.Helper()
	all := kinds(t)
	delete(all, "open")
	return all
}

// noSecret fails the test if the output of a run has a credential.
func noSecret(t *testing.T, got result) {
	t.Helper()
	for _, secret := range []string{"canary", "eyJ", base64.StdEncoding.EncodeToString([]byte(user + ":"))[:8]} {
		if strings.Contains(got.out+got.err, secret) {
			t.Errorf("the output has the secret %s:\n%s%s", secret, got.out, got.err)
		}
	}
}

func TestKeys(t *testing.T) {
	right, wrong := login(user, password), login(user, "canary-wrong")
	for kind, s := range closed(t) {
		release := s.host() + "/ocp/release@" + s.push(t, s.host()).Digest().String()
		for name, pairs := range map[string][]string{
			"host":                         {s.host(), right},
			"organisation":                 {s.host() + "/ocp", right},
			"repository":                   {s.host() + "/ocp/release", right},
			"organisation before host":     {s.host(), wrong, s.host() + "/ocp", right},
			"repository before the others": {s.host(), wrong, s.host() + "/ocp", wrong, s.host() + "/ocp/release", right},
			"another repository":           {s.host(), right, s.host() + "/ocp/art", wrong, s.host() + "/oc", wrong},
			"another host":                 {s.host(), right, "quay.io/ocp/release", wrong},
		} {
			t.Run(kind+" "+name, func(t *testing.T) {
				got := fresh(t).run("images", release, "-v=9", "--certificate-authority", s.authority.file, "--authfile", authFile(t, pairs...))
				if got.code != 0 || got.out != images {
					t.Errorf("exit code %d: %s%s", got.code, got.out, got.err)
				}
				noSecret(t, got)
			})
		}
	}
}

// The component of the release needs other credentials than the release.
func TestCredentialsPerRepository(t *testing.T) {
	for kind, s := range closed(t) {
		t.Run(kind, func(t *testing.T) {
			r := s.push(t, s.host())
			check := func(code int, result string, pairs ...string) {
				t.Helper()
				got := fresh(t).run(append([]string{
					"verify", s.host() + "/ocp/release@" + r.Digest().String(), "--certificate-authority", s.authority.file,
					"--authfile", authFile(t, pairs...), "--jq", `.checks[]|select(.name=="image").result`,
				}, sign(t, r)...)...)
				if got.out != result+"\n" || got.code != code {
					t.Errorf("exit code %d, want %d: %s%s", got.code, code, got.out, got.err)
				}
				noSecret(t, got)
			}
			release, art := s.host()+"/ocp/release", s.host()+"/ocp/art"
			check(0, "PASS", release, login(user, password), art, login(user, password))
			check(4, "SKIPPED", release, login(user, password), art, login(user, "canary-wrong"))
			check(4, "SKIPPED", release, login(user, password))
		})
	}
}

func TestIdentityToken(t *testing.T) {
	s, _ := bearer(t, newAuthority(t), "")
	release := s.host() + "/ocp/release@" + s.push(t, s.host()).Digest().String()
	file := authFile(t, s.host(), `{"identitytoken":"`+identityToken+`"}`)
	got := fresh(t).run("images", release, "--certificate-authority", s.authority.file, "--authfile", file)
	want(t, got, 0, images, "")
	s.want(t, "GET image 401", "POST token of repository:ocp/release:pull as puller", "GET image 200", "GET payload 200")
}

func TestRefusals(t *testing.T) {
	absent := filepath.Join(t.TempDir(), "absent.json")
	for name, test := range map[string]struct {
		file  func(host string) string
		basic string
		token string
	}{
		"no entry": {
			func(string) string { return authFile(t, "quay.io", login(user, password)) },
			"HOST wants credentials (401), and there are none for it in FILE; name a file with --authfile, or log in to HOST",
			"HOST wants credentials (401), and there are none for it in FILE; name a file with --authfile, or log in to HOST",
		},
		"entry of another organisation": {
			func(host string) string { return authFile(t, host+"/other", login(user, password)) },
			"HOST wants credentials (401), and there are none for it in FILE; name a file with --authfile, or log in to HOST",
			"HOST wants credentials (401), and there are none for it in FILE; name a file with --authfile, or log in to HOST",
		},
		"wrong password": {
			func(host string) string { return authFile(t, host+"/ocp", login(user, "canary-wrong")) },
			"HOST refuses the entry HOST/ocp of FILE (401); log in again, or name a file with --authfile",
			"the token server REALM of HOST refuses the entry HOST/ocp of FILE (401 Unauthorized); log in again, or name a file with --authfile",
		},
		"user without permission": {
			func(host string) string { return authFile(t, host, login(guest, password)) },
			"HOST refuses the entry HOST of FILE (401); log in again, or name a file with --authfile",
			"HOST refuses the entry HOST of FILE (401); log in again, or name a file with --authfile",
		},
		"wrong identity token": {
			func(host string) string { return authFile(t, host, `{"identitytoken":"canary-wrong"}`) },
			"HOST refuses the entry HOST of FILE (401); log in again, or name a file with --authfile",
			"HOST refuses the entry HOST of FILE (401); log in again, or name a file with --authfile",
		},
	} {
		t.Run(name, func(t *testing.T) {
			tokens, realm := bearer(t, newAuthority(t), "")
			for _, one := range []struct {
				*server
				message string
			}{{basic(t), test.basic}, {tokens, test.token}} {
				one.push(t, one.host())
				file := test.file(one.host())
				release := one.host() + "/ocp/release:4.14.0"
				got := fresh(t).run("images", release, "-v=9", "--certificate-authority", one.authority.file, "--authfile", file)
				message := strings.NewReplacer("HOST", one.host(), "FILE", file, "REALM", realm.Listener.Addr().String(), "RELEASE", release).Replace(one.message)
				noSecret(t, got)
				// With -v=6, the answer to every request is printed before the error.
				got.err = got.err[max(0, strings.Index(got.err, "error: ")):]
				want(t, got, 4, "", "error: "+release+": "+message+"\n")
			}
		})
	}
	missing := fresh(t).run("images", "registry.invalid/ocp/release:4.14.0", "--authfile", absent)
	want(t, missing, 4, "", "error: --authfile: reading credentials from "+absent+": no such file or directory\n")
}
