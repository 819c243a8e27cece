package image

import (
	"context"
	"sync"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// descent reads an image's layers from the top down.
type descent struct {
	*stored
	want  Want
	total total // of what is read
	tree  *tree
	left  []blob // not read yet, the lowest first
	ahead *ahead
}

// ahead is a layer that is read while the one above it still is.
type ahead struct {
	place int // in the image's layers
	read  func() (*layer, error)
}

// done says whether nothing below can add to what is wanted.
func (d *descent) done() bool {
	return d.tree.releaseSettled() && (!d.want.Operator || d.tree.operatorSettled())
}

// next reads the uppermost layer that is left.
func (d *descent) next(ctx context.Context) error {
	place := len(d.left) - 1
	top := d.left[place]
	d.left = d.left[:place]
	read := func() (*layer, error) {
		return d.layer(ctx, top, d.want, &d.total, d.tree, func() { d.lookAhead(ctx) })
	}
	if d.ahead != nil && d.ahead.place == place {
		read = d.ahead.read
	}
	l, err := read()
	if err != nil {
		return d.wrap(err)
	}
	d.tree.add(l)
	return nil
}

// lookAhead is told that the layer which is being read holds a release: then the operator's manifests are wanted from
// a layer below, and the first one of which nothing is known is fetched at once. An image that is no release costs one
// layer, and one whose layers are known only what is needed.
func (d *descent) lookAhead(ctx context.Context) {
	if !d.remote || !d.want.Operator || d.ahead != nil {
		return
	}
	for place := len(d.left) - 1; place >= 0; place-- {
		b := d.left[place]
		l, _ := d.noted(b, d.want, newTree())
		if l == nil {
			d.ahead = &ahead{place, d.start(ctx, b)}
			return
		}
		if t := newTree(); t.add(l).operatorSettled() {
			return
		}
	}
}

// start reads a layer beside others.
func (d *descent) start(ctx context.Context, b blob) func() (*layer, error) {
	var l *layer
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		l, err = d.layer(ctx, b, d.want, &d.total, newTree(), nil)
	}()
	return func() (*layer, error) {
		<-done
		return l, err
	}
}

// Files reads layers from the top down until nothing below can add to what is wanted.
func (s *stored) Files(ctx context.Context, want Want) (payload.Files, error) {
	ctx, cancel := context.WithCancel(ctx)
	d := &descent{stored: s, want: want, tree: newTree(), left: s.layers}
	defer func() {
		cancel()
		if d.ahead != nil {
			_, _ = d.ahead.read() // nothing goes on behind the caller's back
		}
	}()
	for len(d.left) > 0 && !d.tree.releaseSettled() {
		if len(d.left) < len(s.layers) {
			// Most images are no releases: only what says that it is one is fetched further.
			labelled, err := s.labelled(ctx)
			if err != nil {
				return payload.Files{}, err
			}
			if !labelled {
				break
			}
		}
		if err := d.next(ctx); err != nil {
			return payload.Files{}, err
		}
	}
	if !d.tree.hasReferences() {
		return payload.Files{}, s.notRelease(len(s.layers)-len(d.left), d.tree)
	}
	for len(d.left) > 0 && !d.done() {
		if err := d.next(ctx); err != nil {
			return payload.Files{}, err
		}
	}
	s.warn(d.tree)
	return d.tree.payload(), nil
}

// onced calls a function that may be nil once.
func onced(f func()) func() {
	if f == nil {
		return func() {}
	}
	return sync.OnceFunc(f)
}
