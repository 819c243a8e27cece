package plugin

import (
	"context"
	"errors"

	"github.com/release-x/oc-release-x/internal/filequeue"
	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// draftWriter writes the files of a payload while it is read, into a directory that has no name before everything is verified. Only a
// few files are in memory, and reading and writing go on at the same time.
type draftWriter struct {
	draft   *wholefile.Draft
	options extract.Options
	queue   *filequeue.Queue
	failed  error // why a file was not written; read it after wait
}

func newDraftWriter(to string, o extract.Options, w wholefile.Options) (*draftWriter, error) {
	draft, err := wholefile.NewDraft(to, w)
	if err != nil {
		return nil, err
	}
	d := &draftWriter{draft: draft, options: o}
	d.queue = filequeue.New(1, d.write)
	return d, nil
}

// write writes a file, unless another one could not be written.
func (d *draftWriter) write(name string, content []byte) {
	if d.failed == nil {
		d.failed = d.draft.Add(wholefile.File{Path: d.options.Path(image.ReleaseDirectory, name), Data: content})
	}
}

// restart deletes what was written, because the release is read again.
func (d *draftWriter) restart() {
	d.queue.Drain()
	d.failed = d.keepOnly(nil)
}

// wait waits until everything that was read is written, and returns why something is not.
func (d *draftWriter) wait() error {
	d.queue.Wait()
	return d.failed
}

// keepOnly deletes the files that are not wanted.
func (d *draftWriter) keepOnly(wanted map[string]bool) error {
	for _, path := range d.draft.Paths() {
		if wanted[path] {
			continue
		}
		if err := d.draft.Remove(path); err != nil {
			return err
		}
	}
	return nil
}

// finish adds the files that were not taken, deletes those that are not in the list, and gives the directory its name.
func (d *draftWriter) finish(ctx context.Context, files []extract.File) error {
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
		if f.Data == nil && d.draft.Has(f.Path) {
			continue
		}
		if err := d.draft.Add(wholefile.File{Path: f.Path, Data: f.Data}); err != nil {
			return errors.Join(err, d.draft.Discard())
		}
	}
	if err := d.keepOnly(wanted); err != nil {
		return errors.Join(err, d.draft.Discard())
	}
	return d.draft.Finish(ctx)
}

// writesEarly reports whether all files are written, as they are, into a directory that is free.
func (r *extractRequest) writesEarly(o extract.Options) bool {
	return r.to != "" && r.to != "-" && len(r.files) == 0 && !o.NeedsDocuments() && !o.OnlyManifests && wholefile.IsFree(r.to)
}

// writeEarly writes the files of a release while it is read.
func (r *extractRequest) writeEarly(ctx context.Context, s *session, t target, o extract.Options) error {
	writer, err := newDraftWriter(r.to, o, wholefile.Options{Sync: r.sync})
	if err != nil {
		return err
	}
	release, err := s.read(ctx, t, image.ReadOptions{
		Want:       image.Want{Contents: image.AllContents, Operator: r.operator, Take: writer.queue.Put, Restart: writer.restart},
		Repository: r.repository,
	})
	if failed := writer.wait(); err == nil {
		err = failed
	}
	var files []extract.File
	if err == nil {
		files, err = r.selected(withoutDocuments(release), o)
	}
	if err != nil {
		return errors.Join(err, writer.draft.Discard())
	}
	if err := writer.finish(ctx, files); err != nil {
		return err
	}
	r.done(s, release, len(files))
	return nil
}
