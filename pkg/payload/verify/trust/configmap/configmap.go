// Package configmap reads ConfigMaps from files as they are written for clusters: YAML or JSON, several documents, lists. It
// knows those with signatures and those that say how to verify signatures.
package configmap

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// MaxFile is how many bytes a file may have. A cluster keeps at most a megabyte in one object.
const MaxFile = 16 << 20

// ConfigMap has the fields of a ConfigMap that matter here.
type ConfigMap struct {
	Namespace, Name string
	Labels          map[string]string
	Annotations     map[string]string
	Data            map[string]string
	BinaryData      map[string][]byte
}

// String is namespace/name, or the name alone.
func (c ConfigMap) String() string {
	if c.Namespace == "" {
		return c.Name
	}
	return c.Namespace + "/" + c.Name
}

// Parse reads all ConfigMaps of a file in their order and skips other objects. A file that cannot be read, or that has no
// ConfigMap, is fault.Integrity.
func Parse(data []byte) ([]ConfigMap, error) {
	if len(data) > MaxFile {
		return nil, fault.Errorf(fault.Integrity, "it has %d bytes, more than the %d that are read", len(data), MaxFile)
	}
	file := payload.File{Name: "file.yaml", Size: int64(len(data)), Data: data}
	var found []ConfigMap
	var problem error
	loaded := manifest.Load(payload.Files{Release: []payload.File{file}}, manifest.Render{})
	if err := loaded.Err(); err != nil {
		return nil, err
	}
	for _, object := range loaded.Objects {
		maps, err := FromObject(object)
		if err != nil && problem == nil {
			problem = err
		}
		found = append(found, maps...)
	}
	switch {
	case problem != nil:
		return nil, problem
	case len(found) == 0:
		return nil, fault.Errorf(fault.Integrity, "it holds no ConfigMap")
	}
	return found, nil
}

// ParseList reads the JSON list of an API server, which may be empty; anything else is fault.Integrity.
func ParseList(data []byte) ([]ConfigMap, error) {
	var kind struct {
		Kind string `json:"kind"`
	}
	if err := json.Unmarshal(data, &kind); err != nil || kind.Kind != "ConfigMapList" {
		return nil, fault.Errorf(fault.Integrity, "it is not a ConfigMapList")
	}
	maps, err := decodeList(data)
	if err != nil {
		return nil, fault.Errorf(fault.Integrity, "%w", err)
	}
	return maps, nil
}

// FromObject reads a ConfigMap, or the ConfigMaps of a list. For any other object it returns nothing.
func FromObject(object *manifest.Object) ([]ConfigMap, error) {
	isMap := object.Kind == "ConfigMap" && object.APIVersion() == "v1"
	isList := strings.HasSuffix(object.Kind, "List") && object.APIVersion() == "v1"
	if object.Kind == manifest.UnknownKind {
		return nil, fault.Errorf(fault.Integrity, "document %d is not a Kubernetes object: %s", object.Document, object.Problem)
	}
	if !isMap && !isList {
		return nil, nil
	}
	data, err := object.JSON()
	if err != nil {
		return nil, fault.Errorf(fault.Integrity, "document %d: %w", object.Document, err)
	}
	if isMap {
		one, err := decode(data)
		if err != nil {
			return nil, fault.Errorf(fault.Integrity, "document %d: %w", object.Document, err)
		}
		return []ConfigMap{one}, nil
	}
	maps, err := decodeList(data)
	if err != nil {
		return nil, fault.Errorf(fault.Integrity, "document %d: %w", object.Document, err)
	}
	return maps, nil
}

// decodeList reads the ConfigMaps of a list. The items of an API server's ConfigMapList have no kind.
func decodeList(data []byte) ([]ConfigMap, error) {
	var list struct {
		Kind  string            `json:"kind"`
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("reading the list: %w", err)
	}
	var found []ConfigMap
	for i, item := range list.Items {
		var kind struct {
			Kind string `json:"kind"`
		}
		if err := json.Unmarshal(item, &kind); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		if kind.Kind != "ConfigMap" && (kind.Kind != "" || list.Kind != "ConfigMapList") {
			continue
		}
		one, err := decode(item)
		if err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		found = append(found, one)
	}
	return found, nil
}

func decode(data []byte) (ConfigMap, error) {
	var object struct {
		Metadata struct {
			Namespace   string            `json:"namespace"`
			Name        string            `json:"name"`
			Labels      map[string]string `json:"labels"`
			Annotations map[string]string `json:"annotations"`
		} `json:"metadata"`
		Data       map[string]string `json:"data"`
		BinaryData map[string][]byte `json:"binaryData"`
	}
	if err := json.Unmarshal(data, &object); err != nil {
		return ConfigMap{}, fmt.Errorf("reading the ConfigMap: %w", err)
	}
	m := object.Metadata
	return ConfigMap{Namespace: m.Namespace, Name: m.Name, Labels: m.Labels, Annotations: m.Annotations, Data: object.Data, BinaryData: object.BinaryData}, nil
}
