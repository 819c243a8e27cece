package registry

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// eachPlace asks the places that may hold repository, mirrors first, until one answers. When none does, the error
// names every one. Only the last place is waited for when it is busy. discard ends a result that came after ctx.
func eachPlace[T any](ctx context.Context, source Source, r ref.Ref, ask func(context.Context, *session, ref.Ref) (T, error), discard func(T)) (T, error) {
	var none T
	c, repository := source.client, source.repository
	if source.direct {
		return await(ctx, func() (T, error) {
			s, err := c.session(ctx, r, false, source.push, source.mount)
			if err != nil {
				return none, err
			}
			return ask(ctx, s, r)
		}, discard)
	}
	reading := progress.Begin(ctx, progress.Task{What: "the files that name mirrors"})
	places, refused, err := c.places(repository, r.Digest != "" || isSignatureTag(r.Tag))
	reading.End()
	if err != nil {
		return none, err
	}
	var failures []error
	for i, place := range places {
		asking := transport.Hurry(ctx, i < len(places)-1)
		at, err := reference(place.Repository, r.Tag+r.Digest)
		if err != nil {
			return none, err
		}
		v, err := await(ctx, func() (T, error) {
			s, err := c.session(asking, at, place.Insecure, false, "")
			if err != nil {
				return none, err
			}
			return ask(asking, s, at)
		}, discard)
		if err == nil {
			c.remember(repository, r, place)
			return v, nil
		}
		if ctx.Err() != nil {
			return none, ended(ctx, "getting "+at.CommonName())
		}
		c.forget(at.Registry, err)
		if len(places) > 1 {
			c.options.Log.Info("trying the next source", slog.String("failed", err.Error()))
		}
		failures = append(failures, err)
	}
	return none, c.withHint(repository, r, withRefused(allFailed(r, failures), refused))
}

// withHint adds to the error of a tag that there are mirrors which were not asked.
func (c *Client) withHint(repository oci.Repository, r ref.Ref, err error) error {
	rules, rulesErr := c.rules()
	if rulesErr != nil || r.Digest != "" || isSignatureTag(r.Tag) || !rules.OnlyDigests(repository) {
		return err
	}
	return &fetchError{r.CommonName(), fault.Errorf(fault.KindOf(err), "%w; its mirrors are used for digests only: name it by digest, or give --itms-file", reasonOf(r, err))}
}

// isSignatureTag reports whether a tag is made of a digest, as those of sigstore signatures are. Signatures are mirrored together
// with their images, so such a tag is looked up at the mirrors for digests.
func isSignatureTag(tag string) bool {
	digest, found := strings.CutSuffix(tag, ".sig")
	hex, ofDigest := strings.CutPrefix(digest, "sha256-")
	return found && ofDigest && len(hex) == 64
}

// places lists where to look, the source last unless it may not be contacted; refused says what may not be.
func (c *Client) places(repository oci.Repository, byDigest bool) (places []mirrors.Place, refused []string, err error) {
	rules, err := c.rules()
	if err != nil {
		return nil, nil, err
	}
	places, refused, err = rules.Places(repository, byDigest)
	c.mu.Lock()
	defer c.mu.Unlock()
	// The place that resolved a tag also has the digest, whether or not it is a mirror for digests.
	first, known := c.tagged[repository]
	if err != nil && (!known || !byDigest) {
		return nil, nil, err
	}
	if known && byDigest && !slices.Contains(places, first) {
		places = append([]mirrors.Place{first}, places...)
	}
	slices.SortStableFunc(places, func(a, b mirrors.Place) int {
		return order(c.down[a.Repository.Host]) - order(c.down[b.Repository.Host])
	})
	return places, refused, nil
}

func order(down bool) int {
	if down {
		return 1
	}
	return 0
}

// remember keeps which mirror knew a tag.
func (c *Client) remember(repository oci.Repository, r ref.Ref, place mirrors.Place) {
	if r.Digest != "" || place.Repository == repository {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tagged[repository] = place
}

// forget asks a host that cannot be reached after all others from now on, so that a dead mirror costs its tries once.
func (c *Client) forget(host string, err error) {
	if fault.KindOf(err) != fault.Network {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down[host] = true
}

// await runs work and returns early when ctx ends; a result that comes later goes to discard. It is needed because regclient asks
// for tokens and looks up names without a context.
func await[T any](ctx context.Context, work func() (T, error), discard func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := work()
		done <- result{v, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil && discard != nil {
				discard(r.value)
			}
		}()
		var none T
		return none, ctx.Err()
	}
}
