package image

import (
	"cmp"
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	manifests "github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// Release is a release that was read, with what its image says of itself.
type Release struct {
	*payload.Release
	Reference Reference
	Identity  Identity
	Files     payload.Files
	Config    *Config // nil unless it was read
	// PullSpec names the release by digest; empty where the source has none.
	PullSpec string
	// Image is where the release was read from.
	Image Image

	limits  document.Limits
	deriver Deriver         // remembers the index of the manifests; nil without a cache
	index   manifests.Index // of the manifests of the release's directory, in place of their contents; nil when they are read
}

// ReadOptions say what is read beyond the two files that describe a release.
type ReadOptions struct {
	Config bool // the image's configuration
	Want   Want // further files
	Index  bool // an index of the manifests is enough: their texts are not used
	// Repository is the repository of PullSpec for a source that names none.
	Repository oci.Repository
}

// ListManifests reads the manifests of both folders for commands that do not look at their texts.
func ListManifests(repository oci.Repository) ReadOptions {
	isManifest := func(_, name string) bool { return payload.IsManifestName(name) }
	return ReadOptions{Want: Want{Operator: true, Contents: isManifest}, Index: true, Repository: repository}
}

// Read opens a reference and reads the release that it names. Close the release after use. Errors say which reference failed; an error of the source
// keeps its kind, and a source that is no release is fault.NotFound.
func (o Opener) Read(ctx context.Context, ref Reference, options ReadOptions) (*Release, error) {
	img, err := o.Open(ctx, ref)
	if err != nil {
		return nil, err
	}
	r, err := o.readImage(ctx, ref, img, options)
	if err != nil {
		_ = img.Close()
		return nil, err
	}
	return r, nil
}

func (o Opener) readImage(ctx context.Context, ref Reference, img Image, options ReadOptions) (*Release, error) {
	r := &Release{Reference: ref, Image: img, Identity: img.Identity(), limits: o.Documents}
	r.deriver, _ = img.(Deriver)
	if options.Index && r.recallIndex() {
		options.Want.Contents = func(folder, name string) bool { return folder == OperatorFolder && payload.IsManifestName(name) }
	}
	if err := r.fetch(ctx, options); err != nil {
		return nil, err
	}
	r.Identity = img.Identity()
	var err error
	if r.Release, err = payload.Read(r.Files); err != nil {
		return nil, fmt.Errorf("%s: %w", ref.Text, err)
	}
	r.HasManifests = r.Identity.ManifestsKnown
	r.PullSpec = pullSpec(r.Identity, options.Repository)
	return r, nil
}

// Close closes the image that the release was read from.
func (r *Release) Close() error { return r.Image.Close() }

// fetch reads the files, and beside them the configuration where it is asked for. Where the configuration would only
// show that the image is for another architecture than the tag says, a release is read without it.
func (r *Release) fetch(ctx context.Context, options ReadOptions) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		r.Files, err = r.Image.Files(ctx, options.Want)
		return err
	})
	if options.Config || r.needsConfig() {
		group.Go(func() (err error) {
			r.Config, err = r.Image.Config(ctx)
			if kind := fault.KindOf(err); !options.Config && (kind == fault.Network || kind == fault.NotFound || kind == fault.Auth) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// Manifests reads the manifests: their contents, or the index of those that were read before. Payload.Err is set when they
// are beyond a limit.
func (r *Release) Manifests(render manifests.Render) *manifests.Payload {
	render.Images = map[string]string{}
	for _, component := range r.Components {
		render.Images[component.Name] = component.Image
	}
	render.Done = r.Reference.Kind == KindFolder && manifests.Rendered(r.Files.Operator)
	if r.index != nil {
		return manifests.LoadIndexedWithin(r.limits, r.Files.Operator, r.index, render)
	}
	p := manifests.LoadWithin(r.limits, r.Files, render)
	if p.Err() == nil {
		r.rememberIndex(p)
	}
	return p
}

// recallIndex finds the index of the release's manifests that an earlier run made.
func (r *Release) recallIndex() bool {
	var index manifests.Index
	if r.deriver == nil || !r.deriver.Derived(manifests.IndexForm, &index) {
		return false
	}
	r.index = index
	return index != nil
}

// rememberIndex keeps the index of the release's manifests, unless it is there or not all contents were read.
func (r *Release) rememberIndex(p *manifests.Payload) {
	if r.deriver == nil || r.index != nil {
		return
	}
	for _, file := range r.Files.Release {
		if payload.IsManifestName(file.Name) && file.Data == nil && file.Size > 0 {
			return
		}
	}
	var index manifests.Index
	if !r.deriver.Derived(manifests.IndexForm, &index) {
		r.deriver.KeepDerived(manifests.IndexForm, p.Index())
	}
}

// Architecture is that of the image, as far as what was read says it; empty when it does not.
func (r *Release) Architecture() string {
	if r.Identity.Architecture == "" && r.Config != nil {
		return r.Config.Architecture
	}
	return r.Identity.Architecture
}

// Refusal says why the operator refuses the payload whatever its manifests are; empty when it does not
// (cluster-version-operator, pkg/payload/payload.go).
func (r *Release) Refusal() string {
	if r.Metadata == nil {
		return "it has no file " + payload.MetadataName
	}
	return r.Conflict()
}

// pullSpec is a reference by digest: in the repository that the release was read from, or in the given one for sources
// that have none. A manifest list is named by its own digest.
func pullSpec(id Identity, repository oci.Repository) string {
	if !id.Repository.IsZero() {
		repository = id.Repository
	}
	digest := cmp.Or(id.ListDigest, id.Digest)
	if digest == "" {
		return ""
	}
	return repository.Digest(digest).String()
}
