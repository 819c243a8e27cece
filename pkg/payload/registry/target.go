package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/opencontainers/go-digest"
	"github.com/regclient/regclient/types/ref"

	"github.com/release-x/oc-release-x/internal/transport"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Target is a repository to push to. No rule for mirrors applies to it, for reading neither.
type Target struct{ source Source }

// Target is the repository to push to.
func (c *Client) Target(repository oci.Repository) Target {
	return Target{Source{client: c, repository: repository, direct: true, push: true}}
}

// Resolve finds which digest a tag or digest has. A missing one is fault.NotFound.
func (t Target) Resolve(ctx context.Context, tagOrDigest string) (oci.Digest, error) {
	d, err := t.source.Resolve(ctx, tagOrDigest)
	return d.Digest, err
}

// Describe is Resolve, with the media type and the size.
func (t Target) Describe(ctx context.Context, tagOrDigest string) (oci.Descriptor, error) {
	return t.source.Resolve(ctx, tagOrDigest)
}

// HasTags reports whether the repository has a tag, in one GET. It is true unless the registry says that there is none.
func (t Target) HasTags(ctx context.Context) (bool, error) {
	r, err := reference(t.source.repository, "any")
	if err != nil {
		return false, err
	}
	has, err := eachPlace(ctx, t.source, r, func(ctx context.Context, at *session, r ref.Ref) (bool, error) {
		ctx, release, err := at.take(ctx)
		if err != nil {
			return false, err
		}
		defer release()
		defer progress.Begin(ctx, at.task(r, "asking for", "tags")).End()
		x := &exchange{}
		list, err := at.listTags(ctx, r, x)
		if err != nil {
			return x.code != "NAME_UNKNOWN", nil
		}
		return len(list.Tags) > 0 || list.Name == "" || x.answer.Header.Get("Link") != "", nil
	}, nil)
	if ctx.Err() != nil {
		return false, ended(ctx, "asking for tags of "+t.source.repository.String())
	}
	return has || err != nil, nil
}

// Manifest fetches a manifest as Source.Manifest does. Nothing is verified.
func (t Target) Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	return t.source.Manifest(ctx, tagOrDigest)
}

// Exists reports whether a blob is there, in one HEAD. Where the registry or its storage refuses HEAD, its first byte is asked for.
func (t Target) Exists(ctx context.Context, d oci.Digest) (bool, error) {
	r, err := reference(t.source.repository, d.String())
	if err != nil {
		return false, err
	}
	return eachPlace(ctx, t.source, r, func(ctx context.Context, at *session, r ref.Ref) (bool, error) {
		ctx, release, err := at.take(ctx)
		if err != nil {
			return false, err
		}
		defer release()
		defer progress.Begin(ctx, at.task(r, "asking for", "blob "+r.Digest)).End()
		err = at.headBlob(ctx, r, &exchange{})
		if err != nil && isAnswer(err) && fault.KindOf(err) != fault.NotFound {
			_, err = at.readFirstByte(ctx, r)
		}
		switch {
		case err == nil:
			return true, nil
		case fault.KindOf(err) == fault.NotFound:
			return false, nil
		}
		return false, failed(ctx, r, at.blobName(r), err)
	}, nil)
}

// Mount makes a blob of another repository of the same registry appear in this one, in one request. It is false when the
// registry does not do that, for whatever reason: the blob can be uploaded then.
func (t Target) Mount(ctx context.Context, d oci.Digest, from oci.Repository) (bool, error) {
	r, source, err := t.references(d, from)
	if err != nil {
		return false, err
	}
	// Some token servers give no token at all where one of the requested permissions is refused, so the tokens for a mount are kept apart
	// from those for uploads.
	mounting := t.source
	mounting.mount = source.Repository
	_, err = eachPlace(ctx, mounting, r, func(ctx context.Context, at *session, r ref.Ref) (struct{}, error) {
		ctx, release, err := at.take(ctx)
		if err != nil {
			return struct{}{}, err
		}
		defer release()
		defer progress.Begin(ctx, at.task(r, "mounting", "blob "+r.Digest)).End()
		return struct{}{}, at.mountBlob(ctx, source, r, &exchange{mount: true})
	}, nil)
	if ctx.Err() != nil {
		return false, ended(ctx, "mounting blob "+r.Digest)
	}
	return err == nil, nil
}

func (t Target) references(d oci.Digest, from oci.Repository) (r, source ref.Ref, err error) {
	if r, err = reference(t.source.repository, d.String()); err == nil {
		source, err = reference(from, d.String())
	}
	return r, source, err
}

// PushBlob uploads a blob of which the registry has nothing, or does nothing when the registry says that it has it. open opens
// the blob from a byte on; it is called again to continue an upload that was interrupted. Its errors are returned as they are.
// If it reads from a registry, take the permits of both with Client.Take first. Bytes that do not have the digest, or not the size, are
// fault.Integrity.
func (t Target) PushBlob(ctx context.Context, d oci.Digest, size int64, open func(from int64) (io.ReadCloser, error)) error {
	r, err := reference(t.source.repository, d.String())
	if err != nil {
		return err
	}
	return t.push(ctx, r, func(ctx context.Context, at *session) error {
		task := at.task(r, "uploading", progress.Name(ctx, "blob "+r.Digest))
		task.Total = size
		x := &exchange{upload: &upload{digest: d, size: size, repository: r.Repository, open: open, meter: progress.Begin(ctx, task)}}
		defer x.upload.meter.End()
		err := at.putBlob(ctx, r, x)
		if readErr := x.upload.readError(); readErr != nil {
			return readErr
		}
		if err == nil {
			err = checkAnswer(x, d)
		}
		return at.pushFailed(ctx, at.blobName(r), x, err)
	})
}

