package plugin_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

// get reads a URL of a registry.
func get(t *testing.T, server *httptest.Server, path string) (header http.Header, body []byte) {
	t.Helper()
	response, err := server.Client().Get(server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, response.Status)
	}
	return response.Header, readBody(t, response)
}

func readBody(t *testing.T, response *http.Response) []byte {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// contents lists the tags of a repository with digest and media type: "TAG DIGEST MEDIATYPE".
func contents(t *testing.T, server *httptest.Server, repository string) []string {
	t.Helper()
	_, body := get(t, server, "/v2/"+repository+"/tags/list")
	var list struct{ Tags []string }
	if err := json.Unmarshal(body, &list); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, tag := range list.Tags {
		header, _ := get(t, server, "/v2/"+repository+"/manifests/"+tag)
		lines = append(lines, tag+" "+header.Get("Docker-Content-Digest")+" "+header.Get("Content-Type"))
	}
	slices.Sort(lines)
	return lines
}

// recordedDestination is what a recorded run of `oc adm release mirror` left at the target, by repository.
func recordedDestination(t *testing.T, name string) map[string][]string {
	t.Helper()
	var recorded struct {
		Destination map[string][]struct{ Tag, Digest, MediaType string }
	}
	if err := json.Unmarshal([]byte(fixture.Read(t, "oc-golden-tools/"+name+".json")), &recorded); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for repository, images := range recorded.Destination {
		for _, image := range images {
			all[repository] = append(all[repository], fmt.Sprintf("%s %s %s", image.Tag, image.Digest, image.MediaType))
		}
		slices.Sort(all[repository])
	}
	return all
}

// Tags, digests and media types at the target are those of oc. A release for several architectures is always tagged multi;
// oc does that with --keep-manifest-list alone.
func TestMirrorCopiesWhatOCCopies(t *testing.T) {
	source, flags := recordedTools(t)
	for golden, test := range map[string]struct {
		tag   string
		flags []string // T stands for the target
	}{
		"mirror":                          {"4.99.0-x86_64", []string{"--to", "T/ocp/mirror"}},
		"mirror-multi-keep-manifest-list": {"4.99.0-multi", []string{"--to", "T/ocp/m6"}},
		"mirror-to-release-image":         {"4.99.0-x86_64", []string{"--to", "T/ocp/m2/art", "--to-release-image", "T/ocp/m2/release:4.99.0-x86_64"}},
	} {
		t.Run(golden, func(t *testing.T) {
			target := testrelease.TLSRegistry(t)
			line := append([]string{"mirror", source + ":" + test.tag}, flags...)
			for _, flag := range test.flags {
				line = append(line, strings.Replace(flag, "T/", host(target)+"/", 1))
			}
			good(t, run(t, line...))
			for repository, want := range recordedDestination(t, golden) {
				if diff := cmp.Diff(want, contents(t, target, repository)); diff != "" {
					t.Errorf("%s (-oc +ours):\n%s", repository, diff)
				}
			}
		})
	}
}
