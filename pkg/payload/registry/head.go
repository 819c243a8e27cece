package registry

import (
	"context"
	"io"
	"net/http"
	"strconv"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/scheme/reg"
	"github.com/regclient/regclient/types/descriptor"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Head asks for a manifest without its bytes: declared is the Docker-Content-Digest header as it came, "" when there
// is none. Nothing vouches for it. The error of a registry that answers, but not to this, has a method Status.
func (c *Client) Head(ctx context.Context, repository oci.Repository, tagOrDigest string) (declared string, err error) {
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

// HeadBlob asks whether a blob is there: size is what the registry names, -1 when it names none. Any answer to HEAD but
// 200 with a length means nothing: registries and proxies exist that do not know HEAD, answer it for what they have
// cached alone, or redirect it to a store that signs GET alone. Then the first byte is asked for.
func (c *Client) HeadBlob(ctx context.Context, repository oci.Repository, d digest.Digest) (size int64, err error) {
	r, err := reference(repository, d.String())
	if err != nil {
		return 0, err
	}
	return eachPlace(ctx, c, repository, r, func(s *session, r ref.Ref) (int64, error) {
		return s.headBlob(ctx, r)
	}, nil)
}

// headBlob asks for a blob's header, and for its first byte when that says nothing.
func (s *session) headBlob(ctx context.Context, r ref.Ref) (size int64, err error) {
	release, err := s.client.slot(ctx, s.registry)
	if err != nil {
		return 0, err
	}
	defer release()
	defer progress.Begin(ctx, s.task(r, "asking for", blobName(r))).End()
	k, err := s.do(ctx, r, call{kind: headCall}, func(ctx context.Context, r ref.Ref, from *reg.Reg) (*http.Response, func() error, error) {
		_, err := from.BlobHead(ctx, r, descriptor.Descriptor{Digest: digestOf(r)})
		return nil, nil, err
	})
	if err == nil {
		if size, err := strconv.ParseInt(k.header.Get("Content-Length"), 10, 64); err == nil && size > 0 {
			return size, nil
		}
	} else if !isAnswer(err) {
		return 0, err
	}
	return s.firstByte(ctx, r)
}

// firstByte gets the first byte of a blob and gives the size that comes with it, -1 when none does.
func (s *session) firstByte(ctx context.Context, r ref.Ref) (size int64, err error) {
	k, err := s.open(ctx, r, call{kind: firstByteCall, total: -1})
	if err != nil {
		return 0, err
	}
	defer k.closeStream() //nolint:errcheck // nothing more is wanted of it
	size = k.total
	if k.whole {
		size = k.length
	}
	if n, err := io.ReadFull(k.stream, make([]byte, 1)); n == 0 && size != 0 {
		return 0, s.explain(ctx, r, k, explain(k.host, err, 1))
	}
	return size, nil
}
