package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/internal/testrelease"
)

// zeros reads so many zeros.
func zeros(n int64) io.Reader { return io.LimitReader(zeroReader{}, n) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// mostMemory runs a process and returns the most memory that it had, in bytes.
func mostMemory(t *testing.T, command *exec.Cmd) int64 {
	t.Helper()
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return command.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}

// A copy needs no more memory for big blobs.
func TestMirrorOfABigBlobNeedsLittleMemory(t *testing.T) {
	const size = 300 << 20
	hash := sha256.New()
	if _, err := io.Copy(hash, zeros(size)); err != nil {
		t.Fatal(err)
	}
	big := digest.NewDigest(digest.SHA256, hash)
	registry := testrelease.Registry(t)
	received := make(chan int64, 1)
	// The source generates the big blob, and the target only counts it.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		isManifest := strings.Contains(r.URL.Path, "/manifests/")
		switch uploads := r.URL.Query().Get("digest") == big.String(); {
		case r.Method == http.MethodPut && uploads:
			n, _ := io.Copy(io.Discard, r.Body)
			received <- n
			w.WriteHeader(http.StatusCreated)
		case r.Method == http.MethodPut && isManifest:
			w.WriteHeader(http.StatusCreated)
		case r.Method == http.MethodHead && strings.Contains(r.URL.Path, "/m/blobs/") && len(received) > 0:
		case r.Method == http.MethodHead && strings.HasSuffix(r.URL.Path, "/m/manifests/4.14.0-x86_64") && len(received) > 0:
			r.URL.Path = "/v2/ocp/release/manifests/4.14.0"
			registry.Config.Handler.ServeHTTP(w, r)
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/blobs/"+big.String()):
			w.Header().Set("Content-Length", strconv.Itoa(size))
			_, _ = io.Copy(w, zeros(size))
		default:
			registry.Config.Handler.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	config := []byte("{}")
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": testrelease.MediaTypeOCIManifest,
		"config": testrelease.Descriptor{MediaType: testrelease.MediaTypeOCIConfig, Digest: digest.FromBytes(config), Size: 2},
		"layers": []testrelease.Descriptor{{MediaType: testrelease.MediaTypeOCILayer, Digest: big, Size: size}},
	})
	if err != nil {
		t.Fatal(err)
	}
	component := fmt.Sprintf("%s/ocp/art@%s", host, digest.FromBytes(manifest))
	release, err := testrelease.New("4.14.0").WithComponent("big", testrelease.Image(component)).Build()
	if err == nil {
		err = release.PushTo(registry, "ocp/release", "4.14.0")
	}
	if err == nil {
		err = testrelease.PushBlob(registry, "ocp/art", digest.FromBytes(config), config)
	}
	if err != nil {
		t.Fatal(err)
	}
	art := server.Config.Handler
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/art/manifests/") && !strings.HasSuffix(r.URL.Path, ".sig") {
			w.Header().Set("Content-Type", testrelease.MediaTypeOCIManifest)
			_, _ = w.Write(manifest)
			return
		}
		art.ServeHTTP(w, r)
	})
	home := t.TempDir()
	command := program(t, "oc-release_x", "mirror", "--insecure", host+"/ocp/release:4.14.0", "--to", host+"/ocp/m")
	command.Env = append(command.Env, "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"))
	most := mostMemory(t, command)
	if n := <-received; n != size {
		t.Errorf("the target got %d bytes", n)
	}
	t.Logf("%d MB", most>>20)
	if most > 150<<20 {
		t.Errorf("the process had %d MB", most>>20)
	}
}

// A further release costs little, because the files of its payload are not kept.
func TestMirrorOfManyReleasesNeedsLittleMemory(t *testing.T) {
	registry := testrelease.Registry(t)
	host := strings.TrimPrefix(registry.URL, "http://")
	component, err := testrelease.New("1.0.0").WithComponent("etcd").Build()
	if err == nil {
		err = component.PushTo(registry, "ocp/art", "etcd")
	}
	if err != nil {
		t.Fatal(err)
	}
	var references []string
	for i := range 9 {
		version := fmt.Sprintf("4.14.%d", i)
		b := testrelease.New(version).WithComponent("etcd", testrelease.Image(host+"/ocp/art@"+component.Digest().String()))
		for j := range 200 {
			b.WithManifest(fmt.Sprintf("0000_50_%d.yaml", j), fmt.Sprintf("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a%d\ndata:\n  text: %q\n", j, strings.Repeat(version, 10_000)))
		}
		release, err := b.Build()
		if err == nil {
			err = release.PushTo(registry, "ocp/release", version)
		}
		if err != nil {
			t.Fatal(err)
		}
		references = append(references, host+"/ocp/release:"+version)
	}
	most := func(releases ...string) int64 {
		home := t.TempDir()
		args := append([]string{"mirror", "--insecure", "--to", strings.TrimPrefix(testrelease.Registry(t).URL, "http://") + "/ocp/m"}, releases...)
		command := program(t, "oc-release_x", args...)
		command.Env = append(command.Env, "HOME="+home, "XDG_CACHE_HOME="+filepath.Join(home, "cache"))
		return mostMemory(t, command)
	}
	one, all := most(references[:1]...), most(references...)
	t.Logf("%d MB for one, %d MB for %d", one>>20, all>>20, len(references))
	if each := (all - one) / int64(len(references)-1); each > 3<<20 {
		t.Errorf("each further release needs %d KB", each>>10)
	}
}
