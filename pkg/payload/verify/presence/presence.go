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
	if o.Parallel <= 0 {
		o.Parallel = 8
	}
	order := distinct(components)
	errs := map[string]error{}       // by image
	failures := map[string][]error{} // in a row, by host
	images := checker{registry: registry}
	if o.Deep {
		images.deep = newDeep(registry)
	}
	meter := progress.Begin(ctx, progress.Task{Verb: "looking for", What: "component images", Count: true, Total: int64(len(order))})
	defer meter.End()
	var mu sync.Mutex
	var group sync.WaitGroup
	slots := make(chan struct{}, o.Parallel)
	for _, image := range order {
		slots <- struct{}{}
		group.Add(1)
		go func() {
			defer func() { <-slots; group.Done() }()
			spec, err := parsePinned(image)
			if err == nil {
				mu.Lock()
				err = unreachable(failures[spec.Host])
				mu.Unlock()
			}
			if err == nil {
				err = images.check(ctx, spec)
			}
			mu.Lock()
			defer mu.Unlock()
			errs[image] = err
			if fault.KindOf(err) == fault.Network {
				failures[spec.Host] = append(failures[spec.Host], err)
			} else {
				failures[spec.Host] = nil
			}
			meter.Advance(1)
		}()
	}
	group.Wait()
	results := make([]Result, 0, len(components))
	for _, c := range components {
		results = append(results, Result{Component: c, Err: errs[c.Image]})
	}
	return results
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
	if err := context.Cause(ctx); err != nil {
		return err
	}
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
