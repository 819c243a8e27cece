// Package ocilayout writes OCI image layouts: directories and tar archives. A Layout has the methods
// that a copy needs of a repository, so releases are copied to a disk as they are copied to a registry.
//
// Blobs are files that are named by their digests. index.json is written at the end, when everything it names is on the disk, so
// an interrupted copy leaves the layout as it was, with some blobs more. Nothing that was there before is trusted: each blob is
// hashed once in every run, and a damaged one is written again.
package ocilayout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Layout is an OCI layout that is being written. It is safe for use by several goroutines. Call Commit to keep what was written,
// and Close in any case.
type Layout struct {
	options Options
	storage storage

	mu      sync.Mutex
	index   index
	sources map[string]string // of images, by tag
	changed bool              // there is something to commit
	leftOut bool              // a blob is in the base alone
	checks  map[oci.Digest]*check
}

// Options describe a layout.
type Options struct {
	Name  string                           // what messages call it: oci:DIR
	Notef func(format string, args ...any) // says which blobs were damaged; may be nil
	// Base reports whether the layout leaves out a blob, because the place that the layout will be copied to has it. It is not
	// asked about manifests, which are never left out. May be nil.
	Base func(ctx context.Context, d oci.Descriptor) (bool, error)
}

// storage is where a layout's blobs and its index lie. Several goroutines use it.
type storage interface {
	// open opens a blob. The error of a missing one is fs.ErrNotExist.
	open(d oci.Digest) (io.ReadCloser, error)
	// write stores a blob of size bytes, or nothing when reading content fails.
	write(ctx context.Context, d oci.Digest, size int64, content io.Reader) error
	// remove deletes a damaged blob.
	remove(d oci.Digest) error
	// put writes a small file that is neither a blob nor the index. changed means that it has to be committed.
	put(name string, data []byte) (changed bool, err error)
	// commit syncs the blobs and writes the index. Other processes may have changed the index since it was read: update makes the
	// new one of what it is now (nil if there is none).
	commit(ctx context.Context, update func(now []byte) ([]byte, error)) error
	close() error
}

func newLayout(o Options, s storage, index index) *Layout {
	return &Layout{options: o, storage: s, index: index, sources: map[string]string{}, checks: map[oci.Digest]*check{}}
}

// SetSource says from where the image with a tag is copied. Its entry in index.json gets that as an annotation.
func (l *Layout) SetSource(tag string, source oci.PullSpec) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sources[tag] = source.String()
}

// Describe finds the manifest that a tag or digest names. It is fault.NotFound if the layout does not have it, or if it or any
// blob that it needs is missing or damaged.
func (l *Layout) Describe(ctx context.Context, tagOrDigest string) (oci.Descriptor, error) {
	d, err := l.lookUp(tagOrDigest)
	if err != nil {
		return d, err
	}
	complete, err := l.complete(ctx, &d)
	if err == nil && !complete {
		err = l.missing(tagOrDigest)
	}
	return d, err
}

// complete reports whether everything that an image or a list consists of is there. It sets the media type and the size.
func (l *Layout) complete(ctx context.Context, root *oci.Descriptor) (bool, error) {
	lacks := false
	fetch := func(ctx context.Context, d oci.Descriptor) ([]byte, string, error) {
		there, err := l.stored(ctx, d.Digest)
		if err == nil && !there {
			err = l.missing(d.Digest.String())
		}
		if err != nil {
			return nil, "", err
		}
		body, err := l.read(d.Digest)
		return body, "", err
	}
	err := oci.Walk(ctx, *root, fetch, func(v oci.Visited) error {
		if v.Manifest != nil {
			if v.Digest == root.Digest {
				root.MediaType, root.Size = v.Manifest.MediaType, int64(len(v.Body))
			}
			return nil
		}
		if v.Foreign() {
			return nil
		}
		there, err := l.has(ctx, v.Descriptor)
		lacks = lacks || !there
		return err
	})
	if kind := fault.KindOf(err); kind == fault.NotFound || kind == fault.Integrity {
		return false, nil // a copy writes it again
	}
	return !lacks, err
}

// Manifest reads a manifest by its tag or digest, unverified.
func (l *Layout) Manifest(_ context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	d, err := l.lookUp(tagOrDigest)
	if err != nil {
		return nil, "", "", err
	}
	body, err = l.read(d.Digest)
	return body, d.MediaType, "", err
}

