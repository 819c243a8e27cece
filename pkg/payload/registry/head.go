package registry

import (
	"context"
	"net/http"
	"strconv"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/scheme/reg"
	"github.com/regclient/regclient/types/descriptor"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Head asks for a manifest without its bytes: declared is the Docker-Content-Digest header as it came, "" when there
// is none. Nothing vouches for it. The error of a registry that answers, but not to this, has a method Status.
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
	defer progress.Begin(ctx, s.task(r, "asking for", manifestName(r))).End()
	return s.do(ctx, r, call{kind: headCall}, func(ctx context.Context, r ref.Ref, from *reg.Reg) (*http.Response, func() error, error) {
		_, err := from.ManifestHead(ctx, r)
		return nil, nil, err
	})
}

// HeadBlob asks for a blob without its bytes: size is what the answer names, -1 when it names none.
func (c *Client) HeadBlob(ctx context.Context, repository string, d digest.Digest) (size int64, err error) {
	r, err := reference(repository, d.String())
	if err != nil {
		return 0, err
	}
	k, err := eachPlace(ctx, c, repository, r, func(s *session, r ref.Ref) (*call, error) {
		return s.headBlob(ctx, r)
	}, nil)
	if err != nil {
		return 0, err
	}
	size, err = strconv.ParseInt(k.header.Get("Content-Length"), 10, 64)
	if err != nil || size < 0 {
		return -1, nil
	}
	return size, nil
}

// headBlob asks for a blob's header.
func (s *session) headBlob(ctx context.Context, r ref.Ref) (*call, error) {
	release, err := s.client.slot(ctx, s.registry)
	if err != nil {
		return nil, err
	}
	defer release()
	defer progress.Begin(ctx, s.task(r, "asking for", blobName(r))).End()
	return s.do(ctx, r, call{kind: headCall}, func(ctx context.Context, r ref.Ref, from *reg.Reg) (*http.Response, func() error, error) {
		_, err := from.BlobHead(ctx, r, descriptor.Descriptor{Digest: digestOf(r)})
		return nil, nil, err
	})
}
