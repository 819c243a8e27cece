package mirror

import (
	"context"
	"strings"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// TagTarget is a Target that knows whether it has tags.
type TagTarget interface {
	Target
	// HasTags reports whether the repository has a tag. It is true when the registry does not say.
	HasTags(ctx context.Context) (bool, error)
}

// Targets wraps open for the Reader and the Copier of one run. A new target has none of several hundred tags. So when the first
// one is missing, the repository is asked whether it has any tag, and if it has none, not for the others.
func Targets(open func(oci.Repository) TagTarget) func(oci.Repository) Target {
	var mu sync.Mutex
	repositories := map[oci.Repository]*tags{}
	return func(r oci.Repository) Target {
		mu.Lock()
		defer mu.Unlock()
		if repositories[r] == nil {
			repositories[r] = &tags{}
		}
		return lazyTarget{open(r), repositories[r]}
	}
}

// tags is what is known about the tags of a repository.
type tags struct {
	mu    sync.Mutex // is held while the first tag is asked for
	known bool
	none  bool // there was no tag at all
}

// lazyTarget is a repository that is not asked for tags when it has none.
type lazyTarget struct {
	TagTarget
	tags *tags
}

// Describe asks for a digest in any case: a repository without tags can have manifests.
func (t lazyTarget) Describe(ctx context.Context, tagOrDigest string) (oci.Descriptor, error) {
	if strings.Contains(tagOrDigest, ":") {
		return t.TagTarget.Describe(ctx, tagOrDigest)
	}
	t.tags.mu.Lock()
	if t.tags.known {
		none := t.tags.none
		t.tags.mu.Unlock()
		if none {
			return oci.Descriptor{}, fault.Errorf(fault.NotFound, "the target has no tags")
		}
		return t.TagTarget.Describe(ctx, tagOrDigest)
	}
	defer t.tags.mu.Unlock()
	found, err := t.TagTarget.Describe(ctx, tagOrDigest)
	switch {
	case err == nil:
		t.tags.known = true
	case fault.KindOf(err) == fault.NotFound:
		has, hasErr := t.HasTags(ctx)
		if hasErr != nil {
			return oci.Descriptor{}, hasErr
		}
		t.tags.known, t.tags.none = true, !has
	}
	return found, err
}

// PushManifest pushes a manifest. If it has a tag, the repository has tags from then on.
func (t lazyTarget) PushManifest(ctx context.Context, tagOrDigest, mediaType string, body []byte) error {
	if !strings.Contains(tagOrDigest, ":") {
		t.tags.mu.Lock()
		t.tags.none = false
		t.tags.mu.Unlock()
	}
	return t.TagTarget.PushManifest(ctx, tagOrDigest, mediaType, body)
}
