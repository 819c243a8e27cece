package openpgp

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"
)

// Signatures of Red Hat and of OpenShift's CI, with their keys, from the tests of the library with which the cluster version
// operator verifies.
func TestRealSignatures(t *testing.T) {
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/openshift/library-go")
	list.Dir = filepath.Join("..", "..", "..", "..", "test")
	list.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOPROXY=off")
	out, err := list.Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skipf("github.com/openshift/library-go is not here (cd test && go mod download): %v", err)
	}
	dir = filepath.Join(dir, "pkg", "verify", "testdata")
	const (
		redHat = "e3f12513a4b22a2d7c0e7c9207f52128113758d9d68c7d06b11a0ac7672966f7" // version 3, compressed
		ci     = "edd9824f0404f1a139688017e7001370e2f3fbc088b94da84506653b473fe140"
	)
	now := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	later := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		keyring, hex string
		now          time.Time
		key, reason  string
	}{
		{keyring: "redhat.txt", hex: redHat, now: now, key: "567E347AD0044ADE55BA8A5F199E2F91FD431D51"},
		{keyring: "redhat.txt", hex: redHat, now: later, key: "567E347AD0044ADE55BA8A5F199E2F91FD431D51"},
		{keyring: "combined.txt", hex: redHat, now: now, key: "567E347AD0044ADE55BA8A5F199E2F91FD431D51"},
		{keyring: "combined.txt", hex: ci, now: now, key: "D04761B116203B0C0859B61628B76E05B923888E"},
		{keyring: "simple.txt", hex: ci, now: now, key: "D04761B116203B0C0859B61628B76E05B923888E"},
		{keyring: "simple.txt", hex: ci, now: later, reason: "the key D04761B116203B0C0859B61628B76E05B923888E expired on 2021-04-21T04:31:39Z; a newer copy of it may last longer"},
		{keyring: "simple.txt", hex: redHat, now: now, reason: "it is signed by the key with the id 199E2F91FD431D51, which is not in the keyring simple.txt"},
		{keyring: "redhat.txt", hex: ci, now: now, reason: "it is signed by the key with the id 28B76E05B923888E, which is not in the keyring redhat.txt"},
	}
	read := func(parts ...string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join(append([]string{dir}, parts...)...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for _, test := range tests {
		t.Run(test.keyring+" "+test.hex[:8], func(t *testing.T) {
			k, err := ParseKeyring(test.keyring, read("keyrings", test.keyring))
			if err != nil {
				t.Fatal(err)
			}
			d := digest.NewDigestFromEncoded(digest.SHA256, test.hex)
			got, err := k.Verify(read("signatures", "sha256="+test.hex, "signature-1"), d, test.now)
			if test.reason != "" {
				if err == nil || err.Error() != test.reason {
					t.Errorf("got  %v\nwant %s", err, test.reason)
				}
				return
			}
			if err != nil || got.Key.Fingerprint != test.key || got.Document.Digest != d {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}
