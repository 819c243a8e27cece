package sigstore

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestParseKeyRefuses(t *testing.T) {
	good := testsign.NewSigner(t, "p256").PEM
	block, _ := pem.Decode([]byte(good))
	retyped := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: block.Bytes}))
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text, reason string
	}{
		{"nothing", "", "it is not PEM (-----BEGIN PUBLIC KEY-----)"},
		{"private", retyped, `it is a "PRIVATE KEY", want a "PUBLIC KEY"`},
		{"two", good + good, "something follows the key"},
		{"rubbish behind", good + "x", "something follows the key"},
		{"empty", string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY"})), "it cannot be read: asn1: syntax error: sequence truncated"},
		{"a small curve", testsign.NewSigner(t, "p224").PEM, "it is on a curve of 224 bits, at least 256 are needed"},
		{"a short key", testsign.PublicPEM(t, short.Public()), "it is RSA of 1024 bits, at least 2048 are needed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := ParseKey("cosign.pub", []byte(test.text))
			if err == nil || err.Error() != "the public key cosign.pub: "+test.reason || fault.KindOf(err) != fault.Usage {
				t.Errorf("got  %v\nwant %s", err, test.reason)
			}
		})
	}
}

// Keys, signatures and IDs are compatible with openssl.
func TestOpenSSL(t *testing.T) {
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	run := func(t *testing.T, input []byte, args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), path, args...)
		cmd.Stdin = bytes.NewReader(input)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
		}
		return out
	}
	document := testsign.Document(testsign.CosignType, imageA(), reference)
	for name, args := range map[string][]string{
		"P-256":   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
		"P-384":   {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"},
		"RSA":     {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
		"Ed25519": {"-algorithm", "ED25519"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			private, file := filepath.Join(dir, "key.pem"), filepath.Join(dir, "document")
			run(t, nil, append([]string{"genpkey", "-out", private}, args...)...)
			if err := os.WriteFile(file, document, 0o600); err != nil {
				t.Fatal(err)
			}
			public := run(t, nil, "pkey", "-in", private, "-pubout")
			var value []byte
			if name == "Ed25519" {
				value = run(t, nil, "pkeyutl", "-sign", "-rawin", "-inkey", private, "-in", file)
			} else {
				value = run(t, nil, "dgst", "-sha256", "-sign", private, file)
			}
			k, err := ParseKey("cosign.pub", public)
			if err != nil {
				t.Fatal(err)
			}
			if err := k.Verify(document, value); err != nil {
				t.Error(err)
			}
			if err := k.Verify(append(document, ' '), value); err == nil {
				t.Error("a changed document was taken")
			}
			der := run(t, public, "pkey", "-pubin", "-outform", "DER")
			if sum := run(t, der, "dgst", "-sha256", "-r"); "sha256:"+string(sum[:64]) != k.ID() {
				t.Errorf("openssl says %s, ID %s", sum, k.ID())
			}
		})
	}
}