// PushManifest pushes a manifest to a tag or a digest. Whatever the tag named before is replaced. Bytes that do not have the digest
// and an answer that names another digest are fault.Integrity.
func (t Target) PushManifest(ctx context.Context, tagOrDigest, mediaType string, body []byte) error {
	r, err := reference(t.source.repository, tagOrDigest)
	if err != nil {
		return err
	}
	d := digest.FromBytes(body)
	if r.Digest != "" && r.Digest != d.String() {
		return &pushError{r.CommonName(), fault.Errorf(fault.Integrity, "the manifest has the digest %s", d)}
	}
	return t.push(ctx, r, func(ctx context.Context, at *session) error {
		defer progress.Begin(ctx, at.task(r, "pushing", manifestName(r))).End()
		x := &exchange{push: body}
		err := at.putManifest(ctx, r, x, mediaType)
		if err == nil {
			err = checkAnswer(x, d)
		}
		return at.pushFailed(ctx, r.CommonName(), x, err)
	})
}

// push calls send with the permit for it.
func (t Target) push(ctx context.Context, r ref.Ref, send func(context.Context, *session) error) error {
	_, err := eachPlace(ctx, t.source, r, func(ctx context.Context, at *session, r ref.Ref) (struct{}, error) {
		held, release, err := at.take(ctx)
		if err != nil {
			return struct{}{}, err
		}
		defer release()
		return struct{}{}, send(held, at)
	}, nil)
	if err != nil && errors.Is(err, ctx.Err()) {
		return ended(ctx, "pushing to "+t.source.repository.String())
	}
	return err
}

// checkAnswer compares the digest that a registry says that it stored.
func checkAnswer(x *exchange, d oci.Digest) error {
	if x.answer == nil {
		return nil
	}
	stored := bound(x.answer.Header.Get("Docker-Content-Digest"), 256)
	if stored != "" && stored != d.String() {
		return fault.Errorf(fault.Integrity, "%s says that it stored %s", x.answer.Request.URL.Host, printable(stored))
	}
	return nil
}

// pushFailed is the error of a push, nil without one.
func (s *session) pushFailed(ctx context.Context, what string, x *exchange, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &pushError{what, s.pushReason(x, err)}
}

// pushReason says why a registry does not take what is pushed.
func (s *session) pushReason(x *exchange, err error) error {
	if x.err != nil || x.answer == nil {
		return err
	}
	host, answer := x.answer.Request.URL.Host, transport.StatusText(x.status())
	switch {
	case x.code == "DIGEST_INVALID":
		return fault.Errorf(fault.Integrity, "%s says that the bytes that it received have another digest", host)
	case x.code == "MANIFEST_BLOB_UNKNOWN":
		return fault.Errorf(fault.NotFound, "%s lacks a blob or a manifest that it names", host)
	case x.quota, x.status() == http.StatusInsufficientStorage, x.status() == http.StatusRequestEntityTooLarge:
		return fault.WithHint(fault.Network, "raise the registry's quota or limit of sizes, or delete what it need not keep",
			"%s has no room for it (%s)", s.registry, answer)
	case x.status() == http.StatusForbidden, x.code == "DENIED", x.status() == http.StatusUnauthorized && s.hasToken(x):
		return fault.WithHint(fault.Auth, usePusher, "%s does not allow pushing %s (%s)", s.registry, s.identity(), answer)
	case x.status() == http.StatusNotFound:
		return fault.WithHint(fault.NotFound, "create the repository first", "%s does not take pushes to it (404)", s.registry)
	case x.status() == http.StatusMethodNotAllowed:
		return fault.Errorf(fault.Network, "%s does not take pushes (%s): it is read-only", s.registry, answer)
	case x.code != "" && x.status()/100 == 4 && x.status() != http.StatusUnauthorized:
		return fault.Errorf(fault.Network, "%w (%s)", err, x.code)
	}
	return err
}

// usePusher is the hint for a credential that may not push.
const usePusher = "use a credential that may push, with --authfile or --to-authfile"

// hasToken reports whether a request was sent with a token for this credential. If the registry refuses it, the token does not allow
// the request.
func (s *session) hasToken(x *exchange) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokenStatus == http.StatusOK && x.sent && !s.credential.Empty()
}

// pushError says what could not be pushed.
type pushError struct {
	what string
	err  error
}

func (e *pushError) Error() string { return "pushing " + e.what + ": " + e.err.Error() }

// Unwrap is the reason, which has the kind.
func (e *pushError) Unwrap() error { return e.err }

// repeatable reports whether a request may be sent again: those of transport.Repeatable, and those that begin an upload, because
// a registry forgets an upload that nobody continues.
func repeatable(r *http.Request) bool {
	return transport.Repeatable(r) || r.Method == http.MethodPost && r.Body == nil && strings.HasSuffix(r.URL.Path, "/blobs/uploads/")
}
