package image

import (
	"cmp"
	"context"
	"io"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// Opener resolves references.
type Opener struct {
	Registry Registry  // only needed for KindRegistry
	Stdin    io.Reader // only needed for KindStdin
	Arch     string    // the architecture that was asked for, in any spelling of ParseArch; empty: none
	HostArch string    // chosen from a manifest list if none was asked for; empty: amd64
	Limits   Limits
	// Documents are the limits for parsing a release; the zero value means the defaults.
	Documents document.Limits

	Layouts []*Layout    // that are open: references to their images do not read them again
	Cache   *cache.Cache // of registries; may be nil
	Offline bool         // contacts no registry: what is not in the cache is fault.Network

	Notef func(format string, args ...any) // says what was resolved and chosen; may be nil
	Warnf func(format string, args ...any) // may be nil
}

// Open resolves a reference and verifies its manifest. It reads no layer. A KindVersion has to be resolved to another
// reference first. Errors say which reference failed.
func (o Opener) Open(ctx context.Context, ref Reference) (Image, error) {
	o.Limits = o.Limits.withDefaults()
	if o.Arch != "" {
		arch, err := ParseArch(o.Arch)
		if err != nil {
			return nil, err
		}
		o.Arch = arch
	}
	found, err := o.open(ctx, ref)
	if err != nil {
		return nil, withSubject(ref.Text, err)
	}
	return found, nil
}

func (o Opener) open(ctx context.Context, ref Reference) (Image, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, l := range o.Layouts {
		if l.holds(ref) {
			shared := l.layout
			shared.files = kept{shared.files}
			return o.imageOf(ctx, ref, shared)
		}
	}
	switch ref.Kind {
	case KindRegistry:
		return o.openRegistry(ctx, ref)
	case KindLayout:
		from, err := openDirFiles(ref.Path)
		if err != nil {
			return nil, err
		}
		return o.openLayout(ctx, ref, from)
	case KindOCIArchive:
		return o.openOCIArchive(ctx, ref)
	case KindDockerArchive:
		return o.openDockerArchive(ctx, ref)
	case KindDirectory:
		return o.openDirectory(ref)
	case KindFile, KindStdin:
		return o.openFile(ctx, ref)
	case KindVersion:
		return nil, fault.Errorf(fault.Usage, "a version has to be resolved to an image first")
	}
	return nil, fault.Errorf(fault.Usage, "not a reference to a release: want %s", Forms)
}

// openImage makes an image of a verified manifest, or of that which a verified list names.
func (o Opener) openImage(ctx context.Context, ref Reference, src source, root *fetched) (*stored, error) {
	arch := cmp.Or(o.Arch, o.HostArch, "amd64")
	r := &resolver{source: src, arch: arch}
	f, err := r.image(ctx, root, 1)
	if err != nil {
		return nil, err
	}
	if !oci.IsConfigType(f.Config.MediaType) {
		return nil, fault.Errorf(fault.NotFound, "not a release: it is not an image but %s", quoted(f.Config.MediaType))
	}
	s := &stored{
		identity: Identity{Reference: ref.Text, Repository: ref.Repository, Tag: ref.Tag, Digest: f.digest, ManifestsKnown: true},
		manifest: f.body,
		parts:    f.Manifest,
		config:   blobOf(src, "the configuration", f.Config),
		limits:   o.Limits,
		warnf:    o.warnf,
		close:    src.close,
	}
	for _, d := range f.Layers {
		s.layers = append(s.layers, blobOf(src, "layer", d))
		s.layerSize += d.Size
	}
	if root.List {
		s.identity.ListDigest = root.digest
	}
	if f.platform != nil && root.List {
		s.identity.Architecture, s.identity.OS = f.platform.Architecture, f.platform.OS
	}
	if name := ref.Repository.Digest(root.digest).String(); ref.Kind != KindRegistry {
		o.notef("%s is %s", ref.Text, root.digest)
	} else if name != ref.Text {
		o.notef("%s is %s", ref.Text, name)
	}
	return s, o.checkArch(ctx, s, root.List)
}

// checkArch finds out the architecture if one was asked for or a list was followed, and warns if it is another one.
func (o Opener) checkArch(ctx context.Context, s *stored, fromList bool) error {
	id := &s.identity
	if id.Architecture == "" && (fromList || o.Arch != "") {
		if err := s.readConfig(ctx); err != nil {
			return err
		}
		id.Architecture, id.OS = s.parsed.Architecture, s.parsed.OS
	}
	if fromList {
		o.notef("%s: the image for %s/%s is %s", id.Reference, id.OS, id.Architecture, id.Digest)
	}
	if o.Arch != "" && id.Architecture != o.Arch {
		o.warnf("%s is for %s/%s, not for linux/%s", id.Reference, id.OS, id.Architecture, o.Arch)
	}
	return nil
}

func blobOf(src source, what string, d oci.Descriptor) blob {
	return blob{
		name: what + " " + string(d.Digest), size: d.Size, digest: d.Digest,
		open: func(ctx context.Context) (io.ReadCloser, error) {
			return src.blob(progress.WithName(ctx, what+" "+string(d.Digest)), d)
		},
	}
}

func (o Opener) notef(format string, args ...any) {
	if o.Notef != nil {
		o.Notef(format, args...)
	}
}

func (o Opener) warnf(format string, args ...any) {
	if o.Warnf != nil {
		o.Warnf(format, args...)
	}
}
