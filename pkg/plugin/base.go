package plugin

import (
	"context"
	"os"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// base is what the place already has to which a layout will be copied: a layout, or a repository of a registry.
type base struct {
	layout     image.Reference
	repository oci.Repository // zero for a layout
}

// parseBase reads --base: oci:DIR, oci-archive:FILE, the name of a file, or REGISTRY/REPOSITORY.
func parseBase(texts []string) (bases []base, err error) {
	for _, text := range texts {
		if info, err := os.Stat(text); err == nil && info.Mode().IsRegular() {
			text = "oci-archive:" + text
		}
		ref, err := image.ParseReference(text)
		if err == nil && (ref.Kind == image.KindLayout || ref.Kind == image.KindOCIArchive) && ref.Tag == "" && ref.Digest == "" {
			bases = append(bases, base{layout: ref})
			continue
		}
		repository, err := oci.ParseRepository(strings.TrimPrefix(text, "docker://"))
		if err != nil {
			return nil, fault.Errorf(fault.Usage, "--base %q: want oci:DIR, an archive, or REGISTRY/REPOSITORY without a tag", payload.HideUserinfo(text))
		}
		bases = append(bases, base{repository: repository})
	}
	return bases, nil
}

// openBase returns what ocilayout.Options.Base wants. Call done when it is not needed any more.
func (s *session) openBase(ctx context.Context, bases []base) (has func(context.Context, oci.Descriptor) (bool, error), done func(), err error) {
	var layouts []image.Reference
	var repositories []oci.Repository
	for _, b := range bases {
		if b.repository.IsZero() {
			layouts = append(layouts, b.layout)
		} else {
			repositories = append(repositories, b.repository)
		}
	}
	saved, err := s.openSaved(ctx, layouts)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context, d oci.Descriptor) (bool, error) {
		if saved.Has(ctx, d.Digest) {
			return true, nil
		}
		for _, repository := range repositories {
			if there, err := s.registries.Target(repository).Exists(ctx, d.Digest); there || err != nil {
				return there, err
			}
		}
		return false, nil
	}, func() { _ = saved.Close() }, nil
}

// payloadBlobs are the blobs without which a release cannot be read: its configuration and its top layer.
func payloadBlobs(plan *mirror.Plan) map[oci.Digest]bool {
	needed := map[oci.Digest]bool{}
	for _, i := range plan.Images {
		if i.Kind != mirror.KindRelease {
			continue
		}
		for _, m := range i.Manifests {
			if n := len(m.Blobs); n > 0 {
				needed[m.Blobs[0].Digest], needed[m.Blobs[n-1].Digest] = true, true
			}
		}
	}
	return needed
}
