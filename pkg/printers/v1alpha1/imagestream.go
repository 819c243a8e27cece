package v1alpha1

import (
	"encoding/json"
	"fmt"
)

// configDefaults are the fields that oc prints of an image's configuration whether it has them or not.
func configDefaults(layerSize int64) map[string]any {
	return map[string]any{"id": "", "container_config": map[string]any{}, "created": nil, "size": layerSize}
}

// withDefaults adds fields to a JSON object where it lacks them; null stays null.
func withDefaults(object json.RawMessage, defaults map[string]any) (json.RawMessage, error) {
	if len(object) == 0 {
		return json.RawMessage("null"), nil
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(object, &fields); err != nil {
		return nil, fmt.Errorf("reading the image configuration: %w", err)
	}
	if err := fill(fields, defaults); err != nil {
		return nil, err
	}
	return json.Marshal(fields)
}

func fill(fields map[string]json.RawMessage, defaults map[string]any) error {
	for name, value := range defaults {
		if _, ok := fields[name]; ok {
			continue
		}
		raw, err := json.Marshal(value)
		if err != nil {
			return err
		}
		fields[name] = raw
	}
	return nil
}

// referencesDocument is image-references with the fields that oc prints whether the file has them or not.
func referencesDocument(raw json.RawMessage) (json.RawMessage, error) {
	stream, err := section(raw, map[string]any{"status": map[string]any{"dockerImageRepository": ""}})
	if err != nil {
		return nil, err
	}
	metadata, err := section(stream["metadata"], map[string]any{"creationTimestamp": nil})
	if err != nil {
		return nil, err
	}
	spec, err := section(stream["spec"], map[string]any{"lookupPolicy": map[string]any{"local": false}})
	if err != nil {
		return nil, err
	}
	var tags []json.RawMessage
	if err := json.Unmarshal(spec["tags"], &tags); err != nil {
		return nil, fmt.Errorf("reading image-references: spec.tags: %w", err)
	}
	for i, tag := range tags {
		fields, err := section(tag, map[string]any{
			"annotations": nil, "generation": nil,
			"importPolicy": map[string]any{}, "referencePolicy": map[string]any{"type": ""},
		})
		if err != nil {
			return nil, err
		}
		if tags[i], err = json.Marshal(fields); err != nil {
			return nil, err
		}
	}
	if spec["tags"], err = json.Marshal(tags); err != nil {
		return nil, err
	}
	if stream["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, err
	}
	if stream["spec"], err = json.Marshal(spec); err != nil {
		return nil, err
	}
	return json.Marshal(stream)
}

// section reads a JSON object and adds what it lacks; an absent one becomes the defaults.
func section(raw json.RawMessage, defaults map[string]any) (map[string]json.RawMessage, error) {
	fields := map[string]json.RawMessage{}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &fields); err != nil {
			return nil, fmt.Errorf("reading image-references: %w", err)
		}
	}
	if fields == nil { // null
		fields = map[string]json.RawMessage{}
	}
	return fields, fill(fields, defaults)
}
