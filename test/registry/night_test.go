package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/release-x/oc-release-x/internal/testguard"
	"github.com/release-x/oc-release-x/internal/testrelease"
	"github.com/release-x/oc-release-x/internal/testsign"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// TestMirrorThroughResetsAndBursts mirrors a release with signatures while both registries reset one percent of all requests and answer 429
// or 503 in bursts, during the whole run.
func TestMirrorThroughResetsAndBursts(t *testing.T) {
	happened := map[string]int{}
	for from, source := range closed(t) {
		images := source.pushNight(t)
		for to, target := range closed(t) {
			t.Run(from+" to "+to, func(t *testing.T) {
				nights := []*night{newNight(1), newNight(2)}
				incomplete := &incomplete{}
				source.fault = nights[0].layer
				target.fault = func(next http.Handler) http.Handler { return nights[1].layer(incomplete.layer(next)) }
				run, args := fresh(t), []string{
					"mirror", source.host() + "/ocp/release:4.14.0", "--to", target.host() + "/ocp/m", "--progress", "none", "--certificate-authority", bundle(t, source, target),
					"--authfile", authFile(t, source.host(), login(user, password), target.host(), login(user, password)),
				}
				var got result
				testguard.Finishes(t, "mirroring", func() { got = run.run(args...) })
				source.fault, target.fault = nil, nil
				got.out = hideSizes(got.out)
				want(t, got, 0, fmt.Sprintf("Copied 4.14.0 to %s/ocp/m:4.14.0-x86_64\n  Images:      %d, and %[2]d signatures\n  Manifests:   %d copied, 0 were there\n"+
					"  Blobs:       %d copied (SIZE), 0 were there (SIZE)\n  Time:        0s\nNot copied: boot images and operator catalogs, which no release image contains\n",
					target.host(), nightImages+1, 2*(nightImages+1), nightBlobs), "")
				if len(incomplete.problems) > 0 {
					t.Errorf("manifests were stored before their blobs: %q", incomplete.problems)
				}
				sameImages(t, source, target, images)
				for _, n := range nights {
					if n.requests < 300 || n.resets < n.requests/100 || n.faults["429"] < 5 || n.faults["503"] < 5 {
						t.Errorf("%d requests, and too few faults: %v", n.requests, n.faults)
					}
					for name, count := range n.faults {
						happened[name] += count
					}
				}
			})
		}
	}
	for _, name := range ways {
		if happened[name] == 0 {
			t.Errorf("no %s: %v", name, happened)
		}
	}
}

const (
	nightImages = 50 // components
	// Each component has a configuration and three layers of its own, the release a configuration and a payload, all share a layer,
	// and each signature has a configuration and a layer. The configurations of all signatures are the same.
	nightBlobs = 4*nightImages + 2 + 1 + (nightImages + 1) + 1
)

// pushNight pushes a release, its components and a signature of each. It returns the repositories and tags of what the target
// must have, by the tag at the target.
func (s *server) pushNight(t *testing.T) map[string]string {
	t.Helper()
	noise := rand.NewChaCha8([32]byte{})
	layer := func(name string) testrelease.Entry {
		data := make([]byte, 20_000)
		_, _ = noise.Read(data)
		return testrelease.File(name, string(data))
	}
	signer, copied := testsign.NewSigner(t, "ed25519"), map[string]string{}
	push := func(b *testrelease.Builder, path, tag, to string) oci.Digest {
		image := build(t, b)
		if err := image.PushTo(s.Server, path, tag); err != nil {
			t.Fatal(err)
		}
		repository, signature := s.repository(path), "sha256-"+image.Digest().Encoded()+".sig"
		signatures := testsign.NewImages()
		signatures.AddSignatures(t, repository, image.Digest(), signer.SignatureLayer(t, image.Digest(), repository.String()))
		signatures.PushTo(t, s.Server)
		copied[to], copied[signature] = path+"/manifests/"+tag, path+"/manifests/"+signature
		return image.Digest()
	}
	base := layer("base")
	release := testrelease.New("4.14.0").WithBaseLayer(base)
	for i := range nightImages {
		name := fmt.Sprintf("component-%d", i)
		component := testrelease.New("1.0.0").WithBaseLayer(base).WithBaseLayer(layer("a")).WithBaseLayer(layer("b")).WithComponent(name)
		d := push(component, "ocp/art", name, "4.14.0-x86_64-"+name)
		release.WithComponent(name, testrelease.Image(s.host()+"/ocp/art@"+d.String()))
	}
	release.WithManifest(testsign.PolicyName, testsign.Policy(signer.PEM, "", s.host()+"/ocp/release", s.host()+"/ocp/art"))
	push(release, "ocp/release", "4.14.0", "4.14.0-x86_64")
	return copied
}

// sameImages compares the manifests of source and target, and reads the blobs that the target must have.
func sameImages(t *testing.T, source, target *server, images map[string]string) {
	t.Helper()
	for tag, name := range images {
		manifest := target.read(t, "ocp/m/manifests/"+tag)
		if !bytes.Equal(manifest, source.read(t, name)) {
			t.Errorf("%s differs", tag)
		}
		blobs, err := blobsOf(manifest)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range blobs {
			if got := target.read(t, "ocp/m/blobs/"+d.String()); d != d.Algorithm().FromBytes(got) {
				t.Errorf("%s: the blob %s has other bytes", tag, d)
			}
		}
	}
}

// read reads a manifest or a blob.
func (s *server) read(t *testing.T, path string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/v2/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Add("Accept", "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json")
	response, err := s.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", path, response.Status, err)
	}
	return data
}

// blobsOf are the digests of the configuration and layers of an image.
func blobsOf(manifest []byte) ([]oci.Digest, error) {
	var m struct {
		Config testrelease.Descriptor
		Layers []testrelease.Descriptor
	}
	err := json.Unmarshal(manifest, &m)
	blobs := []oci.Digest{m.Config.Digest}
	for _, d := range m.Layers {
		blobs = append(blobs, d.Digest)
	}
	return blobs, err
}

// incomplete looks for the blobs of each image before a registry stores its manifest.
type incomplete struct {
	mu       sync.Mutex
	problems []string
}

func (i *incomplete) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		repository, name, ok := strings.Cut(r.URL.Path, "/manifests/")
		if !ok || r.Method != http.MethodPut || r.Header.Get("Authorization") == "" {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		blobs, err := blobsOf(body)
		if err != nil {
			i.add(name + ": " + err.Error())
		}
		for _, d := range blobs {
			request := httptest.NewRequestWithContext(r.Context(), http.MethodHead, repository+"/blobs/"+d.String(), nil)
			request.Header.Set("Authorization", r.Header.Get("Authorization"))
			request.Host = r.Host
			answer := httptest.NewRecorder()
			next.ServeHTTP(answer, request)
			if answer.Code != http.StatusOK {
				i.add(fmt.Sprintf("%s lacks %s: %d", name, d, answer.Code))
			}
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(w, r)
	})
}

func (i *incomplete) add(problem string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.problems = append(i.problems, problem)
}
