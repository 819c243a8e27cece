// Package recorded reads the manifests of a recorded release of real size, for tests of what is made of them.
package recorded

import (
	"archive/tar"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/release-x/oc-release-x/internal/fixture"
	"github.com/release-x/oc-release-x/pkg/payload"
)

// Version is the release that the recordings of other programs were made with.
const Version = "4.22.0-x86_64"

// Files reads the two folders of a release from the last two layers of its image. The test is skipped where there is
// no recorded release.
func Files(t testing.TB, version string) payload.Files {
	t.Helper()
	layout := fixture.Path(t, "ocp-release")
	var index struct {
		Manifests []struct {
			Digest      string            `json:"digest"`
			Annotations map[string]string `json:"annotations"`
		} `json:"manifests"`
	}
	decode(t, filepath.Join(layout, "index.json"), &index)
	for _, entry := range index.Manifests {
		if entry.Annotations["org.opencontainers.image.ref.name"] != version {
			continue
		}
		var image struct {
			Layers []struct {
				Digest string `json:"digest"`
			} `json:"layers"`
		}
		decode(t, blob(layout, entry.Digest), &image)
		last := len(image.Layers) - 1
		return payload.Files{
			Operator: folder(t, blob(layout, image.Layers[last-1].Digest), "manifests"),
			Release:  folder(t, blob(layout, image.Layers[last].Digest), "release-manifests"),
		}
	}
	t.Fatalf("no %s among the recorded releases", version)
	return payload.Files{}
}

// Size is how many bytes the files of a release have.
func Size(files payload.Files) (total int64) {
	for _, file := range slices.Concat(files.Operator, files.Release) {
		total += file.Size
	}
	return total
}

func blob(layout, digest string) string {
	return filepath.Join(layout, "blobs", strings.Replace(digest, ":", "/", 1))
}

func decode(t testing.TB, file string, into any) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// folder reads the files of one folder from a layer, in bytewise order of names.
func folder(t testing.TB, file, name string) []payload.File {
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
		at := path.Clean(header.Name)
		if header.Typeflag != tar.TypeReg || path.Dir(at) != name {
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, payload.File{Name: path.Base(at), Size: int64(len(content)), Data: content})
	}
	slices.SortFunc(files, func(a, b payload.File) int { return strings.Compare(a.Name, b.Name) })
	return files
}
