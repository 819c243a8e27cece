package ocilayout

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/document"
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
	// Part is on the index of a part of an archive, such as 2/5: the second of five.
	Part = "release-x.openshift.io/part"
	// PartBlobs is on the index of a part too, and lists the blobs that not all parts have: the first digits of their digests,
	// with a space between two blobs and a bar between two parts.
	PartBlobs = "release-x.openshift.io/part-blobs"
)

// Files of a layout beside its blobs.
const (
	indexName  = "index.json"
	layoutName = "oci-layout"
	layoutText = `{"imageLayoutVersion":"1.0.0"}`

	signatureDirectory = "signatures"
)

// index is the content of index.json. Adding to it and looking up a tag take the same time for any number of entries.
type index struct {
	fields  map[string]json.RawMessage // beside the entries
	entries []entry                    // that were there
	tags    map[string]int             // the first of entries with a tag
	own     map[string]entry           // that were put, by tag, in place of all with the same tag
	base    bool                       // blobs were left out
}

// entry is one entry. raw is the text of one that was there, with fields that this program does not know.
type entry struct {
	oci.Descriptor
	raw json.RawMessage
}

// parseIndex reads index.json. nil is an empty one.
func parseIndex(data []byte) (index, error) {
	x := index{fields: map[string]json.RawMessage{}, tags: map[string]int{}, own: map[string]entry{}}
	if data == nil {
		return x, nil
	}
	parsed, err := oci.ParseManifest(data, "")
	if err == nil && !parsed.List {
		err = fault.Errorf(fault.Integrity, "it is not an index of images")
	}
	if err == nil {
		err = document.Decode(data, &x.fields)
	}
	var raw []json.RawMessage
	if err == nil {
		err = document.Decode(x.fields["manifests"], &raw)
	}
	if err != nil {
		return x, fault.Errorf(fault.Integrity, "%s: %w", indexName, err)
	}
	for i, d := range parsed.Entries {
		x.entries = append(x.entries, entry{d, raw[i]})
		if _, known := x.tags[d.Annotations[RefName]]; !known {
			x.tags[d.Annotations[RefName]] = i
		}
	}
	return x, nil
}

func (x *index) find(tag string) (oci.Descriptor, bool) {
	if e, ok := x.own[tag]; ok {
		return e.Descriptor, true
	}
	i, ok := x.tags[tag]
	if !ok {
		return oci.Descriptor{}, false
	}
	return x.entries[i].Descriptor, true
}

// put adds an entry, in place of those with the same tag.
func (x *index) put(tag, source string, d oci.Descriptor) {
	d.Annotations = map[string]string{RefName: tag}
	if source != "" {
		d.Annotations[Source] = source
	}
	x.own[tag] = entry{Descriptor: d}
}

// setBase says that the layout leaves out blobs.
func (x *index) setBase() { x.base = true }

// update adds what was put to an index that may have changed since it was read.
func (x *index) update(now []byte) ([]byte, error) {
	fresh, err := parseIndex(now)
	if err != nil {
		return nil, err
	}
	fresh.own = x.own
	if x.base {
		if err := fresh.annotate(Base, "true"); err != nil {
			return nil, err
		}
	}
	return fresh.marshal()
}

// annotate sets an annotation of the index itself.
func (x *index) annotate(name, value string) error {
	annotations := map[string]string{}
	if raw := x.fields["annotations"]; raw != nil {
		if err := document.Decode(raw, &annotations); err != nil {
			return fault.Errorf(fault.Integrity, "%s: its annotations: %w", indexName, err)
		}
	}
	if annotations[name] == value {
		return nil
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[name] = value
	text, err := json.Marshal(annotations)
	x.fields["annotations"] = text
	return err
}

// all lists the entries by tag and digest.
func (x *index) all() []entry {
	all := slices.DeleteFunc(slices.Clone(x.entries), func(e entry) bool {
		_, replaced := x.own[e.Annotations[RefName]]
		return replaced
	})
	all = slices.AppendSeq(all, maps.Values(x.own))
	slices.SortStableFunc(all, func(a, b entry) int {
		return cmp.Or(strings.Compare(a.Annotations[RefName], b.Annotations[RefName]), cmp.Compare(a.Digest, b.Digest))
	})
	return all
}

// marshal returns the bytes of index.json, which depend on the entries alone. What was there before keeps its text.
func (x *index) marshal() ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, `{"schemaVersion":2,"mediaType":%s,"manifests":[`, cmp.Or(string(x.fields["mediaType"]), strconv.Quote(oci.TypeIndex)))
	for i, e := range x.all() {
		if i > 0 {
			text.WriteByte(',')
		}
		raw, err := e.marshal()
		if err != nil {
			return nil, err
		}
		text.Write(raw)
	}
	text.WriteByte(']')
	for _, name := range slices.Sorted(maps.Keys(x.fields)) {
		if name != "schemaVersion" && name != "mediaType" && name != "manifests" {
			key, err := json.Marshal(name)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&text, ",%s:%s", key, x.fields[name])
		}
	}
	text.WriteString("}\n")
	if text.Len() > oci.MaxManifest {
		return nil, fault.Errorf(fault.Local, "%s would have %d bytes, and at most %d are read: copy to another layout", indexName, text.Len(), oci.MaxManifest)
	}
	return text.Bytes(), nil
}

func (e entry) marshal() ([]byte, error) {
	if e.raw != nil {
		return e.raw, nil
	}
	return json.Marshal(struct {
		MediaType   string            `json:"mediaType"`
		Digest      oci.Digest        `json:"digest"`
		Size        int64             `json:"size"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}{e.MediaType, e.Digest, e.Size, e.Annotations})
}
