package plugin_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/internal/fixture"
)

// real is the reference of a release of real size.
func real(t *testing.T) string { return "oci:" + fixture.Path(t, "ocp-release") + ":4.22.0-x86_64" }

// trimmed returns text without trailing blanks, and with the same repository for oc and for us.
func trimmed(text string) string {
	text = regexp.MustCompile(`(?m)[ \t]+$`).ReplaceAllString(text, "")
	return regexp.MustCompile(`(?m)^(Pull From: )\S+@`).ReplaceAllString(text, "${1}REPOSITORY@")
}

func TestInfoPrintsAsOC(t *testing.T) {
	release := real(t)
	for golden, args := range map[string][]string{
		"info":             nil,
		"info-pullspecs":   {"--pullspecs"},
		"info-commits":     {"--commits"},
		"info-commit-urls": {"--commit-urls"},
	} {
		t.Run(golden, func(t *testing.T) {
			got := good(t, run(t, append([]string{"info", release}, args...)...))
			if diff := cmp.Diff(trimmed(fixture.Read(t, "oc-golden/"+golden+".stdout")), trimmed(got)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestInfoColumnsPrintAsOC(t *testing.T) {
	release := real(t)
	for golden, args := range map[string][]string{
		"info-image-for-etcd":  {"info", release, "--image-for", "etcd"},
		"info-jsonpath-digest": {"info", release, "-o", "jsonpath={.digest}"},
		"info-name":            {"info", release, "-o", "name"},
		"info-digest":          {"info", release, "-o", "digest"},
		"info-pullspec":        {"info", release, "-o", "pullspec"},
	} {
		want(t, run(t, args...), 0, fixture.Read(t, "oc-golden/"+golden+".stdout"), "")
	}
	for _, form := range []string{"name", "digest", "pullspec"} {
		want(t, run(t, "images", release, "-o", form), 0, fixture.Read(t, "oc-golden/info-"+form+".stdout"), "")
	}
	message := regexp.MustCompile(`127\S+`).ReplaceAllLiteralString(fixture.Read(t, "oc-golden/info-image-for-nope.stderr"), release)
	want(t, run(t, "info", release, "--image-for", "nope"), 3, "", message)
}

// The JSON document has the values of oc's, at the same paths, except image and config.size.
func TestInfoJSONHasEveryPathOfOC(t *testing.T) {
	var oc, ours any
	if err := json.Unmarshal([]byte(fixture.Read(t, "oc-golden/info-json.stdout")), &oc); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(good(t, run(t, "info", real(t), "-o", "json"))), &ours); err != nil {
		t.Fatal(err)
	}
	compared := 0
	compare(t, "", oc, ours, &compared)
	if compared < 1600 {
		t.Errorf("compared %d values only", compared)
	}
	extra := []string{}
	for name := range ours.(map[string]any) {
		if _, ok := oc.(map[string]any)[name]; !ok {
			extra = append(extra, name)
		}
	}
	if len(extra) != 3 {
		t.Errorf("fields beyond oc's: %q, want apiVersion, kind and release", extra)
	}
}

func compare(t *testing.T, path string, want, got any, compared *int) {
	switch path {
	case ".image", ".config.size":
		return
	}
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			t.Errorf("%s: got %T, want an object", path, got)
			return
		}
		for name, value := range w {
			if _, ok := g[name]; !ok {
				t.Errorf("%s.%s is missing", path, name)
				continue
			}
			compare(t, path+"."+name, value, g[name], compared)
		}
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			t.Errorf("%s: got %v, want %d entries", path, got, len(w))
			return
		}
		for i := range w {
			compare(t, fmt.Sprintf("%s[%d]", path, i), w[i], g[i], compared)
		}
	default:
		*compared++
		if !reflect.DeepEqual(want, got) {
			t.Errorf("%s: got %v, want %v", path, got, want)
		}
	}
}

func TestRealReleaseInEveryCommand(t *testing.T) {
	release := real(t)
	if n := strings.Count(good(t, run(t, "images", release, "--no-headers")), "\n"); n != 200 {
		t.Errorf("%d images, want 200", n)
	}
	if n := strings.Count(good(t, run(t, "env", release, "--aliases=false", "--format", "github")), "\n"); n != 203 {
		t.Errorf("%d variables, want 203", n)
	}
	want(t, run(t, "images", release, "kube-apiserver", "-o", "name"), 0, "hyperkube\n", "")
}
