package plugin

import (
	"context"
	"errors"
	"slices"

	"github.com/release-x/oc-release-x/internal/filequeue"
	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// draftWriter writes files of a payload while it is read, into a directory that nobody sees before everything is verified. So that
// only a few files are in memory, and reading and writing go on at the same time.
type draftWriter struct {
	draft   *wholefile.Draft
	options extract.Options
	queue   *filequeue.Queue
	cancel  context.CancelCauseFunc // of reading
	failed  error                   // why a file was not written; read it after wait
}

// newDraftWriter begins to write into a directory. The context that it returns is canceled when a file cannot be written.
func newDraftWriter(ctx context.Context, to string, o extract.Options, w wholefile.Options) (*draftWriter, context.Context, error) {
	draft, err := wholefile.NewDraft(to, w)
	if err != nil {
		return nil, nil, err
	}
	d := &draftWriter{draft: draft, options: o}
	d.queue = filequeue.New(1, d.write)
	ctx, d.cancel = context.WithCancelCause(ctx)
	return d, ctx, nil
}

// write writes a file, unless another one could not be written.
func (d *draftWriter) write(name string, content []byte) {
	if d.failed != nil {
		return
	}
	d.failed = d.draft.Add(wholefile.File{Path: d.options.Path(image.ReleaseDirectory, name), Data: content})
	if d.failed != nil {
		d.cancel(d.failed)
	}
}

// wait waits until everything that was read is written, and returns why something is not.
func (d *draftWriter) wait() error {
	d.queue.Wait()
	d.cancel(nil)
	return d.failed
}

// finish adds the files that were not taken, deletes those that are not in the list, and gives the directory its name. ctx is that of
// the command.
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
	unwanted := slices.DeleteFunc(d.draft.Paths(), func(path string) bool { return wanted[path] })
	for _, path := range unwanted {
		if err := d.draft.Remove(path); err != nil {
			return errors.Join(err, d.draft.Discard())
		}
	}
	return d.draft.Finish(ctx)
}

// writesEarly reports whether all files are written, as they are, into a directory that is free.
func (r *extractRequest) writesEarly(o extract.Options) bool {
	return r.to != "" && r.to != "-" && len(r.files) == 0 && !o.NeedsDocuments() && !o.OnlyManifests && wholefile.IsFree(r.to)
}

// writeEarly writes the files of a release while it is read.
func (r *extractRequest) writeEarly(ctx context.Context, s *session, t target, o extract.Options) error {
	writer, readCtx, err := newDraftWriter(ctx, r.to, o, wholefile.Options{Sync: r.sync})
	if err != nil {
		return err
	}
	release, err := s.read(readCtx, t, image.ReadOptions{
		Want:       image.Want{Contents: image.AllContents, Operator: r.operator, Take: writer.queue.Put},
		Repository: r.repository,
	})
	if failed := writer.wait(); failed != nil {
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
