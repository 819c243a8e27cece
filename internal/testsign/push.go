package testsign

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// PushTo uploads all there is to a server, whatever registry its names begin with: NAME/a/b:TAG becomes a/b:TAG.
func (r *Images) PushTo(t testing.TB, server *httptest.Server) {
	t.Helper()
	for name, m := range r.Manifests {
		_, path, _ := strings.Cut(name, "/")
		repository, tag, ok := strings.Cut(path, ":")
		if !ok {
			t.Fatalf("%s has no tag", name)
		}
		base := server.URL + "/v2/" + repository
		for d, data := range r.Blobs {
			response := push(t, server, http.MethodPost, base+"/blobs/uploads/?digest="+url.QueryEscape(d.String()), "application/octet-stream", data)
			if response.StatusCode == http.StatusAccepted { // it does not take a blob at once
				location, err := response.Location()
				if err != nil {
					t.Fatal(err)
				}
				query := location.Query()
				query.Set("digest", d.String())
				location.RawQuery = query.Encode()
				push(t, server, http.MethodPut, location.String(), "application/octet-stream", data)
			}
		}
		push(t, server, http.MethodPut, base+"/manifests/"+tag, m.MediaType, m.Body)
	}
}

func push(t testing.TB, server *httptest.Server, method, target, mediaType string, data []byte) *http.Response {
	t.Helper()
	request, err := http.NewRequest(method, target, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", mediaType)
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusCreated && response.StatusCode != http.StatusAccepted {
		t.Fatal(fmt.Errorf("%s %s: %s %s", method, target, response.Status, text))
	}
	return response
}
