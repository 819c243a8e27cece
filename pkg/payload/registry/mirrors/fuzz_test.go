package mirrors

import (
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// wellFormed says that no place could become another URL than host/path.
func wellFormed(repository string) bool {
	return repository != "" && !strings.ContainsAny(repository, " ?#%\\@\n\r\t") && !strings.Contains(repository, "..") && !strings.Contains(repository, "://")
}

func FuzzMirrorSets(f *testing.F) {
	f.Add([]byte("apiVersion: config.openshift.io/v1\nkind: ImageDigestMirrorSet\nspec: {imageDigestMirrors: [{source: quay.io, mirrors: [a.example/x]}]}\n---\nkind: x\n"))
	f.Add([]byte("apiVersion: operator.openshift.io/v1alpha1\nkind: ImageContentSourcePolicy\nspec: {repositoryDigestMirrors: [{source: '*.io', mirrors: [a.example]}]}\n"))
	f.Add([]byte("items: [{items: [{items: []}]}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		r := &Rules{}
		if _, err := r.parseSets(data); err != nil {
			return
		}
		checkPlaces(t, r)
	})
}

func FuzzRegistriesConf(f *testing.F) {
	f.Add([]byte("[[registry]]\nlocation = \"quay.io\"\n[[registry.mirror]]\nlocation = \"a.example\"\npull-from-mirror = \"tag-only\"\n"))
	f.Add([]byte("[[registry]]\nprefix = \"*.io\"\nblocked = true\n"))
	f.Add([]byte("[[registry]]\nlocation = \"quay.io/a:tag\"\n[[registry]]\nprefix = \"quay.io\"\nlocation = \"u:p@x\"\n"))
	f.Add([]byte("[engine]\nevents_logger = \"file\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rules, _, err := parseConf(data, "conf")
		if err != nil {
			return
		}
		checkPlaces(t, &Rules{conf: rules})
	})
}

func checkPlaces(t *testing.T, r *Rules) {
	for _, repository := range []string{"quay.io/a/b", "a.example:5000/x", "quay.io"} {
		for _, byDigest := range []bool{true, false} {
			places, _, err := r.Places(oci.SplitRepository(repository), byDigest)
			if (err == nil) == (len(places) == 0) {
				t.Fatalf("%d places and error %v", len(places), err)
			}
			for _, p := range places {
				if !wellFormed(p.Repository.String()) {
					t.Errorf("place %q", p.Repository)
				}
			}
		}
	}
}
