package manifest

import (
	"bytes"
	"io"
	"runtime"
	"sync"

	"github.com/release-x/oc-release-x/internal/filequeue"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
)

// Loader reads the manifests of the release's directory while the release is read, so that only a few texts are in memory at a time.
// Its objects have no text, as those of LoadIndexed.
type Loader struct {
	limits document.Limits
	budget *document.Budget
	queue  *filequeue.Queue

	mu    sync.Mutex
	files map[string][]*Object // by name
}

// NewLoader makes a loader. Zero limits are the defaults.
func NewLoader(limits document.Limits) *Loader {
	l := &Loader{limits: limits, budget: document.NewBudget(limits), files: map[string][]*Object{}}
	l.queue = filequeue.New(runtime.GOMAXPROCS(0), l.read)
	return l
}

// Take reads a file of about size bytes. Only one goroutine may call it.
func (l *Loader) Take(name string, size int64, content io.Reader) error {
	return l.queue.Put(name, size, content)
}

// Restart forgets what was taken, because the release is read again.
func (l *Loader) Restart() {
	l.queue.Drain()
	l.budget, l.files = document.NewBudget(l.limits), map[string][]*Object{}
}

// read reads the objects of a file, unless the limits are reached.
func (l *Loader) read(name string, text []byte) {
	if l.budget.Err() != nil {
		return
	}
	objects := readFile(source{ReleaseDirectory, name, text}, l.budget)
	for _, o := range objects {
		o.dropText()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.files[name] = objects
}

// dropText drops the text of an object, except of a FeatureGate, which an evaluation reads.
func (o *Object) dropText() {
	if isGate(o) {
		o.raw, o.json = bytes.Clone(o.raw), bytes.Clone(o.json)
	} else {
		o.raw, o.json, o.budget = nil, nil, nil
	}
}

// Wait waits until everything that was taken is read. Nothing can be taken afterwards.
func (l *Loader) Wait() { l.queue.Wait() }

// Has reports whether a file was taken.
func (l *Loader) Has(name string) bool {
	_, has := l.files[name]
	return has
}

// Load is LoadWithin for files of which some have no contents because the loader took them. Call it after Wait.
func (l *Loader) Load(files payload.Files, render Render) *Payload {
	return load(l.budget, files, render, nil, l.files)
}
