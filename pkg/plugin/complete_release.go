package plugin

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/image"
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
