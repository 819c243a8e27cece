package openpgp

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/release-x/oc-release-x/internal/testsign"
)

// gnupg runs gpg with its own home directory. Tests are skipped if gpg is not installed.
type gnupg struct{ path, home string }

func newGnuPG(t *testing.T) gnupg {
	t.Helper()
	path, err := exec.LookPath("gpg")
	if err != nil {
		t.Skip("gpg is not installed (package gnupg)")
	}
	// Not t.TempDir: the path of the agent's socket must be short.
	home, err := os.MkdirTemp("", "gpg")
	if err != nil {
		t.Fatal(err)
	}
	g := gnupg{path, home}
	t.Cleanup(func() {
		if conf, err := exec.LookPath("gpgconf"); err == nil {
			_ = exec.Command(conf, "--homedir", home, "--kill", "gpg-agent").Run()
		}
		os.RemoveAll(home)
	})
	return g
}

func (g gnupg) run(t *testing.T, input []byte, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), g.path, append([]string{"--homedir", g.home, "--batch", "--no-tty", "--pinentry-mode", "loopback", "--passphrase", ""}, args...)...)
	cmd.Stdin = bytes.NewReader(input)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("gpg %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return out
}

// key makes a key and returns its fingerprint.
func (g gnupg) key(t *testing.T, name, kind, lifetime string) string {
	t.Helper()
	g.run(t, nil, "--quick-gen-key", name+" <"+name+"@example.com>", kind, "sign", lifetime)
	for line := range strings.Lines(string(g.run(t, nil, "--with-colons", "--list-keys", name))) {
		if fields := strings.Split(line, ":"); fields[0] == "fpr" {
			return fields[9]
		}
	}
	t.Fatal("gpg lists no fingerprint")
	return ""
}

func TestGnuPG(t *testing.T) {
	g := newGnuPG(t)
	for _, kind := range []string{"rsa2048", "ed25519", "nistp256"} {
		t.Run(kind, func(t *testing.T) {
			fingerprint := g.key(t, "test-"+kind, kind, "never")
			for form, export := range map[string][]byte{
				"armored": g.run(t, nil, "--armor", "--export", fingerprint),
				"binary":  g.run(t, nil, "--export", fingerprint),
			} {
				k, err := ParseKeyring(form, export)
				if err != nil {
					t.Fatal(err)
				}
				for name, args := range map[string][]string{
					"as it comes":       {"--sign"},
					"uncompressed":      {"--sign", "--compress-algo", "none"},
					"ZLIB":              {"--sign", "--compress-algo", "zlib"},
					"BZIP2":             {"--sign", "--compress-algo", "bzip2"},
					"SHA-512":           {"--sign", "--digest-algo", "SHA512"},
					"lines":             {"--sign", "--textmode"},
					"not expired":       {"--sign", "--default-sig-expire", "2d"},
					"with a file name":  {"--sign", "--set-filename", "document.json"},
					"of unknown length": {"--sign", "--compress-algo", "none", "--no-emit-version"},
				} {
					t.Run(form+", "+name, func(t *testing.T) {
						message := g.run(t, body(), append([]string{"--local-user", fingerprint}, args...)...)
						got, err := k.Verify(message, imageA(), time.Now().Add(time.Minute))
						if err != nil {
							t.Fatal(err)
						}
						want := Key{Fingerprint: fingerprint, UserID: "test-" + kind + " <test-" + kind + "@example.com>"}
						if got.Key != want || got.Document.Digest != imageA() || got.Document.Reference != reference || got.Time.Before(time.Now().Add(-time.Hour)) {
							t.Errorf("got %+v", got)
						}
					})
				}
			}
		})
	}
}

