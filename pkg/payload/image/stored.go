package image

import (
	"context"
	"fmt"
	"path"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// stored is an image made of a configuration and layers, wherever they are opened from.
type stored struct {
	identity  Identity
	config    blob
	layers    []blob // the lowest first
	layerSize int64
	limits    Limits
	parsed    *Config // once read
}

func (s *stored) Identity() Identity { return s.identity }

// Config reads the configuration once.
func (s *stored) Config(ctx context.Context) (*Config, error) {
	if s.parsed != nil {
		return s.parsed, nil
	}
	if err := s.readConfig(ctx); err != nil {
		return nil, s.wrap(err)
	}
	return s.parsed, nil
}

func (s *stored) readConfig(ctx context.Context) error {
	raw, err := s.config.read(ctx)
	if err != nil {
		return err
	}
	c, err := parseConfig(raw)
	if err != nil {
		return err
	}
	c.Digest, c.LayerSize = s.config.digest, s.layerSize
	s.parsed = c
	return nil
}

// Files reads layers from the top down until nothing below can add to what is wanted.
func (s *stored) Files(ctx context.Context, want Want) (payload.Files, error) {
	t := newTree()
	left := s.layers
	for len(left) > 0 && !t.releaseSettled() {
		if len(left) < len(s.layers) {
			// Most images are no releases: only what says that it is one is fetched further.
			labelled, err := s.labelled(ctx)
			if err != nil {
				return payload.Files{}, err
			}
			if !labelled {
				break
			}
		}
		top := left[len(left)-1]
		left = left[:len(left)-1]
		if err := s.addLayer(ctx, t, top, want); err != nil {
			return payload.Files{}, err
		}
	}
	if !t.hasReferences() {
		return payload.Files{}, s.notRelease(len(s.layers)-len(left), t)
	}
	for want.Operator && len(left) > 0 && !t.operatorSettled() {
		top := left[len(left)-1]
		left = left[:len(left)-1]
		if err := s.addLayer(ctx, t, top, want); err != nil {
			return payload.Files{}, err
		}
	}
	return t.payload(), nil
}

func (s *stored) addLayer(ctx context.Context, t *tree, b blob, want Want) error {
	l, err := readLayer(ctx, b, s.limits, want, t)
	if err != nil {
		return s.wrap(err)
	}
	t.add(l)
	return nil
}

func (s *stored) labelled(ctx context.Context) (bool, error) {
	c, err := s.Config(ctx)
	if err != nil {
		return false, err
	}
	return c.Labels[releaseLabel] != "", nil
}

func (s *stored) notRelease(read int, t *tree) error {
	file := path.Join(ReleaseFolder, payload.ReferencesName)
	switch {
	case len(s.layers) == 0:
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: the image has no layers, so no %s", file))
	case len(s.layers) == 1:
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: its only layer does not hold %s", file))
	case read == len(s.layers):
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: none of its %d layers holds %s", read, file))
	case t.has(file):
		return s.wrap(fault.Errorf(fault.NotFound, "not a release: a layer removes %s", file))
	}
	return s.wrap(fault.Errorf(fault.NotFound, "not a release: its top layer does not hold %s and its configuration has no label %s", file, releaseLabel))
}

func (s *stored) wrap(err error) error { return fmt.Errorf("%s: %w", s.identity.Reference, err) }
