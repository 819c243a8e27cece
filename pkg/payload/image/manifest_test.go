package image

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// A manifest that two programs read in two ways is refused, and so is one of more values than any image has.
func TestKeysOfManifests(t *testing.T) {
	const digest = `"digest":"sha256:0000000000000000000000000000000000000000000000000000000000000000"`
	const config = `"config":{` + digest + `}`
	for text, want := range map[string]string{
		`{"schemaVersion":2,` + config + `,"layers":[],"layers":[]}`:                             `the manifest: the key "layers" appears twice in one object`,
		`{"schemaVersion":2,` + config + `,"layers":[{` + digest + `,` + digest + `}]}`:          `the manifest: the key "digest" appears twice in one object`,
		`{"schemaVersion":2,"config":{"Digest":"sha256:00",` + digest + `},"layers":[]}`:         "",
		`{"schemaVersion":2,` + config + `,"layers":[` + strings.Repeat("{},", 300_000) + `{}]}`: "the manifest: the document has more than the 100000 values that this program reads",
	} {
		_, err := oci.ParseManifest([]byte(text), "")
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || err != nil && fault.KindOf(err) != fault.Integrity {
			t.Errorf("%.120s: %v", text, err)
		}
	}
	if _, err := parseConfig([]byte(`{"architecture":"amd64","architecture":"arm64"}`)); err == nil || fault.KindOf(err) != fault.Integrity {
		t.Errorf("a configuration: %v", err)
	}
}
