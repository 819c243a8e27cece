package testsign_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
)

var update = flag.Bool("update", false, "write examples/keys and examples/signatures again")

// TestExamples holds the keys and the signature of the demo release to what this package makes.
func TestExamples(t *testing.T) {
	demo, err := testrelease.Demo()
	if err != nil {
		t.Fatal(err)
	}
	release, err := demo.Build()
	if err != nil {
		t.Fatal(err)
	}
	if *update { // signatures lie below the digests of what was signed
		if err := os.RemoveAll(filepath.Join("..", "..", "examples", "signatures")); err != nil {
			t.Fatal(err)
		}
	}
	key, foreign := testsign.NewKey(t, "demo"), testsign.NewKey(t, "foreign")
	for name, want := range map[string]string{
		"keys/release.asc": testsign.Armored(t, key),
		"keys/foreign.asc": testsign.Armored(t, foreign),
		"signatures/sha256=" + release.Digest().Encoded() + "/signature-1": string(key.SignAtomic(t, release.Digest())),
	} {
		file := filepath.Join("..", "..", "examples", filepath.FromSlash(name))
		if *update {
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is not what is made today (%v); go test ./internal/testsign -update writes it again", file, err)
		}
	}
}
