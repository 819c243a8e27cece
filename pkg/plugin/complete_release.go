package plugin

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// arguments completes the arguments of a command: first a release, then names of its components or objects.
func (c completer) arguments(cmd *cobra.Command) candidateFunc {
	names := fixed()
	switch cmd.Name() {
	case "images", "env":
		names = c.components
	case "manifests":
		names = c.objects
	}
	return func(ctx context.Context, t commandLine) []string {
		switch {
		case cmd.Name() == "diff" && len(t.args) < 2:
			return c.references(ctx, t)
		case cmd.Flags().Lookup("release") == nil:
			return nil
		case len(t.args) == 0 && len(t.fromFlags()) == 0:
			return c.references(ctx, t)
		}
		return slices.DeleteFunc(names(ctx, t), func(name string) bool { return slices.Contains(t.args, name) })
	}
}

// fromFlags returns the releases that flags name.
func (t commandLine) fromFlags() []string {
	releases, _ := t.cmd.Flags().GetStringArray("release")
	from, _ := t.cmd.Flags().GetStringArray("from")
	return slices.Concat(releases, from)
}

// releases reads the releases that the command line names, if they are in local files or in the cache. It skips releases
// that it cannot read.
func (c completer) releases(ctx context.Context, t commandLine, o image.ReadOptions) []*image.Release {
	s, err := c.session()
	if err != nil {
		return nil
	}
	defer s.opened.closeAll()
	text, _ := t.cmd.Flags().GetString("release-repository")
	repository, err := oci.ParseRepository(text)
	if err != nil {
		return nil
	}
	named, _, _ := splitArguments(t.args, t.fromFlags(), c.f.Getenv(releaseVariable))
	if t.cmd.Name() == "diff" {
		named = t.args
	}
	named = slices.Sorted(slices.Values(named)) // cobra parses flags twice
	var releases []*image.Release
	for _, text := range slices.Compact(named) {
		ref, err := image.ParseReference(text)
		if err != nil || ref.Kind == image.KindStdin {
			continue
		}
		found, err := s.resolveOne(ctx, releaseRequest{releases: []image.Reference{ref}, repository: repository})
		if err != nil {
			continue
		}
		if release, err := s.read(ctx, found, o); err == nil {
			releases = append(releases, release)
		}
	}
	return releases
}

// components completes names and aliases of the components of the releases that the command line names.
func (c completer) components(ctx context.Context, t commandLine) []string {
	var list []string
	for _, release := range c.releases(ctx, t, image.ReadOptions{}) {
		for _, component := range release.Components {
			list = append(append(list, component.Name), component.Aliases...)
		}
	}
	return list
}

// manifests returns the objects of the releases that the command line names.
func (c completer) manifests(ctx context.Context, t commandLine) []*manifest.Object {
	var objects []*manifest.Object
	for _, release := range c.releases(ctx, t, image.ListManifests(oci.Repository{})) {
		payload := release.Manifests(manifest.Render{})
		if payload.Err() == nil {
			objects = append(objects, payload.Objects...)
		}
	}
	return objects
}

// objectField completes from the values of one field of a release's objects.
func (c completer) objectField(field func(*manifest.Object) string) candidateFunc {
	return func(ctx context.Context, t commandLine) []string {
		var list []string
		for _, object := range c.manifests(ctx, t) {
			list = append(list, field(object))
		}
		return list
	}
}

// manifestNames completes from fixed words and from names in the manifests of a release.
func (c completer) manifestNames(names func([]*manifest.Object) []string, known ...string) candidateFunc {
	return func(ctx context.Context, t commandLine) []string {
		return slices.Concat(known, names(c.manifests(ctx, t)))
	}
}

// objects completes KIND/NAME: first the kinds of a release's objects with a slash, then the names of that kind.
func (c completer) objects(ctx context.Context, t commandLine) []string {
	kind, _, slash := strings.Cut(t.word, "/")
	var list []string
	for _, object := range c.manifests(ctx, t) {
		switch own := strings.ToLower(object.Kind); {
		case !slash:
			list = append(list, own+"/")
		case object.IsKind(kind):
			list = append(list, kind+"/"+object.Name)
		}
	}
	return list
}

// maxEntries is the largest number of entries that are read of a directory.
const maxEntries = 2000

// references completes a release: from the forms of references and the releases in the cache, and after a form such as
// oci: from local paths and tags.
func (c completer) references(ctx context.Context, t commandLine) []string {
	forms := []string{"oci:", "oci-archive:", "docker-archive:", "dir:", "file:"}
	form, path, found := strings.Cut(t.word, ":")
	switch {
	case !found || !slices.Contains(forms, form+":"):
		return append(c.cachedReleases(t), forms...)
	case form == "oci":
		return withForm(form, append(layoutTags(ctx, path), paths(form, path)...))
	}
	return withForm(form, paths(form, path))
}

func withForm(form string, list []string) []string {
	for i := range list {
		list[i] = form + ":" + list[i]
	}
	return list
}

// cachedReleases returns the releases in the cache: the version if it is a tag in --release-repository, else the pull spec.
func (c completer) cachedReleases(t commandLine) []string {
	s, err := c.session()
	if err != nil || s.downloads == nil {
		return nil
	}
	entries, err := cache.Entries(s.cacheOptions())
	if err != nil {
		return nil
	}
	repository, _ := t.cmd.Flags().GetString("release-repository")
	var list []string
	for _, entry := range entries {
		if entry.Kind != cache.Layer { // component images have only manifests in the cache
			continue
		}
		for _, reference := range entry.References {
			if strings.Contains(reference, ":sha256-") { // the tag of signatures
				continue
			}
			tag, found := strings.CutPrefix(reference, repository+":")
			if _, _, isVersion := image.SplitVersion(tag); found && isVersion {
				reference = tag
			}
			list = append(list, reference)
		}
	}
	return list
}

// layoutTags returns PATH:TAG for each tag of the OCI layout at a path, which may have a tag already.
func layoutTags(ctx context.Context, path string) []string {
	dir, _, _ := strings.Cut(path, ":")
	tags, err := image.LayoutTags(ctx, filepath.FromSlash(dir))
	if dir == "" || err != nil {
		return nil
	}
	return withForm(dir, tags)
}

// paths completes a path. Directories end in a slash, OCI layouts and files do not.
func paths(form, path string) []string {
	parent, prefix := path[:strings.LastIndexByte(path, '/')+1], path[strings.LastIndexByte(path, '/')+1:]
	dir, err := os.Open(filepath.Clean(filepath.FromSlash(parent)))
	if err != nil {
		return nil
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(maxEntries) // entries that were read before an error are enough
	var list []string
	for _, entry := range entries {
		name := parent + entry.Name()
		info, err := os.Stat(filepath.FromSlash(name))
		switch hidden := strings.HasPrefix(entry.Name(), ".") && !strings.HasPrefix(prefix, "."); {
		case err != nil || hidden:
		case !info.IsDir() && form != "oci" && form != "dir", info.IsDir() && form == "oci" && isLayout(name):
			list = append(list, name)
		case info.IsDir():
			list = append(list, name+"/")
		}
	}
	return list
}

// isLayout reports whether a directory looks like an OCI layout.
func isLayout(dir string) bool {
	_, err := os.Stat(filepath.Join(filepath.FromSlash(dir), "oci-layout"))
	return err == nil
}
