package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// eachPlace asks the places that may hold repository, mirrors first, until one answers. When none does, the error
// names every one. discard ends a result that came after ctx.
func eachPlace[T any](ctx context.Context, c *Client, repository oci.Repository, r ref.Ref, ask func(*session, ref.Ref) (T, error), discard func(T)) (T, error) {
	var none T
	reading := progress.Begin(ctx, progress.Task{What: "the files that name mirrors"})
	places, refused, err := c.places(repository, r.Digest != "" || isSignatureTag(r.Tag))
	reading.End()
	if err != nil {
		return none, err
	}
	var failures []error
	for _, place := range places {
		at, err := reference(place.Repository, r.Tag+r.Digest)
		if err != nil {
			return none, err
		}
		v, err := await(ctx, func() (T, error) {
			s, err := c.session(ctx, at, place.Insecure)
			if err != nil {
				return none, err
			}
			return ask(s, at)
		}, discard)
		if err == nil {
			c.remember(repository, r, place)
			return v, nil
		}
		if ctx.Err() != nil {
			return none, ended(ctx, at)
		}
		c.forget(at.Registry, err)
		if len(places) > 1 {
			c.options.Log.Info("trying the next source", slog.String("failed", err.Error()))
		}
		failures = append(failures, err)
	}
	return none, c.withHint(repository, r, withRefused(allFailed(r, failures), refused))
}

// withRefused adds to an error which places were not asked, and why.
func withRefused(err error, refused []string) error {
	if len(refused) == 0 {
		return err
	}
	why := strings.Join(refused, "; ")
	if e, ok := errors.AsType[*getError](err); ok {
		return &getError{e.what, fault.Errorf(fault.KindOf(err), "%w; %s", e.err, why)}
	}
	return fault.Errorf(fault.KindOf(err), "%w; %s", err, why)
}

// withHint adds to the error of a tag that there are mirrors which were not asked.
func (c *Client) withHint(repository oci.Repository, r ref.Ref, err error) error {
	rules, rulesErr := c.rules()
	if rulesErr != nil || r.Digest != "" || isSignatureTag(r.Tag) || !rules.OnlyDigests(repository) {
		return err
	}
	return &getError{r.CommonName(), fault.Errorf(fault.KindOf(err), "%w; its mirrors are used for digests only: name it by digest, or give --itms-file", reasonOf(r, err))}
}

// reasonOf is an error without the name of what could not be got.
func reasonOf(r ref.Ref, err error) error {
	if e, ok := errors.AsType[*getError](err); ok && e.what == r.CommonName() {
		return e.err
	}
	return err
}

// isSignatureTag says whether a tag is made of a digest, as those of sigstore signatures are: it lies where the image
// lies, so the mirrors of digests have it.
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
	// What a tag resolved to was found at one place: by digest that place is the first to know it.
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

// forget puts a host that cannot be reached behind the others, so that a dead mirror costs its tries once.
func (c *Client) forget(host string, err error) {
	if fault.KindOf(err) != fault.Network {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down[host] = true
}

// allFailed is the one failure, or all of them with the kind of the first that is more than a missing image.
func allFailed(r ref.Ref, failures []error) error {
	if len(failures) == 1 {
		return failures[0]
	}
	kind := fault.NotFound
	texts := make([]string, len(failures))
	for i, err := range failures {
		texts[i] = err.Error()
		if k := fault.KindOf(err); kind == fault.NotFound {
			kind = k
		}
	}
	return &getError{r.CommonName(), fault.Errorf(kind, "no source has it: %s%w", strings.Join(texts, "; "), silent{errors.Join(failures...)})}
}

// silent keeps errors in the chain whose text is already told.
type silent struct{ error }

func (silent) Error() string   { return "" }
func (s silent) Unwrap() error { return s.error }

// await runs work and returns early when ctx ends; a result that comes later goes to discard. regclient asks for
// tokens and names without a context.
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

// ended tells that the command was interrupted or ran out of its time.
func ended(ctx context.Context, r ref.Ref) error {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fault.Errorf(fault.Network, "getting %s: --timeout expired: %w", r.CommonName(), ctx.Err())
	}
	return fmt.Errorf("getting %s: %w", r.CommonName(), ctx.Err())
}
