package mirror

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/ocilayout"
)

// Saved are OCI layouts to copy from, in place of the repositories that their images came from. It contacts nothing.
type Saved []*image.Layout

// Close closes the layouts.
func (s Saved) Close() error {
	var err error
	for _, l := range s {
		err = cmp.Or(err, l.Close())
	}
	return err
}

// Find returns the entry with a tag.
func (s Saved) Find(tag string) (oci.Descriptor, bool) {
	for _, l := range s {
		if d, ok := l.Find(tag); ok {
			return d, true
		}
	}
	return oci.Descriptor{}, false
}

// Has reports whether one of the layouts has a blob or manifest.
func (s Saved) Has(ctx context.Context, d oci.Digest) bool {
	for _, l := range s {
		if l.Has(ctx, d) {
			return true
		}
	}
	return false
}

// NeedsBase reports whether one of the layouts leaves out blobs that the target has.
func (s Saved) NeedsBase() bool {
	for _, l := range s {
		if l.Annotation(ocilayout.Base) != "" {
			return true
		}
	}
	return false
}

// Check finds the blobs of a plan that were not saved, before anything is copied. Those that the target has are not missed. later
// are blobs that other parts of the archive have. All others are fault.NotFound.
func (s Saved) Check(ctx context.Context, p *Plan, target func(oci.Repository) Target, parallel int) (later []Blob, err error) {
	var absent []Blob
	for _, b := range p.Blobs {
		if !s.Has(ctx, b.Digest) {
			absent = append(absent, b)
		}
	}
	parts := s.Parts()
	if len(absent) > 0 && !s.NeedsBase() && parts.Count == 0 {
		return nil, fault.WithHint(fault.NotFound, "pull again to mend it", "%s lacks %s", s, blobList(absent))
	}
	missing, err := lacking(ctx, absent, target, parallel)
	if err != nil {
		return nil, err
	}
	var lost []Blob
	for _, b := range missing {
		if parts.elsewhere(b.Digest) {
			later = append(later, b)
		} else {
			lost = append(lost, b)
		}
	}
	switch {
	case len(lost) == 0:
		return later, nil
	case s.NeedsBase():
		return nil, fault.WithHint(fault.NotFound, "copy the base there first", "%s was pulled with --base, and %s does not have %s: nothing was copied", s, lost[0].To[0], blobList(lost))
	}
	return nil, fault.WithHint(fault.NotFound, "pull again to mend it", "%s lacks %s", s, blobList(lost))
}

// lacking returns those of blobs that the target lacks in one of their repositories.
func lacking(ctx context.Context, blobs []Blob, target func(oci.Repository) Target, parallel int) (missing []Blob, err error) {
	lacks := make([]bool, len(blobs))
	err = eachIndex(ctx, parallel, len(blobs), func(ctx context.Context, i int) error {
		for _, to := range blobs[i].To {
			there, err := target(to).Exists(ctx, blobs[i].Digest)
			if err != nil {
				return err
			}
			lacks[i] = lacks[i] || !there
		}
		return nil
	})
	for i, b := range blobs {
		if lacks[i] {
			missing = append(missing, b)
		}
	}
	return missing, err
}

// String names the layouts.
func (s Saved) String() string {
	var names []string
	for _, l := range s {
		names = append(names, l.Text())
	}
	return strings.Join(names, ", ")
}

// blobList names the first blob, and counts the others.
func blobList(blobs []Blob) string {
	text := "the blob " + blobs[0].Digest.String()
	if n := len(blobs) - 1; n > 0 {
		text += fmt.Sprintf(" and %d more", n)
	}
	return text
}

// OpenPGPSignatures reads the OpenPGP signatures of a release image.
func (s Saved) OpenPGPSignatures(ctx context.Context, d oci.Digest) ([][]byte, error) {
	for _, l := range s {
		if messages, err := l.OpenPGPSignatures(ctx, d); len(messages) > 0 || err != nil {
			return messages, err
		}
	}
	return nil, nil
}

// Keep leaves of the components of a release those that were saved: the layout names them, or has their images.
func (s Saved) Keep(ctx context.Context, r Release) (Release, error) {
	names := Layout{Name: LayoutOC, To: oci.Repository{Path: "saved"}}
	all := r.Components
	r.Components = nil
	for _, c := range all {
		target, err := names.Component(r.Name, c.Name)
		if err != nil {
			return r, err
		}
		if _, named := s.Find(target.Tag); named || s.Has(ctx, c.Digest) {
			r.Components = append(r.Components, c)
		}
	}
	return r, nil
}

// Source returns the layouts as a source. All repositories have the same images.
func (s Saved) Source(oci.Repository) Source { return savedSource{s} }

type savedSource struct{ saved Saved }

func (s savedSource) Head(_ context.Context, tagOrDigest string) (declared string, err error) {
	if d, ok := s.saved.Find(tagOrDigest); ok {
		return d.Digest.String(), nil
	}
	return "", fault.Errorf(fault.NotFound, "%s was not saved", tagOrDigest)
}

func (s savedSource) Manifest(ctx context.Context, tagOrDigest string) (body []byte, mediaType, declared string, err error) {
	d := oci.Descriptor{Digest: digest.Digest(tagOrDigest)}
	if !strings.Contains(tagOrDigest, ":") {
		found, ok := s.saved.Find(tagOrDigest)
		if !ok {
			return nil, "", "", fault.Errorf(fault.NotFound, "%s was not saved", tagOrDigest)
		}
		d = found
	}
	for _, l := range s.saved {
		var failed error
		if body, failed = l.Manifest(ctx, d.Digest); failed == nil {
			return body, cmp.Or(d.MediaType, s.mediaType(d.Digest)), "", nil
		}
		err = cmp.Or(err, failed)
	}
	return nil, "", "", err
}

// mediaType is that of an entry with a digest. Manifests in lists have none; they say it themselves.
func (s savedSource) mediaType(d oci.Digest) string {
	for _, l := range s.saved {
		if mediaType := l.MediaType(d); mediaType != "" {
			return mediaType
		}
	}
	return ""
}

// Blob opens a blob. Reading a damaged one fails at its end, before the target can accept it.
func (s savedSource) Blob(ctx context.Context, d oci.Digest, size, from int64) (body io.ReadCloser, err error) {
	for _, l := range s.saved {
		var failed error
		if body, failed = l.Blob(ctx, d, size, from); failed == nil {
			return body, nil
		}
		err = cmp.Or(err, failed)
	}
	return nil, err
}
