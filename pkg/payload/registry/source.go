package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// manifestLimit bounds what is read as a manifest, in bytes.
const manifestLimit = 8 << 20

// Source reads a repository, at its mirrors first. Nothing that it returns is verified.
type Source struct {
	client     *Client
	repository oci.Repository
	mount      string // of a target: the repository that a blob is mounted from, "" for other requests
	direct     bool   // no rules for mirrors
	push       bool   // a target: tokens allow pushing
}

// Source is the repository to read from. Rules for mirrors apply to it.
func (c *Client) Source(repository oci.Repository) Source {
	return Source{client: c, repository: repository}
}

// Resolve finds which manifest a tag or digest names, in one HEAD. Where the registry does not know HEAD or tells no digest, the
// manifest is fetched. The digest is what the registry says, or that of the bytes.
func (s Source) Resolve(ctx context.Context, tagOrDigest string) (oci.Descriptor, error) {
	header, err := s.head(ctx, tagOrDigest)
	if err == nil {
		size, sizeErr := strconv.ParseInt(header.Get("Content-Length"), 10, 64)
		d, digestErr := oci.ParseDigest(header.Get("Docker-Content-Digest"))
		if sizeErr == nil && digestErr == nil && size > 0 {
			return oci.Descriptor{MediaType: mediaTypeOf(header.Get("Content-Type")), Digest: d, Size: size}, nil
		}
	} else if _, answered := errors.AsType[*transport.StatusError](err); !answered {
		return oci.Descriptor{}, err
	}
	body, mediaType, _, err := s.Manifest(ctx, tagOrDigest)
	if err != nil {
		return oci.Descriptor{}, err
	}
	return oci.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(body), Size: int64(len(body))}, nil
}

// Head asks for a manifest without its bytes: declared is the Docker-Content-Digest header as it came, "" when there is none.
// The error of a registry that answers, but not to this, has a method Status.
func (s Source) Head(ctx context.Context, tagOrDigest string) (declared string, err error) {
	header, err := s.head(ctx, tagOrDigest)
	return bound(header.Get("Docker-Content-Digest"), 256), err
}

func (s Source) head(ctx context.Context, tagOrDigest string) (http.Header, error) {
	r, err := reference(s.repository, tagOrDigest)
	if err != nil {
		return nil, err
	}
	return eachPlace(ctx, s, r, func(ctx context.Context, at *session, r ref.Ref) (http.Header, error) {
		ctx, release, err := at.take(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		defer progress.Begin(ctx, at.task(r, "asking for", manifestName(r))).End()
		x := &exchange{}
		if err := at.headManifest(ctx, r, x); err != nil {
			return nil, failed(ctx, r, r.CommonName(), err)
		}
		return x.answer.Header, nil
	}, nil)
}

// Manifest fetches a manifest by tag or digest in one GET: at most 8 MiB, more is fault.Integrity. declared is the
// Docker-Content-Digest header as it came, mediaType the Content-Type without its parameters.
func (s Source) Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	r, err := reference(s.repository, tagOrDigest)
	if err != nil {
		return nil, "", "", err
	}
	x, err := eachPlace(ctx, s, r, func(ctx context.Context, at *session, r ref.Ref) (*exchange, error) {
		ctx, release, err := at.take(ctx)
		if err != nil {
			return nil, err
		}
		defer release()
		x := &exchange{meter: progress.Begin(ctx, at.task(r, "", manifestName(r)))}
		defer x.meter.End()
		if err := at.getManifest(ctx, r, x); err != nil {
			return nil, failed(ctx, r, r.CommonName(), err)
		}
		return x, nil
	}, nil)
	if err != nil {
		return nil, "", "", err
	}
	return x.manifest, mediaTypeOf(x.answer.Header.Get("Content-Type")), bound(x.answer.Header.Get("Docker-Content-Digest"), 256), nil
}

// Blob opens a blob from byte number from on, counted from 0, in one GET. What breaks off is resumed behind the reader, so that
// it gives the bytes of one blob in order. size is what the blob's descriptor says; whether that and the digest are true, and
// whether the rest belongs to what the caller has already, is for the caller to check. The reader holds a permit of the
// registry until it ends or is closed.
func (s Source) Blob(ctx context.Context, d digest.Digest, size, from int64) (io.ReadCloser, error) {
	r, err := reference(s.repository, d.String())
	if err != nil {
		return nil, err
	}
	return eachPlace(ctx, s, r, func(ctx context.Context, at *session, r ref.Ref) (io.ReadCloser, error) {
		return at.blob(ctx, r, size, from)
	}, func(b io.ReadCloser) { b.Close() })
}

