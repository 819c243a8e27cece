package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Layout is an OCI layout in a directory or an archive, opened to copy from it. Close it after use.
type Layout struct {
	layout
	ref   Reference
	tags  map[string]oci.Descriptor        // the first entry with each tag
	named map[digest.Digest]oci.Descriptor // the first entry of each digest
}

// OpenLayout opens a layout. A reference that is not to a layout, and a compressed archive, whose blobs cannot be read one by
// one, are fault.Usage.
func OpenLayout(ctx context.Context, ref Reference, limits Limits) (*Layout, error) {
	from, err := openLayoutFiles(ctx, ref, limits.withDefaults())
	if err != nil {
		return nil, withSubject(ref.Text, err)
	}
	l, err := readLayout(ctx, from)
	if err != nil {
		_ = from.Close()
		return nil, withSubject(ref.Text, err)
	}
	opened := &Layout{layout: l, ref: ref, tags: map[string]oci.Descriptor{}, named: map[digest.Digest]oci.Descriptor{}}
	for _, d := range slices.Backward(opened.Entries()) {
		opened.tags[Tag(d)], opened.named[d.Digest] = d, d
	}
	return opened, nil
}

func openLayoutFiles(ctx context.Context, ref Reference, limits Limits) (files, error) {
	switch ref.Kind {
	case KindLayout:
		return openDirFiles(ref.Path)
	case KindOCIArchive:
		a, err := indexArchive(ctx, ref.Path, limits)
		if err == nil && a.packed {
			_ = a.Close()
			return nil, fault.Errorf(fault.Usage, "the archive is compressed: unpack it first, because its blobs are read one by one")
		}
		return a, err
	}
	return nil, fault.Errorf(fault.Usage, "not an OCI layout: want oci:DIR or oci-archive:FILE")
}

// holds reports whether a reference is to an image of the layout.
func (l *Layout) holds(ref Reference) bool { return l.ref.Kind == ref.Kind && l.ref.Path == ref.Path }

// kept are files that stay open.
type kept struct{ files }

// Close does nothing: the owner of the layout closes its files.
func (kept) Close() error { return nil }

// Text is the reference that the layout was opened by.
func (l *Layout) Text() string { return l.ref.Text }

// Close closes the layout's files.
func (l *Layout) Close() error { return l.close() }

// Entries are the images that index.json names, once for each tag.
func (l *Layout) Entries() []oci.Descriptor { return l.images() }

// Find returns the entry with a tag.
func (l *Layout) Find(tag string) (d oci.Descriptor, ok bool) {
	d, ok = l.tags[tag]
	return d, ok && tag != ""
}

// MediaType is what index.json says of the image with a digest, "" if it says nothing.
func (l *Layout) MediaType(d digest.Digest) string { return l.named[d].MediaType }

// Annotation returns an annotation of index.json, "" if it has no such annotation.
func (l *Layout) Annotation(name string) string {
	var fields struct {
		Annotations map[string]string `json:"annotations"`
	}
	if err := document.Decode(l.index, &fields); err != nil {
		return ""
	}
	return fields.Annotations[name]
}

// Tag returns the tag of an entry, "" if it has none.
func Tag(d oci.Descriptor) string { return d.Annotations[annotationRefName] }

// Has reports whether there is a file for a blob. Its bytes may be damaged.
func (l *Layout) Has(ctx context.Context, d digest.Digest) bool {
	content, _, err := l.files.open(ctx, blobName(d))
	if err == nil {
		_ = content.Close()
	}
	return err == nil
}

// Manifest reads a manifest, unverified.
func (l *Layout) Manifest(ctx context.Context, d digest.Digest) ([]byte, error) {
	body, _, _, err := l.manifest(ctx, oci.Descriptor{Digest: d})
	return body, l.failed(d, err)
}

// Blob opens a blob from byte number from on, counted from 0. Of a blob that is damaged, the last bytes are not returned: reading them
// fails with fault.Integrity.
func (l *Layout) Blob(ctx context.Context, d digest.Digest, size, from int64) (io.ReadCloser, error) {
	content, stored, err := l.files.open(ctx, blobName(d))
	if err != nil {
		return nil, l.failed(d, l.missing(err))
	}
	if stored != size {
		_ = content.Close()
		return nil, l.failed(d, fault.Errorf(fault.Integrity, "it has %d bytes, its manifest says %d", stored, size))
	}
	verified := &verifiedBlob{ReadCloser: content, layout: l, digest: d, left: size, hash: d.Verifier()}
	if _, err := io.CopyN(io.Discard, canceled{ctx, verified}, from); err != nil {
		_ = content.Close()
		return nil, err
	}
	return verified, nil
}

// OpenPGPSignatures reads the OpenPGP signatures of a release image that lie in the layout, as on a server for signatures.
func (l *Layout) OpenPGPSignatures(ctx context.Context, d digest.Digest) (messages [][]byte, err error) {
	for n := 1; n <= maxSignatures; n++ {
		message, err := readFile(ctx, l.files, fmt.Sprintf("signatures/%s=%s/signature-%d", d.Algorithm(), d.Encoded(), n))
		if errors.Is(err, fs.ErrNotExist) {
			return messages, nil
		}
		if err != nil {
			return nil, l.failed(d, err)
		}
		messages = append(messages, message)
	}
	return messages, nil
}

// maxSignatures is how many OpenPGP signatures of a digest are read, as from a server.
const maxSignatures = 9

// IsRelease reports whether an entry is a release image or a list of them: its configuration has their label. What has to be read
// for that may be missing or damaged.
func (l *Layout) IsRelease(ctx context.Context, d oci.Descriptor) (bool, error) {
	is, err := l.isRelease(ctx, d)
	if err != nil {
		return false, withSubject(l.ref.Text, err)
	}
	return is, nil
}

func (l *Layout) failed(d digest.Digest, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: blob %s: %w", l.ref.Text, d, err)
}

// verifiedBlob is a blob that is read from its first byte on.
type verifiedBlob struct {
	io.ReadCloser
	layout *Layout
	digest digest.Digest
	left   int64 // bytes to read
	hash   digest.Verifier
}

func (v *verifiedBlob) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	_, _ = v.hash.Write(p[:n])
	v.left -= int64(n)
	if v.left > 0 && err == io.EOF {
		return 0, v.layout.failed(v.digest, fault.Errorf(fault.Integrity, "it became shorter while it was read"))
	}
	if v.left <= 0 && !v.hash.Verified() {
		return 0, v.layout.failed(v.digest, fault.Errorf(fault.Integrity, "its bytes have another digest"))
	}
	return n, err
}
