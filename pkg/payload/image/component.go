package image

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Component is the image of a component: its manifest and its configuration, verified. No layer of it is read.
type Component struct {
	PullSpec  string
	Identity  Identity
	MediaType string           // of the manifest
	Layers    []oci.Descriptor // the lowest first
	Config    *Config
}

// ReadComponents reads the images of components from their registries, parallel of them at once; images that several
// components share are read once. The result is by name of the component. A component whose image its registry does not
// have is among the missing errors, in the order of the components; any other failure ends the reading.
func (o Opener) ReadComponents(ctx context.Context, components []payload.Component, parallel int) (found map[string]*Component, missing []error, err error) {
	images := map[string]func(context.Context) (*Component, error){}
	for _, c := range components {
		if images[c.Image] == nil {
			images[c.Image] = o.readOnce(c.Image)
		}
	}
	meter := progress.Begin(ctx, progress.Task{What: "component images", Count: true, Total: int64(len(components))})
	defer meter.End()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(1, parallel))
	read, absent := make([]*Component, len(components)), make([]error, len(components))
	for i, c := range components {
		group.Go(func() (err error) {
			if err = context.Cause(ctx); err != nil {
				return err
			}
			read[i], err = images[c.Image](ctx)
			meter.Advance(1)
			if err == nil {
				return nil
			}
			err = fmt.Errorf("component %s: %w", c.Name, err)
			if fault.KindOf(err) == fault.NotFound {
				absent[i] = err
				return nil
			}
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	found = map[string]*Component{}
	for i, c := range components {
		if read[i] != nil {
			found[c.Name] = read[i]
		}
	}
	return found, slices.DeleteFunc(absent, func(err error) bool { return err == nil }), nil
}

// readOnce returns a function that reads an image the first time, and returns the same result every time.
func (o Opener) readOnce(pullSpec string) func(context.Context) (*Component, error) {
	var once sync.Once
	var found *Component
	var err error
	return func(ctx context.Context) (*Component, error) {
		once.Do(func() { found, err = o.readComponent(ctx, pullSpec) })
		return found, err
	}
}

func (o Opener) readComponent(ctx context.Context, pullSpec string) (*Component, error) {
	ref, err := ParseReference(pullSpec)
	if err != nil || ref.Kind != KindRegistry {
		return nil, fault.Errorf(fault.Integrity, "its image %q is no pull spec", pullSpec)
	}
	img, err := o.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	defer img.Close()
	s, ok := img.(*stored)
	if !ok {
		return nil, fault.Errorf(fault.Internal, "%s was not opened as an image of a registry", pullSpec)
	}
	config, err := s.Config(ctx)
	if err != nil {
		return nil, err
	}
	return &Component{PullSpec: pullSpec, Identity: s.identity, MediaType: s.parts.MediaType, Layers: s.parts.Layers, Config: config}, nil
}
