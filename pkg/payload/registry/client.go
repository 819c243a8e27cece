// Package registry reads manifests and blobs from registries as they are: with credentials, mirrors, private
// authorities, proxies, token servers, slow links and servers that break off. It alone knows regclient's client.
//
// regclient speaks the protocol: paths, challenges, tokens. Below it lies this package's own round tripper, which
// decides what may be contacted and sent, follows redirects, tries again and watches the clock. Above it lies the
// choice of mirror and the resuming of blobs.
package registry

import (
	"context"
	"io"
	"mime"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/registry/auth"
	"github.com/release-x/oc-release-x/pkg/payload/registry/mirrors"
)

// Client reads registries. It is safe for use by several goroutines.
type Client struct {
	options     Options
	network     *network
	credentials *auth.Resolver
	rules       func() (*mirrors.Rules, error)

	mu       sync.Mutex
	sessions map[sessionKey]*session
	slots    map[string]chan struct{}         // by host
	down     map[string]bool                  // hosts that could not be reached: asked last from then on
	tagged   map[oci.Repository]mirrors.Place // by repository: the mirror that knew its tag
}

// New makes a client. Nothing is read, parsed or contacted before the first request.
func New(o Options) *Client {
	o = o.withDefaults()
	return &Client{
		options: o,
		network: newNetwork(o),
		credentials: auth.New(auth.Options{
			File: o.AuthFile, Content: o.PullSecret, Getenv: o.Getenv, Home: o.Home, UID: o.UID,
			Warnf: warner(o.Log),
		}),
		rules:    sync.OnceValues(func() (*mirrors.Rules, error) { return mirrors.Load(o.Mirrors, warner(o.Log)) }),
		sessions: map[sessionKey]*session{},
		slots:    map[string]chan struct{}{},
		down:     map[string]bool{},
		tagged:   map[oci.Repository]mirrors.Place{},
	}
}

// Manifest fetches a manifest of repository (host[:port]/path) by tag or digest in one GET: at most 8 MiB, more is
// fault.Integrity. Nothing is verified: declared is the Docker-Content-Digest header as it came, mediaType the
// Content-Type without its parameters.
func (c *Client) Manifest(ctx context.Context, repository oci.Repository, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	r, err := reference(repository, tagOrDigest)
	if err != nil {
		return nil, "", "", err
	}
	k, err := eachPlace(ctx, c, repository, r, func(s *session, r ref.Ref) (*call, error) {
		return s.manifest(ctx, r)
	}, nil)
	if err != nil {
		return nil, "", "", err
	}
	return k.body, mediaTypeOf(k.header.Get("Content-Type")), bound(k.header.Get("Docker-Content-Digest"), 256), nil
}

// Blob opens a blob of repository in one GET. What breaks off is resumed behind the reader, so that it gives the
// bytes of one blob in order; size is what its descriptor says, and whether that and the digest are true is for the caller to check.
// The reader holds one of the registry's slots until it ends or is closed.
func (c *Client) Blob(ctx context.Context, repository oci.Repository, d digest.Digest, size int64) (io.ReadCloser, error) {
	return c.BlobFrom(ctx, repository, d, size, 0)
}

// BlobFrom is Blob for who has the first bytes already: the reader begins with byte number from, counted from 0. That
// the rest belongs to the beginning is for the caller to check, too.
func (c *Client) BlobFrom(ctx context.Context, repository oci.Repository, d digest.Digest, size, from int64) (io.ReadCloser, error) {
	r, err := reference(repository, d.String())
	if err != nil {
		return nil, err
	}
	return eachPlace(ctx, c, repository, r, func(s *session, r ref.Ref) (io.ReadCloser, error) {
		b, err := s.blob(ctx, r, size, from)
		if err != nil {
			return nil, err
		}
		return b, nil
	}, func(b io.ReadCloser) { b.Close() })
}

// reference builds regclient's reference and checks every part of it before it can become part of a URL.
func reference(repository oci.Repository, tagOrDigest string) (ref.Ref, error) {
	text := repository.String() + ":" + tagOrDigest
	if strings.Contains(tagOrDigest, ":") {
		d, err := oci.ParseDigest(tagOrDigest)
		if err != nil {
			return ref.Ref{}, err
		}
		text = repository.Digest(d).String()
	}
	r, err := ref.New(text)
	if err != nil || r.Scheme != "reg" || (r.Tag == "") == (r.Digest == "") {
		return ref.Ref{}, fault.Errorf(fault.Usage, "%q is not a reference: want host[:port]/path and a tag or a digest", text)
	}
	host := repository.Host
	if r.Registry != host && r.Registry != "docker.io" || r.Registry == "docker.io" && !strings.Contains(host, "docker.io") {
		return ref.Ref{}, fault.Errorf(fault.Usage, "%q names no registry: want host[:port]/path", repository)
	}
	return r, nil
}

// mediaTypeOf cuts the parameters off a Content-Type.
func mediaTypeOf(contentType string) string {
	t, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		t, _, _ = strings.Cut(contentType, ";")
		t = strings.ToLower(strings.TrimSpace(t))
	}
	return bound(t, 256)
}

// bound cuts a text from outside to n bytes.
func bound(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}
