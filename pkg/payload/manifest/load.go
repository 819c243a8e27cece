package manifest

import (
	"cmp"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// Payload is what Load reads: all documents of a release in the order in which the operator reads them.
type Payload struct {
	Objects []*Object

	// Rendered are the operator's manifests as templates gave them, in order of names; those that failed are not there.
	Rendered []payload.File

	Warnings []Warning

	budget *document.Budget
}

// Err is the error of a limit that the payload's documents pass together, nil when they pass none. Of such a payload only
// a part was read, or could be converted: it is for nothing but this error, which may come up with Object.JSON too.
func (p *Payload) Err() error { return p.budget.Err() }

// Warning is something about a payload that its reader should know.
type Warning struct {
	Folder  Folder
	File    string
	Message string
}

// String is the message with the file that it is about, if it is about one.
func (w Warning) String() string {
	if w.File == "" {
		return w.Message
	}
	return string(w.Folder) + "/" + w.File + ": " + w.Message
}

// source is a file to read.
type source struct {
	folder Folder
	name   string
	data   []byte
}

// Load reads the documents of a payload: first the operator's folder, rendered, then the release's as it is; files in
// bytewise order of names, documents as they stand in their file. Only names with .yaml, .yml or .json count. What
// cannot be read becomes an object with a Problem and a warning, so a broken payload can still be looked at
// (cluster-version-operator, pkg/payload/payload.go; that refuses such a payload as a whole).
//
// The objects keep parts of the files' data: it must not change afterwards.
func Load(files payload.Files, render Render) *Payload {
	return LoadWithin(document.Limits{}, files, render)
}

// LoadWithin is Load with other limits than the default.
func LoadWithin(limits document.Limits, files payload.Files, render Render) *Payload {
	loaded := &Payload{budget: document.NewBudget(limits)}
	var sources []source
	for _, file := range manifests(files.Operator) {
		text, err := render.Execute(file.Data)
		if err != nil {
			loaded.Warnings = append(loaded.Warnings, Warning{OperatorFolder, file.Name, "skipped: " + err.Error()})
			continue
		}
		loaded.Rendered = append(loaded.Rendered, payload.File{Name: file.Name, Size: int64(len(text)), Data: text})
		sources = append(sources, source{OperatorFolder, file.Name, text})
	}
	for _, file := range manifests(files.Release) {
		sources = append(sources, source{ReleaseFolder, file.Name, file.Data})
	}
	for _, objects := range readAll(sources, loaded.budget) {
		loaded.add(objects)
	}
	return loaded
}

// add adds objects, and a warning for each that cannot be read.
func (p *Payload) add(objects []*Object) {
	for _, object := range objects {
		if object.Problem != "" {
			p.Warnings = append(p.Warnings, Warning{object.Folder, object.File, object.problemAt()})
		}
	}
	p.Objects = append(p.Objects, objects...)
}

// manifests are the files that the operator reads, in its order.
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

// readAll reads files side by side and gives their objects in the order of the files.
func readAll(sources []source, budget *document.Budget) [][]*Object {
	results := make([][]*Object, len(sources))
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(sources)) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(sources)) && budget.Err() == nil; i = next.Add(1) - 1 {
				results[i] = readFile(sources[i], budget)
			}
		})
	}
	workers.Wait()
	return results
}
