package image

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// layerWalk reads an image's layers from the top down.
type layerWalk struct {
	*stored
	want       Want
	total      total // of what is read
	tree       *tree
	left       []blob // layers that are not read yet, the lowest first
	prefetched *prefetched
}

// prefetched is a layer that is read at the same time as one above it.
type prefetched struct {
	index int // in the image's layers
	wait  func() (*layer, error)
}

// done reports whether the layers below cannot add to what is wanted.
func (d *layerWalk) done() bool {
	return d.tree.releaseSettled() && (!d.want.Operator || d.tree.operatorSettled())
}

// next reads the uppermost layer that is left.
func (d *layerWalk) next(ctx context.Context) error {
	index := len(d.left) - 1
	top := d.left[index]
	d.left = d.left[:index]
	read := func() (*layer, error) {
		return d.layer(ctx, top, d.want, &d.total, d.tree, func() { d.prefetchOperator(ctx) })
	}
	if d.prefetched != nil && d.prefetched.index == index {
		read = d.prefetched.wait
	}
	l, err := read()
	if err != nil {
		return d.wrap(err)
	}
	d.tree.add(l)
	return nil
}

// prefetchOperator starts to read a lower layer for the operator's manifests, as soon as the layer above turns out to have
// the release's files. It chooses the first layer without a record. So an image that is no release costs one layer, and an
// image with recorded layers only what is needed.
func (d *layerWalk) prefetchOperator(ctx context.Context) {
	if !d.remote || !d.want.Operator || d.prefetched != nil {
		return
	}
	for index := len(d.left) - 1; index >= 0; index-- {
		b := d.left[index]
		l, _ := d.recorded(b, d.want, newTree())
		if l == nil {
			d.prefetched = &prefetched{index, d.readInBackground(ctx, b)}
			return
		}
		if t := newTree(); t.add(l).operatorSettled() {
			return
		}
	}
}

// readInBackground starts to read a layer, and returns a function that waits for it.
func (d *layerWalk) readInBackground(ctx context.Context, b blob) (wait func() (*layer, error)) {
	var l *layer
	var err error
	done := make(chan struct{})
	want := d.want
	want.Take, want.Restart = nil, nil // a layer above may have the same files
	go func() {
		defer close(done)
		l, err = d.layer(ctx, b, want, &d.total, newTree(), nil)
	}()
	return func() (*layer, error) {
		<-done
		return l, err
	}
}

// Files reads layers from the top down until nothing below can add to what is wanted.
func (s *stored) Files(ctx context.Context, want Want) (payload.Files, error) {
	ctx, cancel := context.WithCancel(ctx)
	d := &layerWalk{stored: s, want: want, tree: newTree(), left: s.layers}
	defer func() {
		cancel()
		if d.prefetched != nil {
			_, _ = d.prefetched.wait() // nothing is read after Files returns
		}
	}()
	for len(d.left) > 0 && !d.tree.releaseSettled() {
		if len(d.left) < len(s.layers) {
			// Most images are no releases: more layers are read only of an image with the label of a release.
			labelled, err := s.labelled(ctx)
			if err != nil {
				return payload.Files{}, err
			}
			if !labelled {
				break
			}
		}
		if err := d.next(ctx); err != nil {
			return payload.Files{}, err
		}
	}
	if !d.tree.hasReferences() {
		return payload.Files{}, s.notRelease(len(s.layers)-len(d.left), d.tree)
	}
	for len(d.left) > 0 && !d.done() {
		if err := d.next(ctx); err != nil {
			return payload.Files{}, err
		}
	}
	s.warn(d.tree)
	return d.tree.payload(), nil
}

// tree is the payload of an image: each path as in the topmost layer that has it or hides it.
type tree struct {
	files     map[string]payload.File // by path
	nested    map[string]bool         // paths of files in directories of the release's directory
	whiteouts whiteouts
}

func newTree() *tree {
	return &tree{files: map[string]payload.File{}, nested: map[string]bool{}, whiteouts: newWhiteouts()}
}

// add adds the next lower layer.
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
	// After the files, because a layer's whiteouts hide only the layers below it.
	t.whiteouts.add(l.whiteouts)
	return t
}

// has reports whether a path is settled: found, or hidden by a whiteout.
func (t *tree) has(name string) bool {
	_, found := t.files[name]
	return found || t.whiteouts.hides(name)
}

func (t *tree) hasReferences() bool {
	_, ok := t.files[path.Join(ReleaseDirectory, payload.ReferencesName)]
	return ok
}

// releaseSettled reports whether the layers below cannot add to the release's directory: both metadata files are settled, and
// the manifests, which come in one layer, are found or hidden.
func (t *tree) releaseSettled() bool {
	return t.has(path.Join(ReleaseDirectory, payload.ReferencesName)) &&
		t.has(path.Join(ReleaseDirectory, payload.MetadataName)) &&
		t.hasManifests(ReleaseDirectory)
}

func (t *tree) operatorSettled() bool { return t.hasManifests(OperatorDirectory) }

func (t *tree) hasManifests(directory string) bool {
	if t.whiteouts.hides(path.Join(directory, "any")) {
		return true
	}
	for name := range t.files {
		if path.Dir(name) == directory && payload.IsManifestName(name) {
			return true
		}
	}
	return false
}

// payload returns the files of the two directories, sorted by name.
func (t *tree) payload() payload.Files {
	var files payload.Files
	for name, file := range t.files {
		if path.Dir(name) == ReleaseDirectory {
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
