package extract

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// manyNames is how many files with a word in their names are too many to list.
const manyNames = 3

// checkNames refuses malformed patterns, and names that no file of the payload has, all of them at once.
func checkNames(files payload.Files, o Options) error {
	all := paths(manifest.ReleaseDirectory, files.Release)
	if o.Operator {
		all = append(all, paths(manifest.OperatorDirectory, files.Operator)...)
	}
	var unknown []string
	for _, name := range o.Names {
		if _, err := path.Match(name, ""); err != nil {
			return fault.Errorf(fault.Usage, "malformed pattern %q: * ? and [a-z] are understood", name)
		}
		if !slices.ContainsFunc(all, func(file string) bool { return matchesOne(name, file) }) {
			unknown = append(unknown, fmt.Sprintf("no file %q%s", name, hint(name, all, o)))
		}
	}
	if len(unknown) > 0 {
		return fault.Errorf(fault.NotFound, "the payload has %s", strings.Join(unknown, ", and "))
	}
	return nil
}

// paths are files with their folder.
func paths(folder manifest.Directory, files []payload.File) []string {
	list := make([]string, 0, len(files))
	for _, f := range files {
		list = append(list, path.Join(string(folder), f.Name))
	}
	return list
}

// hint ends the error of a name that no file has, with what would find one; it is empty when nothing is known that would.
func hint(name string, files []string, o Options) string {
	name = inImage(name)
	if strings.HasPrefix(name, string(manifest.OperatorDirectory)+"/") && !o.Operator {
		return "; the files of manifests/ are read with --operator-manifests"
	}
	word := path.Base(name)
	if pattern := "*" + word + "*"; !strings.ContainsAny(word, "*?[") && len(word) > 1 {
		others := func(file string) bool { return !matchesOne(pattern, file) }
		if n := len(slices.DeleteFunc(slices.Clone(files), others)); n > manyNames {
			return fmt.Sprintf("; the pattern '%s' finds %d", pattern, n)
		}
	}
	if strings.Contains(name, "/") {
		return payload.DidYouMean(name, files)
	}
	names := make([]string, 0, len(files))
	for _, file := range files {
		names = append(names, path.Base(file))
	}
	return payload.DidYouMean(name, names)
}

// matches says whether a file of a folder is wanted; with no names at all every file is.
func matches(names []string, folder manifest.Directory, file string) bool {
	file = path.Join(string(folder), file)
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return matchesOne(name, file) })
}

// matchesOne compares a name or a pattern with a file and its folder, or with the file alone where the name has no folder.
func matchesOne(name, file string) bool {
	if name = inImage(name); !strings.Contains(name, "/") {
		file = path.Base(file)
	}
	ok, _ := path.Match(name, file)
	return ok || name == file
}

// inImage is a name without the root of the image, "/" or "./".
func inImage(name string) string {
	if rest, ok := strings.CutPrefix(name, "./"); ok {
		return rest
	}
	return strings.TrimPrefix(name, "/")
}
