package testrelease

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/opencontainers/go-digest"
)

// Build makes the release. It fails for entries that a tar archive cannot have.
func (b *Builder) Build() (*Release, error) {
	r := &Release{Version: b.version, blobs: map[digest.Digest][]byte{}}
	layers, payload := b.layers()
	for _, arch := range b.architectures {
		p := ArchImage{Architecture: arch}
		for i, entries := range layers {
			if err := b.addLayer(r, &p, entries, i, i == payload); err != nil {
				return nil, err
			}
		}
		p.Config = b.put(r, b.configMediaType(), b.config(p), ConfigPart)
		p.Manifest = b.put(r, b.manifestMediaType(), b.manifest(p), ManifestPart)
		p.Manifest.Platform = &Platform{Architecture: arch, OS: "linux"}
		r.Images = append(r.Images, p)
	}
	r.root = r.Images[0].Manifest
	if b.list {
		r.root = b.put(r, b.listMediaType(), b.manifestList(r), ListPart)
		r.list = r.root.Digest
	}
	return r, nil
}

func (b *Builder) addLayer(r *Release, p *ArchImage, entries []Entry, index int, payload bool) error {
	data, err := Tar(entries...)
	if err != nil {
		return err
	}
	parts := []Part{LayerPart(index)}
	if payload {
		parts = append(parts, PayloadPart)
		if b.tarHook != nil {
			data = b.tarHook(data)
		}
	}
	packed, err := Compress(b.compression, data)
	if err != nil {
		return err
	}
	p.tars = append(p.tars, data)
	p.DiffIDs = append(p.DiffIDs, digest.FromBytes(data))
	p.Layers = append(p.Layers, b.put(r, b.layerMediaType(), packed, parts...))
	return nil
}

// put runs the hooks of a blob, stores it and returns its descriptor.
func (b *Builder) put(r *Release, mediaType string, data []byte, parts ...Part) Descriptor {
	each := func(do func(hook)) {
		for _, h := range b.hooks {
			for _, part := range parts {
				if h.part == part {
					do(h)
				}
			}
		}
	}
	each(func(h hook) {
		if h.content != nil {
			data = h.content(data)
		}
	})
	d := Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	each(func(h hook) {
		if h.stored != nil {
			data = h.stored(data)
		}
	})
	r.store(d.Digest, data)
	each(func(h hook) {
		if h.entry != nil {
			h.entry(&d)
		}
	})
	return d
}

type history struct {
	Created string `json:"created"`
	Comment string `json:"comment,omitempty"`
}

func (b *Builder) config(p ArchImage) []byte {
	created := Created().Format(time.RFC3339)
	labels := map[string]string{"io.openshift.release.base-image-digest": digest.FromString("base image of " + b.version).String()}
	for k, v := range b.labels {
		labels[k] = v
		if v == "" {
			delete(labels, k)
		}
	}
	histories := []history{{Created: created, Comment: "Release image for OpenShift"}}
	for range len(p.DiffIDs) - 1 {
		histories = append(histories, history{Created: created})
	}
	config := struct {
		Created      string `json:"created"`
		Architecture string `json:"architecture"`
		OS           string `json:"os"`
		Config       struct {
			Env        []string          `json:"Env"`
			Entrypoint []string          `json:"Entrypoint"`
			Labels     map[string]string `json:"Labels"`
		} `json:"config"`
		RootFS struct {
			Type    string          `json:"type"`
			DiffIDs []digest.Digest `json:"diff_ids"`
		} `json:"rootfs"`
		History []history `json:"history"`
	}{Created: created, Architecture: p.Architecture, OS: "linux", History: histories}
	config.Config.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"SOURCE_GIT_URL=https://github.com/openshift/cluster-version-operator",
	}
	config.Config.Entrypoint = []string{"/usr/bin/cluster-version-operator"}
	config.Config.Labels = labels
	config.RootFS.Type = "layers"
	config.RootFS.DiffIDs = p.DiffIDs
	data, err := json.Marshal(config)
	if err != nil { // strings and slices of strings always marshal
		return []byte(strconv.Quote(err.Error()))
	}
	return data
}

func (b *Builder) manifest(p ArchImage) []byte {
	return marshal(struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        Descriptor   `json:"config"`
		Layers        []Descriptor `json:"layers"`
	}{2, b.manifestMediaType(), p.Config, p.Layers})
}

func (b *Builder) manifestList(r *Release) []byte {
	entries := []Descriptor{}
	for _, p := range r.Images {
		entries = append(entries, p.Manifest)
	}
	return index(b.listMediaType(), append(entries, b.listEntries...))
}

func index(mediaType string, entries []Descriptor) []byte {
	return marshal(struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Manifests     []Descriptor `json:"manifests"`
	}{2, mediaType, entries})
}

func (b *Builder) pick(oci, docker string) string {
	if b.docker {
		return docker
	}
	return oci
}

func (b *Builder) configMediaType() string { return b.pick(MediaTypeOCIConfig, MediaTypeDockerConfig) }

func (b *Builder) manifestMediaType() string {
	return b.pick(MediaTypeOCIManifest, MediaTypeDockerManifest)
}
func (b *Builder) listMediaType() string { return b.pick(MediaTypeOCIIndex, MediaTypeDockerList) }

func (b *Builder) layerMediaType() string {
	compression := b.compression
	if !b.mediaTypes {
		compression = map[Compression]Compression{Gzip: None, None: Zstd, Zstd: Gzip}[compression]
	}
	suffix := map[Compression][2]string{Gzip: {"+gzip", ".gzip"}, Zstd: {"+zstd", ".zstd"}, None: {"", ""}}[compression]
	return b.pick(MediaTypeOCILayer+suffix[0], MediaTypeDockerLayer+suffix[1])
}
