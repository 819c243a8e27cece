package image

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

const (
	dockerManifest = "manifest.json"
	layoutMarker   = "oci-layout"
)

// savedImage is an entry of manifest.json, as docker save and podman save write it (moby image/tarexport).
type savedImage struct {
	Config   string   `json:"Config"`
	RepoTags []string `json:"RepoTags"`
	Layers   []string `json:"Layers"`
}

// openDockerArchive reads an archive of docker save. Newer ones are an OCI layout too, which has digests of manifests.
func (o Opener) openDockerArchive(ctx context.Context, ref Reference) (Image, error) {
	a, err := indexArchive(ctx, ref.Path, o.Limits)
	if err != nil {
		return nil, err
	}
	if a.has(layoutIndex) && a.has(layoutMarker) {
		return o.openLayout(ctx, ref, a)
	}
	s, err := o.dockerImage(ctx, ref, a)
	if err != nil {
		_ = a.Close()
		return nil, err
	}
	return s, nil
}

func (o Opener) dockerImage(ctx context.Context, ref Reference, a *archive) (*stored, error) {
	if !a.has(dockerManifest) {
		return nil, fault.Errorf(fault.NotFound, "not a docker archive: it has no %s", dockerManifest)
	}
	body, err := readFile(ctx, a, dockerManifest)
	if err != nil {
		return nil, err
	}
	var saved []savedImage
	if err := document.Decode(body, &saved); err != nil {
		return nil, fault.Errorf(fault.Integrity, "%s: %w", dockerManifest, err)
	}
	if ref.Digest != "" {
		return nil, fault.Errorf(fault.Usage, "this archive does not know the digest of its images: name one by its tag")
	}
	chosen, err := chooseSaved(saved, ref)
	if err != nil {
		return nil, err
	}
	s, err := o.savedImage(ctx, a, chosen, ref)
	if err != nil {
		return nil, err
	}
	return s, o.checkArch(ctx, s, false)
}

func chooseSaved(saved []savedImage, ref Reference) (savedImage, error) {
	var found []savedImage
	var names []string
	for _, s := range saved {
		names = append(names, s.RepoTags...)
		if ref.Tag == "" || slices.ContainsFunc(s.RepoTags, func(name string) bool { return matchesRepoTag(name, ref.Tag) }) {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) == 0 && ref.Tag != "":
		return savedImage{}, fault.Errorf(fault.NotFound, "no image has the tag %s; it has %s", ref.Tag, listNames(names))
	case len(found) == 0:
		return savedImage{}, fault.Errorf(fault.NotFound, "it holds no image")
	}
	return savedImage{}, fault.Errorf(fault.Usage, "it holds %d images that fit: add the tag of one, as in docker-archive:%s:TAG: %s", len(found), ref.Path, listNames(names))
}

// matchesRepoTag compares a whole name (quay.io/org/repo:tag) or the tag of one.
func matchesRepoTag(name, tag string) bool {
	return name == tag || !strings.Contains(tag, "/") && strings.HasSuffix(path.Base(name), ":"+tag)
}

// savedImage makes an image of an entry. Its layers are identified by the digests of their unpacked bytes, which are in the
// configuration.
func (o Opener) savedImage(ctx context.Context, a *archive, saved savedImage, ref Reference) (*stored, error) {
	config, err := a.find(saved.Config)
	if err != nil {
		return nil, err
	}
	s := &stored{
		identity: Identity{Reference: ref.Text, Tag: ref.Tag, ManifestsKnown: true},
		config:   blob{name: "the configuration " + saved.Config, size: config.size, open: a.opener(saved.Config)},
		limits:   o.Limits,
		warnf:    o.warnf,
		close:    a.Close,
	}
	if d, err := oci.ParseDigest("sha256:" + strings.TrimSuffix(path.Base(saved.Config), ".json")); err == nil {
		s.config.digest = d
	}
	if err := s.readConfig(ctx); err != nil {
		return nil, err
	}
	if len(s.parsed.diffIDs) != len(saved.Layers) {
		return nil, fault.Errorf(fault.Integrity, "%s names %d layers, the configuration %d", dockerManifest, len(saved.Layers), len(s.parsed.diffIDs))
	}
	for i, name := range saved.Layers {
		id, err := oci.ParseDigest(string(s.parsed.diffIDs[i]))
		if err != nil {
			return nil, fmt.Errorf("the configuration's diff_ids[%d]: %w", i, err)
		}
		entry, err := a.find(name)
		if err != nil {
			return nil, err
		}
		s.layers = append(s.layers, blob{name: "layer " + string(id), size: entry.size, diffID: id, open: a.opener(name)})
		s.layerSize += entry.size
	}
	s.parsed.LayerSize = s.layerSize
	return s, nil
}

func (a *archive) opener(name string) func(context.Context) (io.ReadCloser, error) {
	return func(ctx context.Context) (io.ReadCloser, error) {
		content, _, err := a.open(ctx, name)
		return content, err
	}
}
