package plugin

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
)

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
