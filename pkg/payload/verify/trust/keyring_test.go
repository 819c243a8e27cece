package trust

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func base64JSON(data []byte) string { return `"` + base64.StdEncoding.EncodeToString(data) + `"` }

func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestReadKeyrings(t *testing.T) {
	alice, bob := testsign.NewKey(t, "alice"), testsign.NewKey(t, "bob")
	a, b := testsign.Armored(t, alice), testsign.Armored(t, bob)
	dir := write(t, map[string]string{
		"keys/b.asc": b, "keys/a.gpg": string(alice.Public(t)), "keys/.hidden": "x", "keys/sub/x": "x",
		"both.asc": a + b,
		"map.yaml": testsign.Verification(map[string]string{"verifier-public-key-2": b, "verifier-public-key-1": a + b, "store-a": "https://example.com"}),
	})
	tests := []struct {
		name  string
		paths []string
		want  []string
	}{
		{"a file", []string{"both.asc"}, []string{"both.asc: " + alice.Fingerprint() + " " + bob.Fingerprint()}},
		{"a directory, every file a keyring", []string{"keys"}, []string{"keys/a.gpg: " + alice.Fingerprint(), "keys/b.asc: " + bob.Fingerprint()}},
		{"a ConfigMap", []string{"map.yaml"}, []string{"verifier-public-key-1: " + alice.Fingerprint() + " " + bob.Fingerprint(), "verifier-public-key-2: " + bob.Fingerprint()}},
		{"several", []string{"both.asc", "keys/b.asc"}, []string{"both.asc: " + alice.Fingerprint() + " " + bob.Fingerprint(), "keys/b.asc: " + bob.Fingerprint()}},
		{"none", nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var paths, got []string
			for _, path := range test.paths {
				paths = append(paths, filepath.Join(dir, filepath.FromSlash(path)))
			}
			keyrings, err := ReadKeyrings(paths...)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range keyrings {
				var keys []string
				for _, key := range k.Keys() {
					keys = append(keys, key.Fingerprint)
				}
				name := filepath.ToSlash(strings.TrimPrefix(k.Name, dir+string(filepath.Separator)))
				got = append(got, name+": "+strings.Join(keys, " "))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestReadKeyringsRefuses(t *testing.T) {
	dir := write(t, map[string]string{
		"empty/.hidden": "x", "text": "hello", "large": strings.Repeat("x", 1<<20+1),
		"map.yaml":   "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: verifier-public-key-a\n",
		"broken.yml": testsign.Verification(map[string]string{"verifier-public-key-a": "x"}),
	})
	tests := []struct {
		name, path, reason string
		kind               fault.Kind
	}{
		{"missing", "missing", "there is no keyring DIR/missing", fault.Local},
		{"an empty folder", "empty", "the directory DIR/empty holds no keyring", fault.Local},
		{"a text", "text", `keyring DIR/text: it holds no public key: it begins with "hello"`, fault.Usage},
		{"large", "large", "DIR/large has more than the 1048576 bytes that a keyring may have", fault.Usage},
		{"a ConfigMap without a key", "map.yaml", "keyring DIR/map.yaml: its ConfigMap has no verifier-public-key-…", fault.Usage},
		{"a ConfigMap with a broken key", "broken.yml", `keyring DIR/broken.yml: the ConfigMap openshift-config-managed/release-verification: keyring verifier-public-key-a: it holds no public key: it begins with "x\n"`, fault.Usage},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ReadKeyrings(filepath.Join(dir, test.path))
			want := strings.ReplaceAll(test.reason, "DIR/", dir+string(filepath.Separator))
			if err == nil || err.Error() != want || fault.KindOf(err) != test.kind {
				t.Errorf("got  %v (kind %d)\nwant %s", err, fault.KindOf(err), want)
			}
		})
	}
}

func TestReadKeys(t *testing.T) {
	s := testsign.NewSigner(t, "ed25519")
	dir := write(t, map[string]string{"cosign.pub": s.PEM, "text": "hello"})
	keys, err := ReadKeys(filepath.Join(dir, "cosign.pub"))
	if err != nil || len(keys) != 1 || !strings.HasPrefix(keys[0].ID(), "sha256:") {
		t.Errorf("got %v, %v", keys, err)
	}
	for name, kind := range map[string]fault.Kind{"missing": fault.Local, "text": fault.Usage} {
		if _, err := ReadKeys(filepath.Join(dir, name)); fault.KindOf(err) != kind {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func digestOf(data []byte) string { return digest.FromBytes(data).String() }
