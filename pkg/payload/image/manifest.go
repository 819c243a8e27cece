package image

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// maxManifest is the most that a manifest or a config may have, as registries hold it themselves.
const maxManifest = 8 * mebi

// The media types of manifests that are read. What a layer is called does not matter: its bytes tell.
const (
	typeOCIIndex       = "application/vnd.oci.image.index.v1+json"
	typeOCIManifest    = "application/vnd.oci.image.manifest.v1+json"
	typeOCIConfig      = "application/vnd.oci.image.config.v1+json"
	typeDockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	typeDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	typeDockerConfig   = "application/vnd.docker.container.image.v1+json"
	typeSchema1        = "application/vnd.docker.distribution.manifest.v1+json"
	typeSchema1Signed  = "application/vnd.docker.distribution.manifest.v1+prettyjws"
	typeArtifact       = "application/vnd.oci.artifact.manifest.v1+json"
)

// descriptor names a blob. The urls that it may carry are not read, so nothing follows them.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      digest.Digest     `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *platform         `json:"platform"`
	Annotations map[string]string `json:"annotations"`
}

// manifest is a parsed manifest: of an image, or a list of entries.
type manifest struct {
	list    bool
	entries []descriptor // of a list
	config  descriptor
	layers  []descriptor // the lowest first
}

// parseManifest reads a manifest strictly: what two programs could read in two ways is fault.Integrity, what is of another
// kind is fault.NotFound. declared is the media type that came with it; one that names no manifest says nothing.
func parseManifest(body []byte, declared string) (*manifest, error) {
	var fields map[string]json.RawMessage // keys of other cases stay apart, unlike in a struct
	switch err := document.Decode(body, &fields); {
	case err == nil:
	case document.Kind(err, fault.NotFound) == fault.Integrity:
		return nil, fault.Errorf(fault.Integrity, "the manifest: %w", err)
	default:
		return nil, fault.Errorf(fault.Integrity, "the manifest is not a JSON object: %w", err)
	}
	mediaType, err := manifestType(fields, declared)
	if err != nil {
		return nil, err
	}
	_, isList := fields["manifests"]
	_, hasConfig := fields["config"]
	_, hasLayers := fields["layers"]
	switch {
	case isList && (hasConfig || hasLayers):
		return nil, fault.Errorf(fault.Integrity, "the manifest is an image and a list at once")
	case mediaType == "" && !isList && !hasLayers:
		return nil, fault.Errorf(fault.NotFound, "not a release: the manifest is neither of an image nor a list of images")
	case isListType(mediaType) && !isList, isImageType(mediaType) && (isList || !hasLayers || !hasConfig):
		return nil, fault.Errorf(fault.Integrity, "the manifest is not what its media type %s says", mediaType)
	case isList:
		m := &manifest{list: true}
		err = decodeField(fields, "manifests", &m.entries)
		return m, firstError(err, checkDescriptors("manifests", m.entries))
	}
	m := &manifest{}
	err = firstError(decodeField(fields, "config", &m.config), decodeField(fields, "layers", &m.layers))
	return m, firstError(err, checkDescriptors("config", []descriptor{m.config}), checkDescriptors("layers", m.layers))
}

// manifestType is the media type of a manifest, which its body and its envelope must not say differently.
func manifestType(fields map[string]json.RawMessage, declared string) (string, error) {
	var own string
	var version int
	if err := firstError(decodeField(fields, "mediaType", &own), decodeField(fields, "schemaVersion", &version)); err != nil {
		return "", err
	}
	declared = manifestTypeOf(declared)
	if _, signed := fields["fsLayers"]; version == 1 || signed || isSchema1(own) || isSchema1(declared) {
		return "", fault.Errorf(fault.NotFound, "the image has a manifest of schema 1, which is unsupported: push it again with a newer client")
	}
	// Artifact manifests have no schemaVersion, so their type is looked at before it.
	for _, t := range []string{own, declared} {
		if t != "" && !isListType(t) && !isImageType(t) {
			return "", fault.Errorf(fault.NotFound, "not a release: a manifest of type %s is not supported", quoted(t))
		}
	}
	if version != 2 {
		return "", fault.Errorf(fault.Integrity, "the manifest has schemaVersion %d, want 2", version)
	}
	if own != "" && declared != "" && own != declared {
		return "", fault.Errorf(fault.Integrity, "the manifest says that it is %s, but it came as %s", quoted(own), quoted(declared))
	}
	if own == "" {
		own = declared
	}
	return own, nil
}

// manifestTypeOf is the manifest type that a Content-Type names, "" when it names none: static mirrors and object
// stores serve manifests as application/json, application/octet-stream or text/plain.
func manifestTypeOf(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	t = strings.TrimSpace(t)
	if isListType(t) || isImageType(t) || isSchema1(t) || t == typeArtifact {
		return t
	}
	return ""
}

func isSchema1(t string) bool    { return t == typeSchema1 || t == typeSchema1Signed }
func isListType(t string) bool   { return t == typeOCIIndex || t == typeDockerList }
func isImageType(t string) bool  { return t == typeOCIManifest || t == typeDockerManifest }
func isConfigType(t string) bool { return t == typeOCIConfig || t == typeDockerConfig || t == "" }

// decodeField decodes a field that may be absent.
func decodeField(fields map[string]json.RawMessage, name string, into any) error {
	raw, ok := fields[name]
	if !ok {
		return nil
	}
	if err := document.Decode(raw, into); err != nil {
		return fault.Errorf(fault.Integrity, "the manifest's %s: %w", name, err)
	}
	return nil
}

// checkDescriptors refuses what is not safe to use in a URL or a path before anything uses it.
func checkDescriptors(field string, descriptors []descriptor) error {
	for i, d := range descriptors {
		name := field
		if len(descriptors) > 1 {
			name = fmt.Sprintf("%s[%d]", field, i)
		}
		if _, err := parseDigest(string(d.Digest)); err != nil {
			return fmt.Errorf("the manifest's %s: %w", name, err)
		}
		if d.Size < 0 {
			return fault.Errorf(fault.Integrity, "the manifest's %s: its size is %d", name, d.Size)
		}
	}
	return nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