// lookUp returns the entry with a tag. Of a digest nothing else is known.
func (l *Layout) lookUp(tagOrDigest string) (oci.Descriptor, error) {
	if isDigest(tagOrDigest) {
		return oci.Descriptor{Digest: oci.Digest(tagOrDigest), Size: -1}, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.index.find(tagOrDigest)
	if !ok {
		return d, l.missing(tagOrDigest)
	}
	return d, nil
}

// Exists reports whether a blob is there, intact, or may be left out.
func (l *Layout) Exists(ctx context.Context, d oci.Digest) (bool, error) {
	return l.has(ctx, oci.Descriptor{Digest: d, Size: -1})
}

// Mount is false: a layout has each blob once.
func (l *Layout) Mount(context.Context, oci.Digest, oci.Repository) (bool, error) { return false, nil }

// PushBlob writes a blob, unless it is there. Its bytes are verified before it gets its name.
func (l *Layout) PushBlob(ctx context.Context, d oci.Digest, size int64, open func(from int64) (io.ReadCloser, error)) error {
	if there, err := l.has(ctx, oci.Descriptor{Digest: d, Size: size}); there || err != nil {
		return err
	}
	content, err := open(0)
	if err != nil {
		return err
	}
	defer content.Close()
	return l.write(ctx, d, size, newVerifier(ctx, content, d, size))
}

// PushManifest writes a manifest. A tag becomes an entry of index.json, in place of the one that had the tag.
func (l *Layout) PushManifest(ctx context.Context, tagOrDigest, mediaType string, body []byte) error {
	d := oci.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(body), Size: int64(len(body))}
	there, err := l.stored(ctx, d.Digest)
	if err == nil && !there {
		err = l.write(ctx, d.Digest, d.Size, bytes.NewReader(body))
	}
	if err != nil || isDigest(tagOrDigest) {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.index.put(tagOrDigest, l.sources[tagOrDigest], d)
	l.changed = true
	return nil
}

// PutSignatures keeps the OpenPGP signatures of a release image beside it, in files named as on a server for signatures:
// signatures/sha256=HEX/signature-N.
func (l *Layout) PutSignatures(d oci.Digest, messages [][]byte) error {
	for i, message := range messages {
		name := fmt.Sprintf("%s/%s=%s/signature-%d", signatureDirectory, d.Algorithm(), d.Encoded(), i+1)
		changed, err := l.storage.put(name, message)
		if err != nil {
			return l.failed(err)
		}
		if changed {
			l.mu.Lock()
			l.changed = true
			l.mu.Unlock()
		}
	}
	return nil
}

// Commit makes the layout name what was written. Blobs that were written are on the disk before index.json names them.
func (l *Layout) Commit(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.changed {
		return nil
	}
	if l.leftOut {
		l.index.setBase()
	}
	if err := l.storage.commit(ctx, l.index.update); err != nil {
		return l.failed(err)
	}
	l.changed = false
	return nil
}

// Close ends the use of the layout.
func (l *Layout) Close() error { return l.storage.close() }

func (l *Layout) read(d oci.Digest) ([]byte, error) {
	content, err := l.storage.open(d)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, l.missing(d.String())
	}
	if err != nil {
		return nil, l.failed(err)
	}
	defer content.Close()
	body, err := io.ReadAll(io.LimitReader(content, oci.MaxManifest+1))
	if err != nil {
		return nil, l.failed(err)
	}
	return body, nil
}

func (l *Layout) write(ctx context.Context, d oci.Digest, size int64, content io.Reader) error {
	source := &sourceErrors{content: content}
	if err := l.storage.write(ctx, d, size, source); err != nil {
		if source.err != nil {
			return source.err // reading it failed, and not the disk
		}
		return l.failed(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.checks[d] = intact()
	l.changed = true
	return nil
}

func (l *Layout) missing(what string) error {
	return fault.Errorf(fault.NotFound, "%s has no %s", l.options.Name, what)
}

// failed sets the kind of an error of the file system.
func (l *Layout) failed(err error) error {
	if fault.KindOf(err) != fault.Internal || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return fault.Errorf(fault.Local, "%s: %w", l.options.Name, err)
}

func (l *Layout) notef(format string, args ...any) {
	if l.options.Notef != nil {
		l.options.Notef(format, args...)
	}
}

func isDigest(tagOrDigest string) bool { return strings.Contains(tagOrDigest, ":") }

// blobName is the file of a blob.
func blobName(d oci.Digest) string {
	return fmt.Sprintf("blobs/%s/%s", d.Algorithm(), d.Encoded())
}
