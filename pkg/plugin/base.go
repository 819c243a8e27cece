package plugin

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"

	"github.com/release-x/oc-release-x/internal/archivepart"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
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
		if isArchive(text) {
			text = "oci-archive:" + text
		}
		ref, err := image.ParseReference(text)
		if err == nil && (ref.Kind == image.KindLayout || ref.Kind == image.KindOCIArchive) && ref.Tag == "" && ref.Digest == "" {
			for _, part := range withParts(ref) {
				bases = append(bases, base{layout: part})
			}
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

// isArchive reports whether a text is the name of an archive, which may be split.
func isArchive(text string) bool {
	info, err := os.Stat(text)
	if errors.Is(err, fs.ErrNotExist) {
		names, err := archivepart.Find(text, "")
		return err == nil && len(names) > 0
	}
	return err == nil && info.Mode().IsRegular()
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
	var known sync.Map // of digests, so that a registry is asked once
	return func(ctx context.Context, d oci.Descriptor) (bool, error) {
		if there, asked := known.Load(d.Digest); asked {
			return there.(bool), nil
		}
		there := saved.Has(ctx, d.Digest)
		for _, repository := range repositories {
			if there {
				break
			}
			var err error
			if there, err = s.registries.Target(repository).Exists(ctx, d.Digest); err != nil {
				return false, err
			}
		}
		known.Store(d.Digest, there)
		return there, nil
	}, func() { _ = saved.Close() }, nil
}
