package mirror

import (
	"context"
	"fmt"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust/sigstore"
)

// Unsigned is an image that has no sigstore signature at its source.
type Unsigned struct {
	Kind  Kind         // of the image
	Image oci.PullSpec // by digest
}

// Signatures reads the sigstore signatures of images: of the release, each child of a list, and each component. Lists have
// none. A signature goes to the target repository of its image. Images without a signature are returned in unsigned, in the
// order of images.
func (r Reader) Signatures(ctx context.Context, images []Image) (signatures []Image, unsigned []Unsigned, err error) {
	wanted := signedImages(images)
	meter := progress.Begin(ctx, progress.Task{Verb: "reading", What: "signatures of images", Count: true, Total: int64(len(wanted))})
	defer meter.End()
	found := make([]Image, len(wanted))
	lacks := make([]bool, len(wanted))
	err = eachIndex(ctx, r.Parallel, len(wanted), func(ctx context.Context, i int) (err error) {
		found[i], err = r.signature(ctx, wanted[i])
		meter.Advance(1)
		if fault.KindOf(err) == fault.NotFound {
			lacks[i], err = true, nil
		}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	for i, w := range wanted {
		if lacks[i] {
			unsigned = append(unsigned, Unsigned{w.kind, w.image})
		} else {
			signatures = append(signatures, found[i])
		}
	}
	return signatures, unsigned, nil
}

// signed is an image whose signature is wanted.
type signed struct {
	kind    Kind
	image   oci.PullSpec // at the source
	targets []oci.Repository
	there   bool // the target has the image, and probably its signature too
}

// signedImages lists the single images, each once.
func signedImages(images []Image) []signed {
	var list []signed
	index := map[oci.PullSpec]int{}
	for _, image := range images {
		for _, m := range image.Manifests {
			if oci.IsListType(m.MediaType) {
				continue
			}
			at := image.Source.Repository.Digest(m.Digest)
			i, known := index[at]
			if !known {
				i = len(list)
				index[at] = i
				list = append(list, signed{kind: image.Kind, image: at, there: image.there()})
			}
			for _, to := range image.repositories() {
				list[i].targets = appendNew(list[i].targets, to)
			}
		}
	}
	return list
}

// signature reads the signature of one image.
func (r Reader) signature(ctx context.Context, w signed) (Image, error) {
	source, tag := r.Source(w.image.Repository), sigstore.Tag(w.image.Digest)
	image := Image{Kind: KindComponentSignature, Source: w.image, Signs: w.image.Digest}
	if w.kind == KindRelease {
		image.Kind = KindReleaseSignature
	}
	for _, target := range w.targets {
		image.Target = append(image.Target, target.Tag(tag))
	}
	if w.there && !r.Repair {
		if unchanged, err := r.unchanged(ctx, &image, source, tag); err != nil || unchanged {
			return image, err
		}
	}
	body, mediaType, declared, err := source.Manifest(ctx, tag)
	if err != nil {
		return Image{}, err
	}
	d := digest.FromBytes(body)
	if declared != "" && declared != d.String() {
		return Image{}, fault.Errorf(fault.Integrity, "%s: the registry says that its digest is %.80q, but it is %s", w.image.Repository.Tag(tag), declared, d)
	}
	image.Source = w.image.Repository.Digest(d)
	err = oci.Walk(ctx, oci.Descriptor{Digest: d, Size: -1}, func(context.Context, oci.Descriptor) ([]byte, string, error) {
		return body, mediaType, nil
	}, func(v oci.Visited) error { return image.add(v) })
	if err != nil {
		return Image{}, fault.Errorf(fault.Integrity, "%s is not a signature: %w", w.image.Repository.Tag(tag), err)
	}
	if len(image.Manifests) > 1 || oci.IsListType(image.Root().MediaType) {
		return Image{}, fault.Errorf(fault.Integrity, "%s is not a signature: it is a list of images", w.image.Repository.Tag(tag))
	}
	return image, nil
}

// unchanged reports whether the target has the signatures that the source has. Then they are not read. The source is asked
// first, because most sources without signatures have none at all.
func (r Reader) unchanged(ctx context.Context, image *Image, source Source, tag string) (bool, error) {
	declared, err := source.Head(ctx, tag)
	if err != nil {
		if kind := fault.KindOf(err); kind == fault.NotFound {
			return false, err
		}
		return false, nil // Manifest says what is wrong, if it fails too
	}
	if err := r.ask(ctx, image); err != nil {
		return false, err
	}
	there, ok := image.complete(oci.Digest(declared))
	if ok {
		image.Source = image.Source.Repository.Digest(there.Digest)
		image.Manifests = []Manifest{{Descriptor: there}}
	}
	return ok, nil
}

// Demand is what the clusters of a release require.
type Demand struct {
	Sigstore func(oci.Repository) bool // whether images of a repository need a sigstore signature; nil: none does
	OpenPGP  bool                      // whether the release needs an OpenPGP signature
}

// MissingSignatures lists the sigstore signatures that one of the releases requires and that are missing, for people.
func MissingSignatures(releases []Release, unsigned []Unsigned) []string {
	var list []string
	for _, u := range unsigned {
		if slices.ContainsFunc(releases, func(r Release) bool { return r.Demand.Sigstore != nil && r.Demand.Sigstore(u.Image.Repository) }) {
			list = append(list, fmt.Sprintf("%s has no tag %s", u.Image.Repository, sigstore.Tag(u.Image.Digest)))
		}
	}
	return list
}
