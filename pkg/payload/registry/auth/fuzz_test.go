package auth

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

func FuzzAuthFile(f *testing.F) {
	f.Add([]byte(`{"auths":{"quay.io":{"auth":"dTpw"},"https://index.docker.io/v1/":{"identitytoken":"t"}},"credHelpers":{"a.example":"x"},"credsStore":"y"}`), "quay.io/a/b", false)
	f.Add([]byte(`{"quay.io":{"auth":"dTpw"}}`), "quay.io/a", true)
	f.Add([]byte(`{"auths":{"":{},"/":{},"https://":{}}}`), "/", false)
	f.Fuzz(func(t *testing.T, data []byte, repository string, legacy bool) {
		c, err := parse(data, legacy)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("error %q", err)
			}
			return
		}
		keys := keysFor(oci.SplitRepository(repository))
		for i, key := range keys {
			if i > 0 && len(key) >= len(keys[i-1]) {
				t.Errorf("keys of %q are not from the longest to the shortest: %q", repository, keys)
			}
			if raw, ok := c.auths[key]; ok {
				_, _ = decodeEntry(raw)
			}
		}
	})
}
