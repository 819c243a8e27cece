package served_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/bench/internal/served"
)

func TestPrepare(t *testing.T) {
	root := t.TempDir()
	release, how, err := served.Prepare(root, filepath.Join(root, "nothing here"))
	if err != nil {
		t.Fatal(err)
	}
	const want = "4.22.0-x86_64: 200 components, 910 manifests, a payload layer of 1.86 MB in an image of 1.86 MB"
	if got := release.Describe(); got != want || how != "generated" || release.Files != 912 {
		t.Errorf("got %s, %s with %d files\nwant generated, %s with 912 files", how, got, release.Files, want)
	}
	if first := release.Components[0]; !strings.HasPrefix(first.Image, "quay.io/openshift-release-dev/ocp-v4.0-art-dev@sha256:") {
		t.Errorf("the first component is %v", first)
	}
	again, err := served.Read(root, release.Repository)
	if err != nil || again.Digest != release.Digest {
		t.Errorf("read again: %s, %v, want %s", again.Digest, err, release.Digest)
	}

	// What lies in the fixtures is taken before anything is generated.
	fixtures := t.TempDir()
	if err := os.Rename(filepath.Join(root, release.Repository), filepath.Join(fixtures, served.Recorded)); err != nil {
		t.Fatal(err)
	}
	recorded, how, err := served.Prepare(t.TempDir(), fixtures)
	if err != nil || how != "recorded" || recorded.Digest != release.Digest {
		t.Errorf("got %s %s, %v, want recorded %s", how, recorded.Digest, err, release.Digest)
	}
}

func TestOptions(t *testing.T) {
	const base = 4_000_000
	root := t.TempDir()
	release, err := served.PrepareAs(root, "large", served.Options{Base: base})
	if err != nil {
		t.Fatal(err)
	}
	if others := release.Image - release.Payload; others < base || others > base*101/100 {
		t.Errorf("the layers beside the payload have %d bytes, want %d and a little for packing", others, base)
	}
	tampered, err := served.PrepareAs(root, "tampered", served.Options{Tampered: true})
	if err != nil {
		t.Fatal(err)
	}
	if tampered.Files != release.Files || tampered.Components[7] != release.Components[7] {
		t.Errorf("the tampered release unpacks to %d files, want %d", tampered.Files, release.Files)
	}
	data, err := os.ReadFile(filepath.Join(root, "tampered", "blobs", "sha256", strings.TrimPrefix(tampered.PayloadDigest, "sha256:")))
	if err != nil {
		t.Fatal(err)
	}
	if digest.FromBytes(data).String() == tampered.PayloadDigest || int64(len(data)) != tampered.Payload {
		t.Errorf("%d bytes of %s, want %d bytes of another digest", len(data), digest.FromBytes(data), tampered.Payload)
	}
}

func TestReadNeedsARelease(t *testing.T) {
	root := t.TempDir()
	if _, err := served.Read(root, "none"); err == nil {
		t.Error("a missing directory was read")
	}
	for name, index := range map[string]string{
		"empty":  `{"manifests":[]}`,
		"broken": `{"manifests":`,
	} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name, "index.json"), []byte(index), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := served.Read(root, name); err == nil {
			t.Errorf("%s: read without an error", name)
		}
	}
}

func TestRegistryCounts(t *testing.T) {
	root := t.TempDir()
	release, _, err := served.Prepare(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []bool{true, false} {
		r, err := served.Start(root, plain)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		if plain != r.Plain() || plain != (len(r.Certificate()) == 0) {
			t.Errorf("plain %v: Plain() %v, certificate of %d bytes", plain, r.Plain(), len(r.Certificate()))
		}
		client := r.Client()
		base := strings.TrimSuffix(r.Download(r.Address(), 0), "/calibration/0") + "/v2/" + release.Repository
		manifest := do(t, client, http.MethodGet, base+"/manifests/"+release.Tag, http.StatusOK)
		top := string(manifest[bytes.LastIndex(manifest, []byte("sha256:")):][:71])
		layer := do(t, client, http.MethodGet, base+"/blobs/"+top, http.StatusOK)
		do(t, client, http.MethodHead, base+"/manifests/"+release.Digest, http.StatusOK)
		do(t, client, http.MethodGet, r.Download(r.Address(), 100_000), http.StatusOK)
		if int64(len(layer)) != release.Payload {
			t.Errorf("the layer has %d bytes, want %d", len(layer), release.Payload)
		}
		count := r.Take()
		if count.String() != "2 GET + 1 HEAD" || count.Total() != 3 || count.Bytes != int64(len(manifest)+len(layer)) {
			t.Errorf("counted %s, %d requests and %d bytes, want 2 GET + 1 HEAD, 3 and %d", count, count.Total(), count.Bytes, len(manifest)+len(layer))
		}
		if len(count.Blobs) != 1 || count.Blobs[top] != 1 || count.Repeated() != 0 {
			t.Errorf("counted blobs %v, %d of them again, want %s once", count.Blobs, count.Repeated(), top)
		}
		do(t, client, http.MethodGet, base+"/blobs/"+top, http.StatusOK)
		do(t, client, http.MethodGet, base+"/blobs/"+top, http.StatusOK)
		if count := r.Take(); count.Repeated() != 1 {
			t.Errorf("a blob was asked for twice, but %d requests were for one again", count.Repeated())
		}
		if count := r.Take(); count.String() != "0" || count.Total() != 0 || count.Bytes != 0 {
			t.Errorf("after that %s and %d bytes, want nothing", count, count.Bytes)
		}
	}
}

// A count is complete although its requests are still under way when it is asked for.
func TestTakeWaits(t *testing.T) {
	root := t.TempDir()
	release, _, err := served.Prepare(root, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, err := served.Start(root, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			do(t, r.Client(), http.MethodGet, "http://"+r.Address()+"/v2/"+release.Repository+"/manifests/"+release.Tag, http.StatusOK)
		})
	}
	all.Wait()
	if count := r.Take(); count.Total() != 8 {
		t.Errorf("counted %d requests, want 8", count.Total())
	}
}

func TestCalibrationDocuments(t *testing.T) {
	r, err := served.Start(t.TempDir(), true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if got := do(t, r.Client(), http.MethodGet, r.Download(r.Address(), 100_001), http.StatusOK); len(got) != 100_001 {
		t.Errorf("got %d bytes, want 100001", len(got))
	}
	do(t, r.Client(), http.MethodGet, "http://"+r.Address()+"/calibration/much", http.StatusNotFound)
	do(t, r.Client(), http.MethodGet, "http://"+r.Address()+"/calibration/-1", http.StatusNotFound)
	if count := r.Take(); count.Total() != 0 {
		t.Errorf("calibrating counted as %s", count)
	}
}

func do(t *testing.T, client *http.Client, method, url string, want int) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Error(err)
		return nil
	}
	response, err := client.Do(request)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		t.Errorf("%s %s: %s, %v, want status %d", method, url, response.Status, err, want)
	}
	return body
}
