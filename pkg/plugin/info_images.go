package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// readComponents reads the images of a release's components for the architecture of the release. If registries lack some
// of them, it returns the others and a fault.Partial error.
func (s *session) readComponents(ctx context.Context, release *image.Release) (map[string]*image.Component, error) {
	opener := s.opener(image.Reference{Kind: image.KindRegistry}, s.warnf)
	opener.Notef = nil // a note for each component would repeat itself
	if arch := release.Architecture(); arch != "" {
		opener.Arch, opener.HostArch = "", arch
	}
	found, missing, err := opener.ReadComponents(ctx, release.Components, 4*s.perRegistry)
	switch {
	case err != nil:
		return nil, err
	case len(missing) == 0:
		return found, nil
	case len(found) == 0:
		return nil, missing[0]
	case len(missing) == 1:
		return found, fault.Errorf(fault.Partial, "1 of %d component images is missing: %w", len(release.Components), missing[0])
	}
	return found, fault.Errorf(fault.Partial, "%d of %d component images are missing: %w; and %d more",
		len(missing), len(release.Components), missing[0], len(missing)-1)
}

// imageSizes returns the ages and layers that --size shows.
func imageSizes(images map[string]*image.Component) printers.Sizes {
	sizes := printers.Sizes{Images: map[string]printers.ImageSize{}, Now: time.Now()}
	for name, c := range images {
		sizes.Images[name] = printers.ImageSize{Created: c.Config.Created, Layers: c.Layers}
	}
	return sizes
}

// infoImages returns the images that --include-images adds to the document.
func infoImages(images map[string]*image.Component) (map[string]v1alpha1.InfoImage, error) {
	documents := make(map[string]v1alpha1.InfoImage, len(images))
	for name, c := range images {
		document := v1alpha1.InfoImage{
			Name: c.PullSpec, Digest: c.Identity.Digest.String(), ContentDigest: c.Identity.Digest.String(),
			ListDigest: c.Identity.ListDigest.String(), MediaType: c.MediaType,
		}
		if err := document.SetContents(c.Layers, c.Config.Raw); err != nil {
			return nil, fmt.Errorf("component %s: %w", name, err)
		}
		documents[name] = document
	}
	return documents, nil
}
