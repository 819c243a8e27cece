package plugin

import (
	"context"
	"fmt"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// loaded is a release that was read, with what its image says of itself.
type loaded struct {
	*payload.Release
	reference image.Reference
	identity  image.Identity
	config    *image.Config // only when it was asked for
	pullSpec  string        // by digest, "" when the source has no digest
}

// readOptions say what a command needs of a release beyond the two files that describe it.
type readOptions struct {
	config bool       // the image's configuration
	want   image.Want // further files
}

// load reads the two files that describe a release.
func (f *factory) load(ctx context.Context, ref image.Reference, repository string, o readOptions) (*loaded, error) {
	release, _, err := f.read(ctx, ref, repository, o)
	return release, err
}

// read reads a release and the files that are wanted of it.
func (f *factory) read(ctx context.Context, ref image.Reference, repository string, o readOptions) (*loaded, payload.Files, error) {
	opener, err := f.opener(ref)
	if err != nil {
		return nil, payload.Files{}, err
	}
	img, err := opener.Open(ctx, ref)
	if err != nil {
		return nil, payload.Files{}, err
	}
	l := &loaded{reference: ref}
	if o.config {
		if l.config, err = img.Config(ctx); err != nil {
			return nil, payload.Files{}, err
		}
	}
	files, err := img.Files(ctx, o.want)
	if err != nil {
		return nil, payload.Files{}, err
	}
	l.identity = img.Identity()
	if l.Release, err = payload.Read(files); err != nil {
		return nil, payload.Files{}, fmt.Errorf("%s: %w", ref.Text, err)
	}
	l.HasManifests = l.identity.ManifestsKnown
	l.pullSpec = pullSpec(l.identity, repository)
	if l.pullSpec != "" {
		f.notef("%s is %s", ref.Text, l.pullSpec)
	}
	for _, warning := range l.Warnings {
		f.warnf("%s", warning)
	}
	return l, files, nil
}

// pullSpec is a reference by digest that names the release wherever it was read from: the repository it
// came from, or the one given for sources that have none. A manifest list is named by its own digest.
func pullSpec(id image.Identity, repository string) string {
	digest := id.ListDigest
	if digest == "" {
		digest = id.Digest
	}
	if digest == "" {
		return ""
	}
	if id.Repository != "" {
		repository = id.Repository
	}
	return repository + "@" + digest.String()
}

// document is the release as every document names it.
func (l *loaded) document() v1alpha1.Release {
	return v1alpha1.Release{
		Reference:    l.identity.Reference,
		Image:        l.pullSpec,
		Digest:       l.identity.Digest.String(),
		ListDigest:   l.identity.ListDigest.String(),
		Version:      l.Version,
		Architecture: l.identity.Architecture,
	}
}
