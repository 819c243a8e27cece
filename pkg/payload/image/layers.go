package image

import (
	"context"
	"fmt"
	"io"
)

// Layered is an image whose layers can all be verified, those too that hold nothing of the payload.
type Layered interface {
	// VerifyLayers reads every layer to its last byte and gives how many there are. An error is that of the first which
	// is not what its manifest says.
	VerifyLayers(ctx context.Context) (int, error)
}

// VerifyLayers reads every layer; the bytes go nowhere.
func (s *stored) VerifyLayers(ctx context.Context) (int, error) {
	for _, layer := range s.layers {
		if _, err := again(func() (struct{}, error) { return struct{}{}, layer.verify(ctx) }); err != nil {
			return 0, s.wrap(err)
		}
	}
	return len(s.layers), nil
}

// verify reads a blob to its end.
func (b blob) verify(ctx context.Context) error {
	if b.digest == "" {
		return nil // known by the digest of its unpacked bytes alone, which reading the payload checks
	}
	r, err := b.open(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	defer r.Close()
	v := newVerifier(ctx, r, b)
	_, _ = io.Copy(io.Discard, v)
	if err := settle(r, v.finish()); err != nil {
		return fmt.Errorf("%s: %w", b.name, err)
	}
	return nil
}