func TestGnuPGRefused(t *testing.T) {
	g := newGnuPG(t)
	fingerprint := g.key(t, "test", "ed25519", "never")
	subkey := func() string {
		g.run(t, nil, "--quick-add-key", fingerprint, "ed25519", "sign", "never")
		var last string
		for line := range strings.Lines(string(g.run(t, nil, "--with-colons", "--list-keys", fingerprint))) {
			if fields := strings.Split(line, ":"); fields[0] == "fpr" {
				last = fields[9]
			}
		}
		return last
	}()
	export := func() Keyring {
		k, err := ParseKeyring("ring", g.run(t, nil, "--export", fingerprint))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	by := func(key string, args ...string) []byte {
		return g.run(t, body(), append([]string{"--local-user", key + "!"}, args...)...)
	}
	refused := func(t *testing.T, k Keyring, message []byte, after time.Duration, want string) {
		t.Helper()
		if _, err := k.Verify(message, imageA(), time.Now().Add(after)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s…", err, want)
		}
	}
	before := export()
	message := by(subkey, "--sign")
	got, err := before.Verify(message, imageA(), time.Now().Add(time.Minute))
	if err != nil || got.Subkey != subkey || got.Key.Fingerprint != fingerprint {
		t.Fatalf("got %+v, %v", got, err)
	}
	t.Run("detached", func(t *testing.T) {
		refused(t, before, by(fingerprint, "--detach-sign"), time.Minute, "it is a detached signature: ")
	})
	t.Run("armored", func(t *testing.T) {
		refused(t, before, by(fingerprint, "--sign", "--armor"), time.Minute, "it is armored, ")
	})
	t.Run("clear text", func(t *testing.T) {
		refused(t, before, by(fingerprint, "--clearsign"), time.Minute, "it is armored, ")
	})
	t.Run("expired", func(t *testing.T) {
		refused(t, before, by(fingerprint, "--sign", "--default-sig-expire", "1d"), 48*time.Hour, "the signature expired on ")
	})
	t.Run("encrypted", func(t *testing.T) {
		g.run(t, nil, "--quick-add-key", fingerprint, "cv25519", "encr", "never")
		refused(t, before, by(fingerprint, "--sign", "--encrypt", "--recipient", fingerprint, "--trust-model", "always"), time.Minute, "it is encrypted")
	})
	t.Run("revoked", func(t *testing.T) {
		certificate := filepath.Join(g.home, "openpgp-revocs.d", fingerprint+".rev")
		text, err := os.ReadFile(certificate)
		if err != nil {
			t.Fatal(err)
		}
		text = bytes.Replace(text, []byte(":-----BEGIN"), []byte("-----BEGIN"), 1)
		old := g.run(t, nil, "--armor", "--export", fingerprint)
		g.run(t, text, "--import")
		refused(t, export(), message, time.Minute, "the key "+fingerprint+" is revoked")
		// The order of the key and its revocation does not matter.
		for _, data := range [][]byte{slices.Concat(old, text), slices.Concat(text, old), slices.Concat(old, g.run(t, nil, "--armor", "--export", fingerprint))} {
			k, err := ParseKeyring("ring", data)
			if err != nil {
				t.Fatal(err)
			}
			refused(t, k, message, time.Minute, "the key "+fingerprint+" is revoked")
		}
	})
	t.Run("key expired", func(t *testing.T) {
		short := g.key(t, "short", "ed25519", "1d")
		k, err := ParseKeyring("short", g.run(t, nil, "--export", short))
		if err != nil {
			t.Fatal(err)
		}
		refused(t, k, by(short, "--sign"), 48*time.Hour, "the key "+short+" expired on ")
	})
}

// gpg reads the messages of testsign, which other tests use.
func TestGnuPGReadsTestsign(t *testing.T) {
	g := newGnuPG(t)
	rsa := testsign.NewKey(t, "rsa", testsign.RSA(2048))
	alice := testsign.NewKey(t, "alice").WithSubkey(t)
	g.run(t, append(rsa.Public(t), alice.Public(t)...), "--import")
	for name, message := range map[string][]byte{
		"RSA":       rsa.SignAtomic(t, imageA()),
		"version 3": rsa.Sign(t, testsign.Message{Body: body(), Old: true}),
		"subkey":    alice.SignAtomic(t, imageA()),
	} {
		t.Run(name, func(t *testing.T) {
			if got := g.run(t, message, "--decrypt"); !bytes.Equal(got, body()) {
				t.Errorf("got %q", got)
			}
		})
	}
}
