package manifest_test

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// fixtures is the folder of recorded releases, or the test is skipped.
func fixtures(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("RELEASE_X_FIXTURES")
	if dir == "" {
		root, err := filepath.Abs(".")
		if err != nil {
			t.Fatal(err)
		}
		for {
			if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
				break
			}
			if root == filepath.Dir(root) {
				t.Fatal("no go.mod above the test")
			}
			root = filepath.Dir(root)
		}
		dir = filepath.Join(root, "..", "shared", "fixtures")
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("no recorded releases: %v", err)
	}
	return dir
}

// release reads the two folders of a recorded release from the last two layers of its image.
func release(t testing.TB, version string) payload.Files {
	t.Helper()
	layout := filepath.Join(fixtures(t), "ocp-release")
	var index struct {
		Manifests []struct {
			Digest      string            `json:"digest"`
			Annotations map[string]string `json:"annotations"`
		} `json:"manifests"`
	}
	readJSON(t, filepath.Join(layout, "index.json"), &index)
	for _, entry := range index.Manifests {
		if entry.Annotations["org.opencontainers.image.ref.name"] != version {
			continue
		}
		var image struct {
			Layers []struct {
				Digest string `json:"digest"`
			} `json:"layers"`
		}
		readJSON(t, blob(layout, entry.Digest), &image)
		last := len(image.Layers) - 1
		return payload.Files{
			Operator: layer(t, blob(layout, image.Layers[last-1].Digest), "manifests"),
			Release:  layer(t, blob(layout, image.Layers[last].Digest), "release-manifests"),
		}
	}
	t.Fatalf("no %s among the recorded releases", version)
	return payload.Files{}
}

func blob(layout, digest string) string {
	return filepath.Join(layout, "blobs", strings.Replace(digest, ":", "/", 1))
}

func readJSON(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// layer reads the files of one folder from a layer.
func layer(t testing.TB, file, folder string) []payload.File {
	t.Helper()
	data, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	unzipped, err := gzip.NewReader(bufio.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var files []payload.File
	for archive := tar.NewReader(unzipped); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		name := path.Clean(header.Name)
		if header.Typeflag != tar.TypeReg || path.Dir(name) != folder {
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, payload.File{Name: path.Base(name), Size: int64(len(content)), Data: content})
	}
	slices.SortFunc(files, func(a, b payload.File) int { return strings.Compare(a.Name, b.Name) })
	return files
}

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
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	var r recording
	if err := json.Unmarshal([]byte(lines[0]), &r); err != nil {
		t.Fatal(err)
	}
	r.objects = lines[1:]
	return r
}

// settings are those that the recording was made with.
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

// load reads a release as the recording's operator did.
func (r recording) load(t testing.TB, files payload.Files) []*manifest.Object {
	t.Helper()
	loaded := manifest.Load(files, manifest.Render{ReleaseImage: r.ReleaseImage, ClusterProfile: r.Profile})
	if len(loaded.Warnings) > 0 {
		t.Fatalf("warnings: %v", loaded.Warnings)
	}
	return loaded.Objects
}

// line writes an entry as recordings do.
func line(e manifest.Entry) string {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode([]string{e.File, e.Group, e.Version, e.Kind, e.Namespace, e.Name}); err != nil {
		panic(fmt.Sprint(err))
	}
	return strings.TrimSpace(out.String())
}

// size is how many bytes the manifests of a release have.
func size(files payload.Files) (total int64) {
	for _, folder := range [][]payload.File{files.Operator, files.Release} {
		for _, file := range folder {
			total += file.Size
		}
	}
	return total
}
