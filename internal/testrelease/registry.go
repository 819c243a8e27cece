package testrelease

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/olareg/olareg"
	"github.com/olareg/olareg/config"
	"github.com/opencontainers/go-digest"
)

// Registry starts a registry in memory with plain HTTP. It ends with the test.
func Registry(t testing.TB) *httptest.Server {
	t.Helper()
	return serve(t, config.ConfigStorage{StoreType: config.StoreMem}, (*httptest.Server).Start)
}

// TLSRegistry starts a registry in memory with HTTPS. Only Client of the server trusts its certificate.
func TLSRegistry(t testing.TB) *httptest.Server {
	t.Helper()
	return serve(t, config.ConfigStorage{StoreType: config.StoreMem}, (*httptest.Server).StartTLS)
}

// LayoutRegistry is TLSRegistry with repositories that have the contents of an OCI layout. They are read-only.
func LayoutRegistry(t testing.TB, dir string, repositories ...string) *httptest.Server {
	t.Helper()
	root := t.TempDir()
	for _, repository := range repositories {
		place := filepath.Join(root, filepath.FromSlash(repository))
		if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(dir, place); err != nil {
			t.Fatal(err)
		}
	}
	readOnly := true
	storage := config.ConfigStorage{StoreType: config.StoreDir, RootDir: root, ReadOnly: &readOnly}
	return serve(t, storage, (*httptest.Server).StartTLS)
}

func serve(t testing.TB, storage config.ConfigStorage, start func(*httptest.Server)) *httptest.Server {
	registry := olareg.New(config.Config{Storage: storage})
	server := httptest.NewUnstartedServer(registry)
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // tests include clients that do not trust it
	start(server)
	t.Cleanup(func() {
		server.Close()
		if err := registry.Close(); err != nil {
			t.Errorf("closing the registry: %v", err)
		}
	})
	return server
}

// PushTo uploads the release to repository:tag of a server.
func (r *Release) PushTo(server *httptest.Server, repository, tag string) error {
	manifests := map[string]bool{}
	for _, p := range r.Images {
		manifests[p.Manifest.Digest.String()] = true
	}
	for _, d := range r.order {
		if manifests[d.String()] || d == r.list {
			continue
		}
		if err := PushBlob(server, repository, d, r.blobs[d]); err != nil {
			return err
		}
	}
	for _, p := range r.Images {
		if err := PushManifest(server, repository, p.Manifest.Digest.String(), p.Manifest.MediaType, r.blobs[p.Manifest.Digest]); err != nil {
			return err
		}
	}
	return PushManifest(server, repository, tag, r.root.MediaType, r.blobs[r.root.Digest])
}

// PushBlob uploads a blob to a repository of a server.
func PushBlob(server *httptest.Server, repository string, d digest.Digest, data []byte) error {
	response, err := send(server, http.MethodPost, server.URL+"/v2/"+repository+"/blobs/uploads/", "", nil, http.StatusAccepted)
	if err != nil {
		return err
	}
	location, err := response.Location()
	if err != nil {
		return fmt.Errorf("uploading %s: %w", d, err)
	}
	query := location.Query()
	query.Set("digest", d.String())
	location.RawQuery = query.Encode()
	_, err = send(server, http.MethodPut, location.String(), "application/octet-stream", data, http.StatusCreated)
	return err
}

// PushManifest uploads a manifest to a repository of a server. name is a tag or a digest.
func PushManifest(server *httptest.Server, repository, name, mediaType string, data []byte) error {
	_, err := send(server, http.MethodPut, server.URL+"/v2/"+repository+"/manifests/"+url.PathEscape(name), mediaType, data, http.StatusCreated)
	return err
}

func send(server *httptest.Server, method, target, mediaType string, data []byte, want int) (*http.Response, error) {
	request, err := http.NewRequest(method, target, bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, target, err)
	}
	if mediaType != "" {
		request.Header.Set("Content-Type", mediaType)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, target, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4096))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, target, err)
	}
	if response.StatusCode != want {
		return nil, fmt.Errorf("%s %s: %s: %s", method, target, response.Status, body)
	}
	return response, nil
}