// blob opens a blob and holds a permit of the registry until it ends.
func (s *session) blob(ctx context.Context, r ref.Ref, size, from int64) (io.ReadCloser, error) {
	ctx, release, err := s.take(ctx)
	if err != nil {
		return nil, err
	}
	task := s.task(r, "", progress.Name(ctx, "blob "+r.Digest))
	task.Total, task.Done = size, from
	meter := progress.Begin(ctx, task)
	done := func() { meter.End(); release() }
	opening, get := true, s.getBlob(r)
	resumed := transport.Resume(transport.ResumeOptions{
		Size: size, Advance: meter.Advance, Log: s.client.options.Log.With("blob", r.Digest), Clock: s.client.options.clock(),
	})(transport.Func(func(request *http.Request) (*http.Response, error) {
		if opening { // another place can have the blob, but not its rest
			request = request.WithContext(ctx)
			opening = false
		}
		return get(request)
	}))
	rangeText := ""
	if from > 0 {
		rangeText = "bytes=" + strconv.FormatInt(from, 10) + "-"
	}
	response, err := resumed.RoundTrip(s.blobRequest(transport.Hurry(ctx, false), r, rangeText))
	if err != nil {
		done()
		return nil, failed(ctx, r, s.blobName(r), err)
	}
	explain := func(err error) error { return failed(ctx, r, s.blobName(r), err) }
	return &blobReader{body: response.Body, explain: explain, done: done}, nil
}

// blobReader is a blob that says in its errors which one it is.
type blobReader struct {
	body    io.ReadCloser
	explain func(error) error
	done    func() // may be called more than once
}

func (b *blobReader) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	if err != nil {
		b.done()
		if !errors.Is(err, io.EOF) {
			err = b.explain(err)
		}
	}
	return n, err
}

func (b *blobReader) Close() error {
	b.done()
	return b.body.Close()
}

// Exists asks whether a blob is there: size is what the registry names, -1 when it names none. Any answer to HEAD but
// 200 with a length means nothing: registries and proxies exist that do not know HEAD, answer it for what they have
// cached alone, or redirect it to a store that signs GET alone. Then the first byte is asked for.
func (s Source) Exists(ctx context.Context, d digest.Digest) (size int64, err error) {
	r, err := reference(s.repository, d.String())
	if err != nil {
		return 0, err
	}
	return eachPlace(ctx, s, r, func(ctx context.Context, at *session, r ref.Ref) (int64, error) {
		ctx, release, err := at.take(ctx)
		if err != nil {
			return 0, err
		}
		defer release()
		defer progress.Begin(ctx, at.task(r, "asking for", "blob "+r.Digest)).End()
		size, err := at.exists(ctx, r)
		if err != nil {
			return 0, failed(ctx, r, at.blobName(r), err)
		}
		return size, nil
	}, nil)
}

func (s *session) exists(ctx context.Context, r ref.Ref) (size int64, err error) {
	x := &exchange{}
	if err = s.headBlob(ctx, r, x); err == nil {
		if size, err := strconv.ParseInt(x.answer.Header.Get("Content-Length"), 10, 64); err == nil && size > 0 {
			return size, nil
		}
	} else if !isAnswer(err) {
		return 0, err
	}
	return s.readFirstByte(ctx, r)
}

// readFirstByte asks for one byte of a blob, which shows that it can be read. size is that of the blob, -1 if the registry does not
// say it.
func (s *session) readFirstByte(ctx context.Context, r ref.Ref) (size int64, err error) {
	response, err := s.getBlob(r).RoundTrip(s.blobRequest(ctx, r, "bytes=0-0"))
	if err != nil {
		return 0, err
	}
	first, last, size, ok := transport.ContentRange(response.Header.Get("Content-Range"))
	if response.StatusCode != http.StatusOK && (response.StatusCode != http.StatusPartialContent || !ok || first != 0 || last != 0) {
		transport.Discard(response)
		if response, err = s.getBlob(r).RoundTrip(s.blobRequest(ctx, r, "")); err != nil {
			return 0, err
		}
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		size = response.ContentLength
	}
	if n, err := io.ReadFull(response.Body, make([]byte, 1)); n == 0 && size != 0 {
		return 0, transport.Explain(response.Request.URL.Host, err, 1)
	}
	return size, nil
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

// task describes a request to the progress reporter. It begins when the request has its permit and its credentials, so it
// names the registry that is asked, which may be a mirror, and shows nothing while a credential helper talks to the user.
func (s *session) task(r ref.Ref, verb, what string) progress.Task {
	return progress.Task{Verb: verb, What: what, From: s.registry + "/" + r.Repository}
}

// manifestName is the name of a manifest in progress messages.
func manifestName(r ref.Ref) string {
	switch {
	case r.Digest != "":
		return "the manifest " + r.Digest
	case isSignatureTag(r.Tag):
		return "the signature " + r.Tag
	}
	return "the manifest " + r.Tag
}

// blobName is the name of a blob in errors.
func (s *session) blobName(r ref.Ref) string {
	return "blob " + r.Digest + " of " + s.registry + "/" + r.Repository
}
