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

// TestExamples compares the keys and the signature of the demo release with those of this package.
func TestExamples(t *testing.T) {
	demo, err := testrelease.Demo()
	if err != nil {
		t.Fatal(err)
	}
	release, err := demo.Build()
	if err != nil {
		t.Fatal(err)
	}
	if *update { // the directories of signatures have the digest of the release in their names
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
			t.Errorf("%s is out of date (%v); go test ./internal/testsign -update writes it again", file, err)
		}
	}
}
