package kubeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// Define defines a kind without a schema, whose objects have no namespace.
func (s *Server) Define(ctx context.Context, group, plural, kind string) error {
	return s.Apply(ctx, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/"+plural+"."+group, map[string]any{
		"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
		"metadata": map[string]any{"name": plural + "." + group},
		"spec": map[string]any{
			"group": group, "scope": "Cluster",
			"names": map[string]any{"plural": plural, "singular": strings.ToLower(kind), "kind": kind},
			"versions": []any{map[string]any{
				"name": "v1", "served": true, "storage": true,
				"schema": map[string]any{"openAPIV3Schema": map[string]any{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			}},
		},
	})
}

// Apply writes an object to its path, as admin. It waits for a kind that was just defined.
func (s *Server) Apply(ctx context.Context, path string, object any) error {
	client, err := rest.HTTPClientFor(s.Config(AdminToken))
	if err != nil {
		return err
	}
	body, err := json.Marshal(object)
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(startTime); ; time.Sleep(20 * time.Millisecond) {
		request, err := http.NewRequestWithContext(ctx, http.MethodPatch, s.URL+path+"?fieldManager=test&force=true", bytes.NewReader(body))
		if err != nil {
			return err
		}
		request.Header.Set("Content-Type", "application/apply-patch+yaml")
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		text, _ := io.ReadAll(response.Body)
		response.Body.Close()
		switch response.StatusCode {
		case http.StatusOK, http.StatusCreated:
			return nil
		case http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable:
			if time.Now().Before(deadline) {
				continue
			}
		}
		return fmt.Errorf("applying %s: %s: %s", path, response.Status, text)
	}
}
