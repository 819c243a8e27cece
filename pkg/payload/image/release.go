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

// Release is a release that was read, with what its image says about itself. Close it after use.
type Release struct {
	*payload.Release
	Reference Reference
	Identity  Identity
	Files     payload.Files
	Config    *Config // nil unless it was read
	// PullSpec names the release by digest; empty if the source has none.
	PullSpec string
	// Image is where the release was read from.
	Image Image

	limits  document.Limits
	deriver Deriver           // remembers the index of the manifests; nil without a cache
	index   *manifests.Index  // of the manifests of the release's directory, in place of their contents; nil when they are read
	objects [][]byte          // the JSON of each object in index; nil unless it was asked for and found
	loader  *manifests.Loader // took the manifests while they were read; nil if an index is not enough or was found
}

// ReadOptions say what is read beyond the two files that describe a release.
type ReadOptions struct {
	Config bool // the image's configuration
	Want   Want // further files
	Index  bool // an index of the manifests is enough: their texts are not used
	JSON   bool // of the texts of the manifests, their JSON is enough
	// FindArch returns the architecture of an image for which only the configuration says it, once the files are read; "" if it
	// does not know it. With it, the configuration is read only if nothing else says the architecture. May be nil.
	FindArch func(context.Context, *Release) string
	// Repository is the repository of PullSpec if the source has none.
	Repository oci.Repository
}

// ListManifests reads the manifests of both directories for commands that do not look at their texts.
func ListManifests(repository oci.Repository) ReadOptions {
	isManifest := func(_, name string) bool { return payload.IsManifestName(name) }
	return ReadOptions{Want: Want{Operator: true, Contents: isManifest}, Index: true, Repository: repository}
}

// Read opens a reference and reads the release that it names. Close the release after use. Errors say which reference failed;
// an error of the source keeps its kind, and a source that is no release is fault.NotFound.
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
	if options.Index && r.recallIndex() || options.JSON && r.recallJSON() {
		options.Want.Contents = func(directory, name string) bool {
			return directory == OperatorDirectory && payload.IsManifestName(name)
		}
	}
	if options.Index && r.index == nil && options.Want.Relevant == nil {
		r.loader = manifests.NewLoader(r.limits)
		options.Want.Take, options.Want.Restart = r.loader.Take, r.loader.Restart
		defer r.loader.Wait()
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
	if options.FindArch == nil || r.Identity.Architecture != "" {
		return r, nil
	}
	if arch := options.FindArch(ctx, r); arch != "" {
		r.Identity.Architecture, r.Identity.OS = arch, "linux"
		return r, nil
	}
	r.Config, err = img.Config(ctx)
	return r, err
}

// Close closes the image that the release was read from.
func (r *Release) Close() error { return r.Image.Close() }

// fetch reads the files and, at the same time, the configuration if it is needed. If it is needed only to compare the
// architecture with that of the tag, the release is also read without it.
func (r *Release) fetch(ctx context.Context, options ReadOptions) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		r.Files, err = r.Image.Files(ctx, options.Want)
		return err
	})
	if options.FindArch == nil && (options.Config || r.needsConfig()) {
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

// WithFiles returns the release with only some of its files. What is read of them is not remembered.
func (r *Release) WithFiles(files payload.Files) *Release {
	part := *r
	part.Files, part.deriver, part.index, part.objects, part.loader = files, nil, nil, nil, nil
	return &part
}

// Manifests reads the manifests: their contents, or the index of those that were read before. Payload.Err is set when they
// are beyond a limit.
func (r *Release) Manifests(render manifests.Render) *manifests.Payload {
	return r.ManifestsAfter(nil, render)
}

// ManifestsAfter is Manifests when those of another release were read: files that both have are read once. other may be nil.
func (r *Release) ManifestsAfter(other *manifests.Payload, render manifests.Render) *manifests.Payload {
	render.Images = map[string]string{}
	for _, component := range r.Components {
		render.Images[component.Name] = component.Image
	}
	render.Done = r.Reference.Kind == KindDirectory && manifests.Rendered(r.Files.Operator)
	if r.objects != nil {
		return manifests.LoadJSONWithin(r.limits, r.Files.Operator, r.index, r.objects, render)
	}
	if r.index != nil {
		return manifests.LoadIndexedWithin(r.limits, r.Files.Operator, r.index, render)
	}
	var p *manifests.Payload
	if r.loader != nil {
		p = r.loader.Load(r.Files, render)
	} else {
		p = manifests.LoadWithin(r.limits, r.Files, render, other)
	}
	if p.Err() == nil {
		r.rememberIndex(p)
	}
	return p
}

// recallIndex finds the index of the release's manifests that an earlier run made.
func (r *Release) recallIndex() bool {
	var index *manifests.Index
	if r.deriver == nil || !r.deriver.Derived(manifests.IndexForm, &index) {
		return false
	}
	r.index = index
	return index != nil
}

// recallJSON finds the index of the release's manifests with their JSON.
func (r *Release) recallJSON() bool {
	if !r.recallIndex() {
		return false
	}
	var converted manifests.Converted
	found := r.deriver.Derived(manifests.ConvertedForm, &converted)
	if found {
		r.objects, found = converted.Objects(len(r.index.Objects))
	}
	if !found {
		r.index = nil
	}
	return found
}

// RememberJSON converts the manifests to JSON and keeps that for later runs, if there is a cache and the JSON is not in it.
func (r *Release) RememberJSON(p *manifests.Payload) {
	if r.deriver == nil || !r.deriver.KeepsDerived() || r.index != nil {
		return
	}
	if converted := p.Convert(); converted != nil {
		r.deriver.KeepDerived(manifests.ConvertedForm, converted)
	}
}

// rememberIndex keeps the index of the release's manifests, unless it is there or not all contents were read.
func (r *Release) rememberIndex(p *manifests.Payload) {
	if r.deriver == nil || r.index != nil {
		return
	}
	for _, file := range r.Files.Release {
		wasRead := file.Data != nil || file.Size == 0 || r.loader != nil && r.loader.Has(file.Name)
		if payload.IsManifestName(file.Name) && !wasRead {
			return
		}
	}
	var index *manifests.Index
	if !r.deriver.Derived(manifests.IndexForm, &index) {
		r.deriver.KeepDerived(manifests.IndexForm, p.Index())
	}
}

// Architecture is that of the image; empty if nothing that was read says it.
func (r *Release) Architecture() string {
	if r.Identity.Architecture == "" && r.Config != nil {
		return r.Config.Architecture
	}
	return r.Identity.Architecture
}

// Refusal says why the operator refuses the payload, whatever its manifests are; empty if it does not
// (cluster-version-operator, pkg/payload/payload.go).
func (r *Release) Refusal() string {
	if r.Metadata == nil {
		return "it has no file " + payload.MetadataName
	}
	return r.Conflict()
}

// pullSpec names a release by digest in its repository, or in the given one if the source has none. A manifest list is
// named by its own digest.
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
