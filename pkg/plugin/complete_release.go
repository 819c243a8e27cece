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
)

// arguments are the words of a command's arguments: a release, and then names of what it has.
func (c completer) arguments(cmd *cobra.Command) words {
	names := fixed()
	switch cmd.Name() {
	case "images", "env":
		names = c.components
	case "manifests":
		names = c.objects
	}
	return func(ctx context.Context, t typed) []string {
		switch {
		case cmd.Flags().Lookup("release") == nil:
			return nil
		case len(t.args) == 0 && len(t.flagged()) == 0:
			return c.references(ctx, t)
		}
		return slices.DeleteFunc(names(ctx, t), func(name string) bool { return slices.Contains(t.args, name) })
	}
}

// flagged are the releases that flags name.
func (t typed) flagged() []string {
	releases, _ := t.cmd.Flags().GetStringArray("release")
	from, _ := t.cmd.Flags().GetStringArray("from")
	return slices.Concat(releases, from)
}

// releases reads the releases that the command line names: those that lie in files or in the cache. Others, and those that
// cannot be read, are left out.
func (c completer) releases(ctx context.Context, t typed, o image.ReadOptions) []*image.Release {
	s, err := c.session()
	if err != nil {
		return nil
	}
	repository, _ := t.cmd.Flags().GetString("release-repository")
	named, _, _ := splitArguments(t.args, t.flagged(), c.f.Getenv(releaseVariable))
	slices.Sort(named) // cobra parses flags twice
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

// components are the names of the components of the releases that the command line names, and their aliases.
func (c completer) components(ctx context.Context, t typed) []string {
	var list []string
	for _, release := range c.releases(ctx, t, image.ReadOptions{}) {
		for _, component := range release.Components {
			list = append(append(list, component.Name), component.Aliases...)
		}
	}
	return list
}

// manifests are the objects of the releases that the command line names.
func (c completer) manifests(ctx context.Context, t typed) []*manifest.Object {
	var objects []*manifest.Object
	for _, release := range c.releases(ctx, t, image.ListManifests("")) {
		payload := release.Manifests(manifest.Render{})
		if payload.Err() == nil {
			objects = append(objects, payload.Objects...)
		}
	}
	return objects
}

// ofManifests are what the objects of a release have in one field.
func (c completer) ofManifests(field func(*manifest.Object) string) words {
	return func(ctx context.Context, t typed) []string {
		var list []string
		for _, object := range c.manifests(ctx, t) {
			list = append(list, field(object))
		}
		return list
	}
}

// withManifests are words that are always known, and those that the manifests of a release add.
func (c completer) withManifests(names func([]*manifest.Object) []string, known ...string) words {
	return func(ctx context.Context, t typed) []string {
		return slices.Concat(known, names(c.manifests(ctx, t)))
	}
}

// objects are the kinds of a release's objects with a slash, and behind it the names of that kind.
func (c completer) objects(ctx context.Context, t typed) []string {
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

// mostEntries is how many entries of a directory are looked at.
const mostEntries = 2000

// references are the forms of a release, the releases in the cache, and behind a form the paths and tags of this machine.
func (c completer) references(ctx context.Context, t typed) []string {
	forms := []string{"oci:", "oci-archive:", "docker-archive:", "dir:", "file:"}
	form, path, found := strings.Cut(t.word, ":")
	switch {
	case !found || !slices.Contains(forms, form+":"):
		return append(c.cached(t), forms...)
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

// cached are the releases in the cache: by version where their tags in the repository of versions are versions.
func (c completer) cached(t typed) []string {
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
		if entry.Kind != cache.Layer { // of the images of components, the manifests alone are kept
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

// layoutTags are the tags of the OCI layout that a path with or without a tag names, with the path.
func layoutTags(ctx context.Context, path string) []string {
	dir, _, _ := strings.Cut(path, ":")
	tags, err := image.LayoutTags(ctx, filepath.FromSlash(dir))
	if dir == "" || err != nil {
		return nil
	}
	return withForm(dir, tags)
}

// paths are how a path can go on: directories end in a slash, OCI layouts and files do not.
func paths(form, path string) []string {
	parent, begun := path[:strings.LastIndexByte(path, '/')+1], path[strings.LastIndexByte(path, '/')+1:]
	dir, err := os.Open(filepath.Clean(filepath.FromSlash(parent)))
	if err != nil {
		return nil
	}
	defer dir.Close()
	entries, _ := dir.ReadDir(mostEntries) // what was read before an error will do
	var list []string
	for _, entry := range entries {
		name := parent + entry.Name()
		info, err := os.Stat(filepath.FromSlash(name))
		switch hidden := strings.HasPrefix(entry.Name(), ".") && !strings.HasPrefix(begun, "."); {
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
