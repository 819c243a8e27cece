// Package presence finds out whether the images of a release are where their pull specs say, and can be pulled
// with the credentials at hand. One request an image is enough where the registry answers HEAD; Deep looks at what the images are made of too.
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

// Registry is asked about images; repository is host[:port]/path.
type Registry interface {
	// Head asks for a manifest by tag or digest without its bytes; declared is the digest that the answer names.
	Head(ctx context.Context, repository oci.Repository, tagOrDigest string) (declared string, err error)
	// HeadBlob asks whether a blob is there; size is what the answer names, -1 when it does not.
	HeadBlob(ctx context.Context, repository oci.Repository, d digest.Digest) (size int64, err error)
	// Manifest fetches a manifest, unverified.
	Manifest(ctx context.Context, repository oci.Repository, tagOrDigest string) (body []byte, mediaType, declared string, err error)
}

// Result is what was found out about one component's image.
type Result struct {
	Component payload.Component
	Err       error // nil when the image is there; its kind says what stopped the question
}

// Options say how to ask.
type Options struct {
	Parallel int  // questions at once; 0 is 8
	Deep     bool // manifests are fetched and verified, and their configurations and layers asked for
}

// Check asks about every component's image, in the order of the components. Images that several components
// share are asked for once. It ends early only when ctx does, which is then the error of what is left.
func Check(ctx context.Context, registry Registry, components []payload.Component, o Options) []Result {
	if o.Parallel <= 0 {
		o.Parallel = 8
	}
	order, answers, down := distinct(components), map[string]error{}, map[string][]error{}
	ask := questioner{registry: registry}
	if o.Deep {
		ask.deep = newDeep(registry)
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
			host := oci.SplitRepository(image).Host
			mu.Lock()
			err := unreachable(down[host])
			mu.Unlock()
			if err == nil {
				err = ask.one(ctx, image)
			}
			mu.Lock()
			defer mu.Unlock()
			answers[image] = err
			if fault.KindOf(err) == fault.Network {
				down[host] = append(down[host], err)
			} else {
				down[host] = nil
			}
			meter.Advance(1)
		}()
	}
	group.Wait()
	results := make([]Result, 0, len(components))
	for _, c := range components {
		results = append(results, Result{Component: c, Err: answers[c.Image]})
	}
	return results
}

// patience is how often in a row a host may fail to answer before it is not asked again.
const patience = 3

// unreachable is the error of a host that failed too often, nil for every other.
func unreachable(failures []error) error {
	if len(failures) < patience {
		return nil
	}
	return failures[0]
}

// distinct are the pull specs, each once, in the order of the components.
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

// questioner asks for images, deep when that is not nil.
type questioner struct {
	registry Registry
	deep     *deep
}

// one asks for one image by its digest.
func (q questioner) one(ctx context.Context, image string) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	spec, err := oci.ParsePullSpec(image)
	if err != nil || spec.Digest == "" {
		return fault.Errorf(fault.Integrity, "it is not referenced by a digest: %s", payload.HideUserinfo(image))
	}
	repository, d := spec.Repository, spec.Digest
	if q.deep != nil {
		return q.deep.image(ctx, repository, d)
	}
	declared, err := q.registry.Head(ctx, repository, d.String())
	_, answers := errors.AsType[answer](err)
	switch {
	case err == nil && declared == d.String():
		return nil
	case err == nil && declared != "":
		return fault.Errorf(fault.Integrity, "%s: the registry answers with another image, %s", image, declared)
	case ctx.Err() != nil || fault.KindOf(err) == fault.Network && !answers:
		return err
	}
	return q.get(ctx, image, repository, d)
}

// get fetches a manifest to see that it is there. Any answer to HEAD but 200 with the digest means nothing: proxies
// and stores exist that refuse HEAD, or answer it for what they have cached alone.
func (q questioner) get(ctx context.Context, image string, repository oci.Repository, d digest.Digest) error {
	body, _, _, err := q.registry.Manifest(ctx, repository, d.String())
	if err != nil {
		return err
	}
	if got := digest.FromBytes(body); got != d {
		return fault.Errorf(fault.Integrity, "%s: the registry answers with another image, %s", image, got)
	}
	return nil
}

// answer is the error of a registry that is there, but does not do what it is asked for.
type answer interface {
	error
	Status() int
}
