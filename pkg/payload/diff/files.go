package diff

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// Files has the names of the files that differ, sorted. The names of the operator's own files begin with manifests/.
type Files struct{ Changed, Added, Removed []string }

func (f Files) empty() bool { return len(f.Changed)+len(f.Added)+len(f.Removed) == 0 }

// FilesOf returns the files that are compared, sorted by name: those of both directories except image-references and
// release-metadata, the operator's own rendered. With o.Included they have only the documents that the cluster would apply; a
// document that cannot be read is fault.Integrity then.
func FilesOf(s Side, o Options) ([]payload.File, error) {
	options := extract.Options{Operator: true}
	if o.Included {
		options.Keep = func(e manifest.Entry) bool { return e.State == manifest.Included }
		options.OnlyManifests = true
	}
	extracted, err := extract.Files(s.Files, s.Payload, s.Entries, options)
	if err != nil {
		return nil, err
	}
	files := make([]payload.File, 0, len(extracted))
	for _, f := range extracted {
		name, isRelease := strings.CutPrefix(f.Path, string(manifest.ReleaseDirectory)+"/")
		if isRelease && (name == payload.ReferencesName || name == payload.MetadataName) {
			continue
		}
		files = append(files, payload.File{Name: name, Size: int64(len(f.Data)), Data: f.Data})
	}
	slices.SortStableFunc(files, func(a, b payload.File) int { return strings.Compare(a.Name, b.Name) })
	return files, nil
}

// DifferingFiles returns the files of two releases without those that both have in the release's directory with the same contents. Their
// objects are equal, so Compare of the objects in the other files finds all that differ, unless they are not applied to the same
// clusters.
func DifferingFiles(old, new payload.Files) (before, after payload.Files) {
	before, after = payload.Files{Operator: old.Operator}, payload.Files{Operator: new.Operator}
	for _, p := range pairFiles(old.Release, new.Release) {
		if p.old != nil && p.new != nil && bytes.Equal(p.old.Data, p.new.Data) {
			continue
		}
		if p.old != nil {
			before.Release = append(before.Release, *p.old)
		}
		if p.new != nil {
			after.Release = append(after.Release, *p.new)
		}
	}
	return before, after
}

// filePair is a file of the same name in both releases, nil in one that does not have it.
type filePair struct{ old, new *payload.File }

// pairFiles pairs sorted files by name.
func pairFiles(old, new []payload.File) []filePair {
	var pairs []filePair
	for a, b := 0, 0; a < len(old) || b < len(new); {
		switch {
		case b == len(new) || a < len(old) && old[a].Name < new[b].Name:
			pairs = append(pairs, filePair{old: &old[a]})
			a++
		case a == len(old) || new[b].Name < old[a].Name:
			pairs = append(pairs, filePair{new: &new[b]})
			b++
		default:
			pairs = append(pairs, filePair{&old[a], &new[b]})
			a, b = a+1, b+1
		}
	}
	return pairs
}

func compareFiles(old, new []payload.File) Files {
	var files Files
	for _, p := range pairFiles(old, new) {
		switch {
		case p.old == nil:
			files.Added = append(files.Added, p.new.Name)
		case p.new == nil:
			files.Removed = append(files.Removed, p.old.Name)
		case !bytes.Equal(p.old.Data, p.new.Data):
			files.Changed = append(files.Changed, p.new.Name)
		}
	}
	return files
}

// CheckPatterns refuses malformed patterns: fault.Usage.
func CheckPatterns(patterns []string) error {
	for _, pattern := range patterns {
		if _, err := path.Match(pattern, ""); err != nil {
			return fault.Errorf(fault.Usage, "malformed pattern %q: * ? and [a-z] are understood", pattern)
		}
	}
	return nil
}

// MatchFiles returns a function that reports whether a file matches one of the patterns, with its directory or without it. A pattern
// that matches none of the files is fault.NotFound.
func MatchFiles(patterns []string, files []payload.File) (matches func(name string) bool, err error) {
	isMatch := func(pattern, name string) bool {
		whole, _ := path.Match(pattern, name)
		base, _ := path.Match(pattern, path.Base(name))
		return whole || base
	}
	var missing []string
	for _, pattern := range patterns {
		if pattern != "*" && !slices.ContainsFunc(files, func(f payload.File) bool { return isMatch(pattern, f.Name) }) {
			names := make([]string, len(files))
			for i, f := range files {
				names[i] = f.Name
			}
			missing = append(missing, fmt.Sprintf("no file of the releases matches %q%s", pattern, payload.DidYouMean(pattern, names)))
		}
	}
	if len(missing) > 0 {
		return nil, fault.Errorf(fault.NotFound, "%s", strings.Join(missing, "; "))
	}
	return func(name string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool { return isMatch(pattern, name) })
	}, nil
}
