package manifest_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// recording is one load of a release by the operator's own code.
type recording struct {
	ReleaseImage      string `json:"releaseImage"`
	Exclude           string `json:"exclude"`
	FeatureSet        string `json:"featureSet"`
	Profile           string `json:"profile"`
	FeatureGates      string `json:"featureGates"`
	KnownCapabilities string `json:"knownCapabilities"`
	Hash              string `json:"hash"`
	Count             int    `json:"count"`
	objects           []string
}

func readRecording(t testing.TB, file string) recording {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(fixture.Read(t, "cvo-golden/"+file)), "\n")
	var r recording
	if err := json.Unmarshal([]byte(lines[0]), &r); err != nil {
		t.Fatal(err)
	}
	r.objects = lines[1:]
	return r
}

// settings returns the settings of the recording.
func (r recording) settings() manifest.Settings {
	s := manifest.Settings{
		Profile:           r.Profile,
		FeatureSet:        r.FeatureSet,
		ExcludeIdentifier: r.Exclude,
		MajorVersion:      new(uint64(4)),
		Gates:             manifest.Gates{Mode: manifest.ListedGates},
	}
	switch r.FeatureGates {
	case "nil":
		s.Gates.Mode = manifest.UncheckedGates
	case "":
	default:
		s.Gates.Enabled = strings.Split(r.FeatureGates, ",")
	}
	if r.KnownCapabilities != "nil" {
		s.KnownCapabilities = strings.Split(r.KnownCapabilities, ",")
	}
	return s
}

// load reads a release like the operator of the recording.
func (r recording) load(t testing.TB, files payload.Files) []*manifest.Object {
	t.Helper()
	loaded := manifest.Load(files, manifest.Render{ReleaseImage: r.ReleaseImage, ClusterProfile: r.Profile})
	if len(loaded.Warnings) > 0 {
		t.Fatalf("warnings: %v", loaded.Warnings)
	}
	return loaded.Objects
}

// line writes an entry as recordings do.
func line(t testing.TB, e manifest.Entry) string {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode([]string{e.File, e.Group, e.Version, e.Kind, e.Namespace, e.Name}); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out.String())
}
