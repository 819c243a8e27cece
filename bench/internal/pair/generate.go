package pair

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/bench/internal/served"
	"github.com/release-x/oc-release-x/internal/testrelease"
)

type descriptor = testrelease.Descriptor

const (
	mediaTypeDockerManifest = testrelease.MediaTypeDockerManifest
	mediaTypeOCIManifest    = testrelease.MediaTypeOCIManifest
	mediaTypeLayer          = testrelease.MediaTypeDockerLayer + ".gzip"
)

// Shape is the shape of generated releases. That of a real release is 190 images, about 300 MB, 586 blobs with 1,147 references.
type Shape struct {
	Images int   // the release included
	Bytes  int64 // of all blobs of one release, about
	// Rebuilt is one of how many images a further release has anew. What it shares with the first is the rest.
	Rebuilt int
	Host    string // host:port in pull specs; empty: that of the source
}

// Every component has one of the base images, its own large layer and its own small layer, and a configuration. As in a real
// release, a few large base layers have a good part of the bytes, and most layers are small.
const (
	bases     = 4
	fourth    = 10 // so many components have the last layer of their base
	basePart  = 0.4
	largePart = 0.5
	smallPart = 0.1
)

var baseParts = [...]float64{0.6, 0.25, 0.12, 0.03} // of a base image

// Generate puts count releases into the source: 4.22.0, 4.22.1 and so on. With signed every image has a signature.
func (p *Pair) Generate(shape Shape, count int, signed bool) ([]Release, error) {
	g := &generator{files: files{p.source.root()}, shape: shape, host: cmp.Or(shape.Host, p.Source.Address()), signed: signed, stored: map[digest.Digest]bool{}}
	if err := g.storeBases(); err != nil {
		return nil, err
	}
	var releases []Release
	for n := range count {
		release, err := g.release(n)
		if err != nil {
			return nil, fmt.Errorf("generating release %d: %w", n, err)
		}
		releases = append(releases, release)
	}
	return releases, nil
}

type generator struct {
	files  files
	shape  Shape
	host   string
	signed bool
	base   [bases][]descriptor
	stored map[digest.Digest]bool
	last   []Image // the components of the last release
}

func (g *generator) storeBases() error {
	for i := range bases {
		for j, part := range baseParts {
			d, err := g.layer(fmt.Sprintf("base %d %d", i, j), part*basePart/bases)
			if err != nil {
				return err
			}
			g.base[i] = append(g.base[i], d)
		}
	}
	return nil
}

// release stores a release.
func (g *generator) release(n int) (Release, error) {
	r := Release{Version: fmt.Sprintf("4.22.%d", n)}
	r.Source = g.host + "/" + ReleaseRepository + ":" + r.Version + "-x86_64"
	builder := testrelease.New(r.Version).WithDockerMediaTypes()
	components := make([]Image, g.shape.Images-1)
	for i := range components {
		if n == 0 || i%g.shape.Rebuilt == n%g.shape.Rebuilt {
			var err error
			if components[i], err = g.component(n, i); err != nil {
				return r, err
			}
		} else {
			components[i] = g.last[i]
		}
		builder.WithComponent(components[i].Name, testrelease.Image(components[i].Source))
	}
	g.last = components
	served.AddManifests(builder)
	image, err := g.releaseImage(builder, r)
	r.Images = append(slices.Clone(components), image)
	return r, err
}

func (g *generator) releaseImage(builder *testrelease.Builder, r Release) (Image, error) {
	built, err := builder.Build()
	if err != nil {
		return Image{}, err
	}
	arch := built.Images[0]
	image := Image{Digest: built.Digest(), blobs: append([]descriptor{arch.Config}, arch.Layers...)}
	for _, d := range image.blobs {
		data, _ := built.Blob(d.Digest)
		if _, err := g.store(ReleaseRepository, d.MediaType, data); err != nil {
			return image, err
		}
	}
	body, _ := built.Blob(image.Digest)
	if err := g.files.manifest(ReleaseRepository, r.Version+"-x86_64", body); err != nil {
		return image, err
	}
	image.Source = g.host + "/" + ReleaseRepository + "@" + image.Digest.String()
	return image, g.sign(ReleaseRepository, &image)
}

