package plugin

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// loaded is a release that was read, with what its image says of itself.
type loaded struct {
	*payload.Release
	reference image.Reference
	image     image.Image
	identity  image.Identity
	config    *image.Config // only when it was asked for
	pullSpec  string        // by digest, "" when the source has no digest
	limits    document.Limits

	notebook image.Notebook     // what is made of the files is remembered in it; nil without one
	indexed  []*manifest.Object // of the release's folder, in place of the files' contents
}

// readOptions say what a command needs of a release beyond the two files that describe it.
type readOptions struct {
	config bool       // the image's configuration
	quiet  bool       // no warning that the release is not the version that was typed: a check says so
	want   image.Want // further files
	index  bool       // of the release's manifests an index will do

	// subject begins every warning about the release; it is empty for the release that the command is about.
	subject string
}

// load reads the two files that describe a release.
func (f *factory) load(ctx context.Context, ref image.Reference, repository string, o readOptions) (*loaded, error) {
	release, _, err := f.read(ctx, ref, repository, o)
	return release, err
}

// read reads a release and the files that are wanted of it.
func (f *factory) read(ctx context.Context, ref image.Reference, repository string, o readOptions) (*loaded, payload.Files, error) {
	warnf := f.warnf
	if o.subject != "" {
		warnf = func(format string, args ...any) { f.warnf("%s: %s", o.subject, fmt.Sprintf(format, args...)) }
	}
	opener, err := f.opener(ref)
	if err != nil {
		return nil, payload.Files{}, err
	}
	opener.Warnf = warnf
	img, err := opener.Open(ctx, ref)
	if err != nil {
		return nil, payload.Files{}, f.located(err)
	}
	l := &loaded{reference: ref, image: img, identity: img.Identity()}
	if _, l.limits, err = f.global.limits.limits(); err != nil {
		return nil, payload.Files{}, err
	}
	l.notebook, _ = img.(image.Notebook)
	if o.index && l.recall() {
		o.want.Contents = func(folder, name string) bool { return folder == image.OperatorFolder && payload.IsManifestName(name) }
	}
	files, err := l.fetch(ctx, img, o)
	if err != nil {
		return nil, payload.Files{}, f.located(err)
	}
	l.identity = img.Identity()
	if l.Release, err = payload.Read(files); err != nil {
		return nil, payload.Files{}, fmt.Errorf("%s: %w", ref.Text, err)
	}
	l.HasManifests = l.identity.ManifestsKnown
	l.pullSpec = pullSpec(l.identity, repository)
	if !o.quiet || !l.asked().typed {
		f.warnOther(l)
	}
	for _, warning := range l.Warnings {
		warnf("%s", warning)
	}
	return l, files, nil
}

// fetch reads the files, and beside them the configuration where it is asked for. Where it would only show that the image
// is not for the architecture that was asked for, a release is read without it.
func (l *loaded) fetch(ctx context.Context, img image.Image, o readOptions) (files payload.Files, err error) {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		files, err = img.Files(ctx, o.want)
		return err
	})
	if o.config || l.needsConfig() {
		group.Go(func() (err error) {
			l.config, err = img.Config(ctx)
			if kind := fault.KindOf(err); !o.config && (kind == fault.Network || kind == fault.NotFound || kind == fault.Auth) {
				return nil
			}
			return err
		})
	}
	return files, group.Wait()
}

// manifests reads the manifests: their contents, or the index of those that were read before.
func (l *loaded) manifests(files payload.Files, render manifest.Render) *manifest.Payload {
	if l.indexed != nil {
		return manifest.LoadIndexedWithin(l.limits, files.Operator, l.indexed, render)
	}
	p := manifest.LoadWithin(l.limits, files, render)
	if p.Err() == nil {
		l.remember(files, p)
	}
	return p
}

// recall finds the index of the release's manifests that was made before.
func (l *loaded) recall() bool {
	if l.notebook == nil {
		return false
	}
	data, ok := l.notebook.Note(manifest.IndexForm)
	if !ok {
		return false
	}
	objects, err := manifest.ReadIndex(data)
	l.indexed = objects
	return err == nil
}

// remember keeps the index of the release's manifests, unless it is there or their contents were not all read.
func (l *loaded) remember(files payload.Files, p *manifest.Payload) {
	if l.notebook == nil || l.indexed != nil {
		return
	}
	for _, file := range files.Release {
		if payload.IsManifestName(file.Name) && file.Data == nil && file.Size > 0 {
			return
		}
	}
	if _, ok := l.notebook.Note(manifest.IndexForm); !ok {
		l.notebook.KeepNote(manifest.IndexForm, p.Index())
	}
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
	architecture := l.identity.Architecture
	if architecture == "" && l.config != nil {
		architecture = l.config.Architecture
	}
	return v1alpha1.Release{
		Reference:    l.identity.Reference,
		Image:        l.pullSpec,
		Digest:       l.identity.Digest.String(),
		ListDigest:   l.identity.ListDigest.String(),
		Version:      l.Version,
		Architecture: architecture,
	}
}
