package ocilayout

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Annotations of the entries of index.json.
const (
	// RefName is the tag of an image, as the OCI image specification has it.
	RefName = "org.opencontainers.image.ref.name"
	// Source is the pull spec by digest from which an image was copied.
	Source = "release-x.openshift.io/source"
	// Base is on an index whose images need blobs that the layout left out. Its value is true.
	Base = "release-x.openshift.io/base"
)

// Files of a layout beside its blobs.
const (
	indexName  = "index.json"
	layoutName = "oci-layout"
	layoutText = `{"imageLayoutVersion":"1.0.0"}`

	signatureDirectory = "signatures"
)

// index is the content of index.json.
type index struct {
	annotations map[string]string
	entries     []entry
	at          map[string]int   // the positions of the entries, by tag
	own         map[string]entry // those that were put, by tag
	base        bool             // blobs were left out
}

// entry is one entry. raw is the text of one that was there, with fields that this program does not know.
type entry struct {
	oci.Descriptor
	raw json.RawMessage
}

// parseIndex reads index.json. nil is an empty one.
func parseIndex(data []byte) (index, error) {
	x := index{at: map[string]int{}, own: map[string]entry{}}
	if data == nil {
		return x, nil
	}
	parsed, err := oci.ParseManifest(data, "")
	if err == nil && !parsed.List {
		err = fault.Errorf(fault.Integrity, "it is not an index of images")
	}
	var raw struct {
		Manifests   []json.RawMessage `json:"manifests"`
		Annotations map[string]string `json:"annotations"`
	}
	if err == nil {
		err = json.Unmarshal(data, &raw)
	}
	if err != nil {
		return x, fault.Errorf(fault.Integrity, "%s: %w", indexName, err)
	}
	x.annotations = raw.Annotations
	for i, d := range parsed.Entries {
		if tag := d.Annotations[RefName]; tag != "" {
			x.at[tag] = len(x.entries)
		}
		x.entries = append(x.entries, entry{d, raw.Manifests[i]})
	}
	return x, nil
}

func (x *index) find(tag string) (oci.Descriptor, bool) {
	i, ok := x.at[tag]
	if !ok {
		return oci.Descriptor{}, false
	}
	return x.entries[i].Descriptor, true
}

// put adds an entry, in place of the one with the same tag.
func (x *index) put(tag, source string, d oci.Descriptor) {
	d.Annotations = map[string]string{RefName: tag}
	if source != "" {
		d.Annotations[Source] = source
	}
	x.add(tag, entry{Descriptor: d})
}

func (x *index) add(tag string, e entry) {
	if i, ok := x.at[tag]; ok {
		x.entries[i] = e
	} else {
		x.at[tag] = len(x.entries)
		x.entries = append(x.entries, e)
	}
	x.own[tag] = e
}

// setBase says that the layout leaves out blobs.
func (x *index) setBase() { x.base = true }

// update adds what was put to an index that may have changed since it was read.
func (x *index) update(now []byte) ([]byte, error) {
	fresh, err := parseIndex(now)
	if err != nil {
		return nil, err
	}
	for tag, e := range x.own {
		fresh.add(tag, e)
	}
	if x.base {
		fresh.annotations = maps.Clone(fresh.annotations)
		if fresh.annotations == nil {
			fresh.annotations = map[string]string{}
		}
		fresh.annotations[Base] = "true"
	}
	return fresh.marshal()
}

// marshal sorts the entries and returns the bytes of index.json, which depend on the entries alone. The index cannot be used
// afterwards.
func (x *index) marshal() ([]byte, error) {
	slices.SortStableFunc(x.entries, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.Annotations[RefName], b.Annotations[RefName]), cmp.Compare(a.Digest, b.Digest))
	})
	type descriptor struct {
		MediaType   string            `json:"mediaType"`
		Digest      oci.Digest        `json:"digest"`
		Size        int64             `json:"size"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	list := []any{}
	for _, e := range x.entries {
		if e.raw != nil {
			list = append(list, e.raw)
			continue
		}
		list = append(list, descriptor{e.MediaType, e.Digest, e.Size, e.Annotations})
	}
	data, err := json.Marshal(struct {
		SchemaVersion int               `json:"schemaVersion"`
		MediaType     string            `json:"mediaType"`
		Manifests     []any             `json:"manifests"`
		Annotations   map[string]string `json:"annotations,omitempty"`
	}{2, oci.TypeIndex, list, x.annotations})
	return append(data, '\n'), err
}
