package image

import (
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// tree is the payload as an image shows it: of each path, what the topmost layer has that has it or hides it.
type tree struct {
	files  map[string]payload.File // by path
	nested map[string]bool         // paths of files in folders of the release's folder
	hiding hiding
}

func newTree() *tree {
	return &tree{files: map[string]payload.File{}, nested: map[string]bool{}, hiding: newHiding()}
}

// add puts a layer under those that are there.
func (t *tree) add(l *layer) *tree {
	for name, file := range l.files {
		if !t.has(name) {
			t.files[name] = file
		}
	}
	for _, name := range l.nested {
		if !t.has(name) {
			t.nested[name] = true
		}
	}
	// After the files: a layer's markers hide the layers below it alone.
	t.hiding.add(l.hiding)
	return t
}

// has says whether a path is decided: found, or hidden from all layers below.
func (t *tree) has(name string) bool {
	_, found := t.files[name]
	return found || t.hiding.covers(name)
}

func (t *tree) hasReferences() bool {
	_, ok := t.files[path.Join(ReleaseFolder, payload.ReferencesName)]
	return ok
}

// releaseSettled says whether the layers below cannot add to what makes a release: both metadata files are decided, and
// the manifests, which come in one layer, are there or hidden.
func (t *tree) releaseSettled() bool {
	return t.has(path.Join(ReleaseFolder, payload.ReferencesName)) &&
		t.has(path.Join(ReleaseFolder, payload.MetadataName)) &&
		t.hasManifests(ReleaseFolder)
}

func (t *tree) operatorSettled() bool { return t.hasManifests(OperatorFolder) }

func (t *tree) hasManifests(folder string) bool {
	if t.hiding.covers(path.Join(folder, "any")) {
		return true
	}
	for name := range t.files {
		if path.Dir(name) == folder && payload.IsManifestName(name) {
			return true
		}
	}
	return false
}

// payload gives the two folders in bytewise order of names.
func (t *tree) payload() payload.Files {
	var files payload.Files
	for name, file := range t.files {
		if path.Dir(name) == ReleaseFolder {
			files.Release = append(files.Release, file)
		} else {
			files.Operator = append(files.Operator, file)
		}
	}
	sortFiles(files.Release)
	sortFiles(files.Operator)
	return files
}

func sortFiles(files []payload.File) {
	slices.SortFunc(files, func(a, b payload.File) int { return strings.Compare(a.Name, b.Name) })
}
