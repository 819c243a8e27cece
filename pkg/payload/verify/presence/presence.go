// Package presence checks that the images of a release can be pulled with the credentials at hand. If the registry answers
// HEAD, that takes one request for an image. Options.Deep also checks what the images consist of.
package presence

import (
	"context"
	"errors"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Registry has what is needed of registries.
type Registry interface {
	// Head asks for a manifest by tag or digest without its bytes; declared is the answer's digest, empty without one.
	Head(ctx context.Context, repository oci.Repository, tagOrDigest string) (declared string, err error)
	// HeadBlob asks for a blob without its bytes; size is the answer's number of bytes, -1 without one.
	HeadBlob(ctx context.Context, repository oci.Repository, d digest.Digest) (size int64, err error)
	// Manifest fetches a manifest, not verified.
	Manifest(ctx context.Context, repository oci.Repository, tagOrDigest string) (body []byte, mediaType, declared string, err error)
}

// Result is the result for the image of a component.
type Result struct {
	Component payload.Component
	Err       error // nil if the image can be pulled
}

// Options say how to check.
type Options struct {
	Parallel int  // how many images at once; 0 is 8
	Deep     bool // check everything that the images consist of, as Image does
}

// Check checks the images of components and returns the results in their order. An image that several components have is
// checked once. When ctx ends, its error is that of the remaining images.
func Check(ctx context.Context, registry Registry, components []payload.Component, o Options) []Result {
	images := checker{registry: registry}
	if o.Deep {
		images.deep = newDeep(registry)
	}
	return images.components(ctx, components, o)
}

// Checker checks images with everything that they consist of, and asks for each manifest and blob once.
type Checker struct{ deep *deep }

// NewChecker returns a Checker that asks a registry.
func NewChecker(registry Registry) Checker { return Checker{newDeep(registry)} }

// Images is Check with Options.Deep.
func (c Checker) Images(ctx context.Context, components []payload.Component, o Options) []Result {
	return checker{deep: c.deep}.components(ctx, components, o)
}

// Tags checks the images that tags name and returns their errors in the same order. An error is nil if all of the image is there.
func (c Checker) Tags(ctx context.Context, what string, tags []oci.PullSpec, o Options) []error {
	return each(ctx, what, tags, o.Parallel, c.deep.tag)
}

// Single returns the digests of the single images of an image that Images has found: its own, or those of a list's children.
func (c Checker) Single(ctx context.Context, image oci.PullSpec) ([]digest.Digest, error) {
	return c.deep.single(ctx, image.Repository, image.Digest)
}

// components checks the images of components.
func (c checker) components(ctx context.Context, components []payload.Component, o Options) []Result {
	var specs []oci.PullSpec
	var order []string
	errs := map[string]error{} // by image
	for _, image := range distinct(components) {
		spec, err := parsePinned(image)
		if errs[image] = err; err == nil {
			specs, order = append(specs, spec), append(order, image)
		}
	}
	for i, err := range each(ctx, "component images", specs, o.Parallel, c.check) {
		errs[order[i]] = err
	}
	results := make([]Result, 0, len(components))
	for _, c := range components {
		results = append(results, Result{Component: c, Err: errs[c.Image]})
	}
	return results
}

// each calls check for every image, parallel at once, and returns the errors in their order. A host that fails to answer too
// often in a row is not asked again.
func each(ctx context.Context, what string, images []oci.PullSpec, parallel int, check func(context.Context, oci.PullSpec) error) []error {
	if parallel <= 0 {
		parallel = 8
	}
	failures := map[string][]error{} // in a row, by host
	meter := progress.Begin(ctx, progress.Task{Verb: "looking for", What: what, Count: true, Total: int64(len(images))})
	defer meter.End()
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, parallel)
	errs := make([]error, len(images))
	for i, image := range images {
		slots <- struct{}{}
		group.Add(1)
		go func() {
			defer func() { <-slots; group.Done() }()
			mu.Lock()
			err := unreachable(failures[image.Host])
			mu.Unlock()
			if err == nil {
				err = context.Cause(ctx)
			}
			if err == nil {
				err = check(ctx, image)
			}
			mu.Lock()
			defer mu.Unlock()
			errs[i] = err
			if fault.KindOf(err) == fault.Network {
				failures[image.Host] = append(failures[image.Host], err)
			} else {
				failures[image.Host] = nil
			}
			meter.Advance(1)
		}()
	}
	group.Wait()
	return errs
}

// maxFailures is how often in a row a host may fail to answer before it is not asked again.
const maxFailures = 3

// unreachable returns the first error of a host that failed too often, otherwise nil.
func unreachable(failures []error) error {
	if len(failures) < maxFailures {
		return nil
	}
	return failures[0]
}

// distinct returns the pull specs, each once, in the order of the components.
func distinct(components []payload.Component) []string {
	seen := map[string]bool{}
	var order []string
	for _, c := range components {
		if !seen[c.Image] {
			seen[c.Image] = true
			order = append(order, c.Image)
		}
	}
	return order
}

func parsePinned(image string) (oci.PullSpec, error) {
	spec, err := oci.ParsePullSpec(image)
	if err != nil || spec.Digest == "" {
		return oci.PullSpec{}, fault.Errorf(fault.Integrity, "it is not referenced by a digest: %s", payload.HideUserinfo(image))
	}
	return spec, nil
}

// checker checks single images.
type checker struct {
	registry Registry
	deep     *deep // nil unless Options.Deep
}

func (c checker) check(ctx context.Context, image oci.PullSpec) error {
	if c.deep != nil {
		return c.deep.image(ctx, image.Repository, image.Digest)
	}
	declared, err := c.registry.Head(ctx, image.Repository, image.Digest.String())
	_, answered := errors.AsType[answerError](err)
	switch {
	case err == nil && declared == image.Digest.String():
		return nil
	case err == nil && declared != "":
		return fault.Errorf(fault.Integrity, "%s: the registry answers with another image, %s", image, declared)
	case ctx.Err() != nil || fault.KindOf(err) == fault.Network && !answered:
		return err
	}
	return c.get(ctx, image)
}

// get fetches a manifest to see that it exists. An answer to HEAD other than 200 with the digest does not show that it is
// missing: some proxies refuse HEAD, or answer it only for manifests that they have cached.
func (c checker) get(ctx context.Context, image oci.PullSpec) error {
	body, _, _, err := c.registry.Manifest(ctx, image.Repository, image.Digest.String())
	if err != nil {
		return err
	}
	if got := digest.FromBytes(body); got != image.Digest {
		return fault.Errorf(fault.Integrity, "%s: the registry answers with another image, %s", image, got)
	}
	return nil
}

// answerError is the error for an answer of the registry, with its HTTP status.
type answerError interface {
	error
	Status() int
}
