package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Layout is an OCI layout in a directory or an archive, opened to copy from it. Close it after use.
type Layout struct {
	layout
	text string // the reference
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
	return &Layout{l, ref.Text}, nil
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

// Text is the reference that the layout was opened by.
func (l *Layout) Text() string { return l.text }

// Close closes the layout's files.
func (l *Layout) Close() error { return l.close() }

// Entries are the images that index.json names.
func (l *Layout) Entries() []oci.Descriptor { return images(l.entries) }

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

// Blob opens a blob from byte number from on, counted from 0. Reading fails with fault.Integrity, and not with io.EOF, at the end of
// a blob that is damaged.
func (l *Layout) Blob(ctx context.Context, d digest.Digest, size, from int64) (io.ReadCloser, error) {
	content, stored, err := l.files.open(ctx, blobName(d))
	if err != nil {
		return nil, l.failed(d, l.missing(err))
	}
	if stored != size {
		_ = content.Close()
		return nil, l.failed(d, fault.Errorf(fault.Integrity, "it has %d bytes, its manifest says %d", stored, size))
	}
	verified := &verifiedBlob{ReadCloser: content, layout: l, digest: d, hash: digest.SHA256.Hash()}
	if _, err := io.CopyN(io.Discard, canceled{ctx, verified}, from); err != nil {
		_ = content.Close()
		return nil, l.failed(d, err)
	}
	return verified, nil
}

// OpenPGPSignatures reads the OpenPGP signatures of a release image that lie in the layout, as on a server for signatures.
func (l *Layout) OpenPGPSignatures(ctx context.Context, d digest.Digest) (messages [][]byte, err error) {
	for n := 1; ; n++ {
		message, err := readFile(ctx, l.files, fmt.Sprintf("signatures/%s=%s/signature-%d", d.Algorithm(), d.Encoded(), n))
		if errors.Is(err, fs.ErrNotExist) {
			return messages, nil
		}
		if err != nil {
			return nil, l.failed(d, err)
		}
		messages = append(messages, message)
	}
}

// IsRelease reports whether an entry is a release image or a list of them: its configuration has their label.
func (l *Layout) IsRelease(ctx context.Context, d oci.Descriptor) bool { return l.isRelease(ctx, d) }

func (l *Layout) failed(d digest.Digest, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("%s: blob %s: %w", l.text, d, err)
}

// verifiedBlob is a blob that is read from its first byte on.
type verifiedBlob struct {
	io.ReadCloser
	layout *Layout
	digest digest.Digest
	hash   interface {
		io.Writer
		Sum([]byte) []byte
	}
}

func (v *verifiedBlob) Read(p []byte) (int, error) {
	n, err := v.ReadCloser.Read(p)
	_, _ = v.hash.Write(p[:n])
	if err == io.EOF && digest.NewDigestFromBytes(v.digest.Algorithm(), v.hash.Sum(nil)) != v.digest {
		err = v.layout.failed(v.digest, fault.Errorf(fault.Integrity, "its bytes have another digest"))
	}
	return n, err
}