// component stores a component of a release.
func (g *generator) component(n, i int) (Image, error) {
	image := Image{Name: fmt.Sprintf("component-%03d", i)}
	components := float64(g.shape.Images - 1)
	layers := slices.Clone(g.base[i%bases][:len(baseParts)-1])
	if i < fourth {
		layers = append(layers, g.base[i%bases][len(baseParts)-1])
	}
	weight := 0.0 // of all large layers
	for j := range g.shape.Images - 1 {
		weight += 1 / float64(j+1)
	}
	// Which components are large is not a matter of their order.
	rank := float64(1 + (i*37+11)%(g.shape.Images-1))
	for _, own := range []struct {
		name string
		part float64
	}{{"large", largePart / rank / weight}, {"small", smallPart / components}} {
		d, err := g.layer(fmt.Sprintf("%s %d %d", own.name, n, i), own.part)
		if err != nil {
			return image, err
		}
		layers = append(layers, d)
	}
	config, err := g.store(ComponentRepository, testrelease.MediaTypeDockerConfig, marshal(map[string]any{
		"architecture": "amd64", "os": "linux", "created": "2026-01-01T00:00:00Z",
		"config": map[string]any{"Labels": map[string]string{"release": fmt.Sprint(n), "component": image.Name}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": digests(layers)},
	}))
	if err != nil {
		return image, err
	}
	body := marshal(map[string]any{"schemaVersion": 2, "mediaType": mediaTypeDockerManifest, "config": config, "layers": layers})
	image.Digest = digest.FromBytes(body)
	image.Source = g.host + "/" + ComponentRepository + "@" + image.Digest.String()
	image.blobs = append([]descriptor{config}, layers...)
	if err := g.files.manifest(ComponentRepository, "", body); err != nil {
		return image, err
	}
	return image, g.sign(ComponentRepository, &image)
}

// layer stores a layer of random bytes that has a part of the bytes of a release.
func (g *generator) layer(name string, part float64) (descriptor, error) {
	size := max(512, int(part*float64(g.shape.Bytes)))
	noise := make([]byte, size)
	_, _ = rand.NewChaCha8(digestKey(name)).Read(noise)
	var packed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&packed, gzip.NoCompression)
	if err != nil {
		return descriptor{}, err
	}
	archive := tar.NewWriter(zip)
	err = archive.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: strings.ReplaceAll(name, " ", "-"), Mode: 0o644, Size: int64(size)})
	for _, step := range []func() error{
		func() error { _, err := archive.Write(noise); return err }, archive.Close, zip.Close,
	} {
		if err == nil {
			err = step()
		}
	}
	if err != nil {
		return descriptor{}, err
	}
	return g.store(ComponentRepository, mediaTypeLayer, packed.Bytes())
}

func digestKey(name string) [32]byte {
	var key [32]byte
	copy(key[:], digest.FromString(name).Encoded())
	return key
}

// store stores a blob.
func (g *generator) store(repository, mediaType string, data []byte) (descriptor, error) {
	d := descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	if g.stored[d.Digest] {
		return d, nil
	}
	g.stored[d.Digest] = true
	return d, g.files.blob(repository, data)
}

// sign stores a signature of the shape that cosign writes: a small layer, and a configuration that names it. Nobody made it
// with a key.
func (g *generator) sign(repository string, image *Image) error {
	if !g.signed {
		return nil
	}
	document := marshal(map[string]any{
		"critical": map[string]any{
			"type": "cosign container image signature", "image": map[string]string{"docker-manifest-digest": image.Digest.String()},
			"identity": map[string]string{"docker-reference": "quay.io/" + repository},
		},
		"optional": nil,
	})
	layer, err := g.store(repository, "application/vnd.dev.cosign.simplesigning.v1+json", document)
	if err != nil {
		return err
	}
	config, err := g.store(repository, testrelease.MediaTypeOCIConfig, marshal(map[string]any{
		"architecture": "", "created": "0001-01-01T00:00:00Z", "os": "", "config": map[string]any{},
		"history": []any{map[string]string{"created": "0001-01-01T00:00:00Z"}},
		"rootfs":  map[string]any{"type": "layers", "diff_ids": []digest.Digest{layer.Digest}},
	}))
	if err != nil {
		return err
	}
	image.signed = []descriptor{config, layer}
	stored := layer
	stored.Annotations = map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString([]byte(image.Digest.Encoded()))}
	body := marshal(map[string]any{"schemaVersion": 2, "mediaType": mediaTypeOCIManifest, "config": config, "layers": []descriptor{stored}})
	image.Signature = digest.FromBytes(body)
	return g.files.manifest(repository, signatureTag(image.Digest), body)
}

func signatureTag(d digest.Digest) string { return "sha256-" + d.Encoded() + ".sig" }

func digests(layers []descriptor) []digest.Digest {
	unique := map[digest.Digest]bool{}
	for _, l := range layers {
		unique[l.Digest] = true
	}
	return slices.Sorted(maps.Keys(unique))
}

func marshal(v any) []byte {
	data, err := json.Marshal(v)
	if err != nil { // maps and slices of strings always marshal
		return []byte(err.Error())
	}
	return data
}
