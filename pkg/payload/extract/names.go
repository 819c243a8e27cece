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

// maxSuggestions is how many files with a word in their names are suggested one by one.
const maxSuggestions = 3

// checkNames refuses malformed patterns. Its other error has all names and patterns that match no file.
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

// paths returns the paths of files in a directory.
func paths(directory manifest.Directory, files []payload.File) []string {
	list := make([]string, 0, len(files))
	for _, f := range files {
		list = append(list, path.Join(string(directory), f.Name))
	}
	return list
}

// hint suggests a flag, pattern or name that matches, empty if there is none.
func hint(name string, files []string, o Options) string {
	name = trimRoot(name)
	if strings.HasPrefix(name, string(manifest.OperatorDirectory)+"/") && !o.Operator {
		return "; the files of manifests/ are read with --operator-manifests"
	}
	word := path.Base(name)
	if pattern := "*" + word + "*"; !strings.ContainsAny(word, "*?[") && len(word) > 1 {
		others := func(file string) bool { return !matchesOne(pattern, file) }
		if n := len(slices.DeleteFunc(slices.Clone(files), others)); n > maxSuggestions {
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

// matches reports whether a file is selected by names, which are empty for all files.
func matches(names []string, directory manifest.Directory, file string) bool {
	file = path.Join(string(directory), file)
	return len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return matchesOne(name, file) })
}

// matchesOne reports whether a name or pattern matches the path of a file, or its base if the name has no directory.
func matchesOne(name, file string) bool {
	if name = trimRoot(name); !strings.Contains(name, "/") {
		file = path.Base(file)
	}
	ok, _ := path.Match(name, file)
	return ok || name == file
}

// trimRoot removes "/" or "./" from the beginning of a name.
func trimRoot(name string) string {
	if rest, ok := strings.CutPrefix(name, "./"); ok {
		return rest
	}
	return strings.TrimPrefix(name, "/")
}

// IsPayloadName reports whether a file has a name that only payloads use: image-references, release-metadata, or a manifest
// that begins with its level, such as 0000_50_etcd-operator_01_crd.yaml (cluster-version-operator, docs/dev/operators.md).
// Payloads also have a few files with other names. Database migrations have similar names.
func IsPayloadName(name string) bool {
	if name == payload.ReferencesName || name == payload.MetadataName {
		return true
	}
	level, ok := strings.CutPrefix(name, "0000_")
	return ok && len(level) > len("50_") && isDigit(level[0]) && isDigit(level[1]) && level[2] == '_' && payload.IsManifestName(name)
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
