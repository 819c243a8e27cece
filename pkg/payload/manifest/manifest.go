// Package manifest reads the manifests of a release as the cluster version operator does: in the same order, with the same
// rules of inclusion and the same hash. It is pure: bytes in, values out.
//
// [Load] reads the two directories of a payload into objects, [Evaluate] decides for a cluster's [Settings] which of them
// the operator loads and applies, and [Hash] computes the payload hash, which a cluster reports as status.versionHash.
//
// Load reads only the headers of most documents (package yamlheader). Objects are parsed in full when something needs more.
package manifest

import (
	"bytes"
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// Payload has all documents of a release in the order in which the operator reads them.
type Payload struct {
	Objects []*Object

	// Rendered has the operator's manifests after rendering, by name, without those whose templates failed.
	Rendered []payload.File

	Warnings []Warning

	budget *document.Budget
	files  map[fileName]readObjects // that were read
}

// fileName is the name of a file with its directory.
type fileName struct {
	directory Directory
	name      string
}

// readObjects are the objects of a file.
type readObjects struct {
	data    []byte // of the file
	objects []*Object
}

// Err returns an error if the documents of the payload together exceed a limit. Do not use the payload then: only a part of it
// was read. Conversions count too, so Err may return an error for the first time after a call of Object.JSON.
func (p *Payload) Err() error { return p.budget.Err() }

// Directory is one of the two directories of a release image that have manifests.
type Directory string

// The directories, in the order in which the operator reads them.
const (
	OperatorDirectory Directory = "manifests"         // the operator's own manifests, Go templates
	ReleaseDirectory  Directory = "release-manifests" // the components' manifests
)

// Warning is a problem of a payload that does not keep it from being read.
type Warning struct {
	Directory Directory
	File      string
	Message   string
}

// String is the message, after the path of the file if the warning has one.
func (w Warning) String() string {
	if w.File == "" {
		return w.Message
	}
	return string(w.Directory) + "/" + w.File + ": " + w.Message
}

// source is a file to read.
type source struct {
	directory Directory
	name      string
	data      []byte
}

// Load reads the documents of a payload: first the operator's directory, rendered, then the release's as it is; files in
// bytewise order of their names, documents in the order of their file. It only reads files named .yaml, .yml or .json. A
// document that cannot be read becomes an object with a Problem, and a warning, so that users can inspect a broken payload;
// the operator refuses such a payload (cluster-version-operator, pkg/payload/payload.go).
//
// The objects refer to the files' data, which must not change afterwards.
func Load(files payload.Files, render Render) *Payload {
	return LoadWithin(document.Limits{}, files, render, nil)
}

// LoadWithin is Load with limits other than the defaults. Files that another payload has too are not read again: both payloads
// have the same objects of them. other may be nil.
func LoadWithin(limits document.Limits, files payload.Files, render Render, other *Payload) *Payload {
	return load(document.NewBudget(limits), files, render, other, nil)
}

// load reads the documents of a payload. taken has the objects of files of the release's directory without contents.
func load(budget *document.Budget, files payload.Files, render Render, other *Payload, taken map[string][]*Object) *Payload {
	loaded := &Payload{budget: budget, files: map[fileName]readObjects{}}
	var sources []source
	for _, file := range manifests(files.Operator) {
		text, err := render.Execute(file.Data)
		if err != nil {
			loaded.Warnings = append(loaded.Warnings, Warning{OperatorDirectory, file.Name, "skipped: " + err.Error()})
			continue
		}
		loaded.Rendered = append(loaded.Rendered, payload.File{Name: file.Name, Size: int64(len(text)), Data: text})
		sources = append(sources, source{OperatorDirectory, file.Name, text})
	}
	for _, file := range manifests(files.Release) {
		sources = append(sources, source{ReleaseDirectory, file.Name, file.Data})
	}
	for i, objects := range readAll(sources, loaded.budget, other) {
		if sources[i].directory == ReleaseDirectory && sources[i].data == nil {
			loaded.add(taken[sources[i].name])
			continue
		}
		loaded.add(objects)
		loaded.files[fileName{sources[i].directory, sources[i].name}] = readObjects{sources[i].data, objects}
	}
	return loaded
}

// objectsOf returns the objects of a file that the payload has read with the same contents. p may be nil.
func (p *Payload) objectsOf(file source) ([]*Object, bool) {
	if p == nil || p.Err() != nil {
		return nil, false
	}
	known, ok := p.files[fileName{file.directory, file.name}]
	return known.objects, ok && bytes.Equal(known.data, file.data)
}

// add adds objects, and a warning for each that cannot be read.
func (p *Payload) add(objects []*Object) {
	for _, object := range objects {
		if object.Problem != "" {
			p.Warnings = append(p.Warnings, Warning{object.Directory, object.File, object.problemAt()})
		}
	}
	p.Objects = append(p.Objects, objects...)
}

// manifests returns the files that the operator reads, in its order.
func manifests(files []payload.File) []payload.File {
	var found []payload.File
	for _, file := range files {
		if payload.IsManifestName(file.Name) {
			found = append(found, file)
		}
	}
	slices.SortStableFunc(found, func(a, b payload.File) int { return cmp.Compare(a.Name, b.Name) })
	return found
}

// readAll reads files in parallel and returns their objects in the order of the files. Those of files that other has are taken
// from there.
func readAll(sources []source, budget *document.Budget, other *Payload) [][]*Object {
	results := make([][]*Object, len(sources))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(sources)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(sources)) && budget.Err() == nil; i = next.Add(1) - 1 {
				if known, ok := other.objectsOf(sources[i]); ok && budget.Count(len(known)) == nil {
					results[i] = known
				} else {
					results[i] = readFile(sources[i], budget)
				}
			}
		})
	}
	workers.Wait()
	return results
}
