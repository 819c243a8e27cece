package registry

import (
	"context"
	"net/http"

	"github.com/regclient/regclient/scheme/reg"
	"github.com/regclient/regclient/types/ref"
)

// Head asks for a manifest without its bytes: declared is the Docker-Content-Digest header as it came, "" when there
// is none. Nothing vouches for it.
func (c *Client) Head(ctx context.Context, repository, tagOrDigest string) (declared string, err error) {
	r, err := reference(repository, tagOrDigest)
	if err != nil {
		return "", err
	}
	k, err := eachPlace(ctx, c, repository, r, func(s *session, r ref.Ref) (*call, error) {
		return s.head(ctx, r)
	}, nil)
	if err != nil {
		return "", err
	}
	return bound(k.header.Get("Docker-Content-Digest"), 256), nil
}

// head asks for a manifest's header.
func (s *session) head(ctx context.Context, r ref.Ref) (*call, error) {
	release, err := s.client.slot(ctx, s.registry)
	if err != nil {
		return nil, err
	}
	defer release()
	return s.do(ctx, r, call{kind: headCall}, func(ctx context.Context, r ref.Ref, from *reg.Reg) (*http.Response, func() error, error) {
		_, err := from.ManifestHead(ctx, r)
		return nil, nil, err
	})
}
