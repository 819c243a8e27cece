package ocilayout

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"slices"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// write appends a blob. One that is there and damaged is overwritten, because a tar file has no other way to lose an entry.
func (a *archive) write(ctx context.Context, d oci.Digest, size int64, content io.Reader) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	if err := a.begin(ctx); err != nil {
		return err
	}
	name := blobName(d)
	a.mu.Lock()
	_, there := a.blobs[name]
	old, damaged := a.damaged[name]
	end := a.end
	a.mu.Unlock()
	switch {
	case there:
		return nil // two images have the same manifest
	case !damaged:
		return a.append(name, end, size, content)
	case old.size != size:
		return fault.Errorf(fault.Integrity, "%s has %d bytes in %s, and not %d: delete the file", name, old.size, a.partial.file.Name(), size)
	}
	if err := a.fill(old, content); err != nil {
		return err
	}
	a.keep(old)
	return nil
}

// append writes the bytes of an entry before its header, so that an interrupted run leaves no entry that looks complete.
func (a *archive) append(name string, start, size int64, content io.Reader) error {
	header, err := tarHeader(name, size)
	if err != nil {
		return err
	}
	e := tarEntry{name: name, start: start, data: start + int64(len(header)), size: size}
	if err = a.fill(e, content); err == nil {
		_, err = a.partial.file.WriteAt(make([]byte, padding(size)), e.data+size)
	}
	if err == nil {
		_, err = a.partial.file.WriteAt(header, e.start)
	}
	if err != nil {
		return errors.Join(err, a.partial.file.Truncate(e.start))
	}
	a.keep(e)
	return nil
}

// fill writes the bytes of an entry, and never beyond them.
func (a *archive) fill(e tarEntry, content io.Reader) error {
	to := struct{ io.Writer }{io.NewOffsetWriter(a.partial.file, e.data)}
	n, err := io.CopyBuffer(to, io.LimitReader(content, e.size), make([]byte, 256<<10))
	if err != nil {
		return err
	}
	more, err := io.Copy(io.Discard, content) // its end verifies the digest
	if err == nil && n+more != e.size {
		err = fault.Errorf(fault.Integrity, "%s has %d bytes, and not %d", e.name, n+more, e.size)
	}
	return err
}

// keep makes an entry known that was written.
func (a *archive) keep(e tarEntry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.blobs[e.name] = e
	delete(a.damaged, e.name)
	a.end = max(a.end, e.end())
	a.partial.empty = false
}

func (a *archive) remove(d oci.Digest) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	name := blobName(d)
	a.damaged[name] = a.blobs[name]
	delete(a.blobs, name)
	return nil
}

// put keeps a signature, to be written before the index.
func (a *archive) put(name string, data []byte) (changed bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	changed = !bytes.Equal(a.signature[name], data)
	a.signature[name] = data
	return changed, nil
}

// commit writes the signatures and the index, and gives the file its name.
func (a *archive) commit(ctx context.Context, update func(now []byte) ([]byte, error)) error {
	a.writing.Lock()
	defer a.writing.Unlock()
	if err := a.begin(ctx); err != nil {
		return err
	}
	for name := range a.damaged {
		return fault.Errorf(fault.Integrity, "%s is damaged and was not replaced: choose another file name", name)
	}
	index, err := update(a.savedHas.index)
	if err != nil {
		return err
	}
	if err := a.finish(index); err != nil {
		return err
	}
	return a.replace()
}

// finish writes what follows the blobs.
func (a *archive) finish(index []byte) error {
	var rest bytes.Buffer
	w := tar.NewWriter(&rest)
	add := func(name string, data []byte) error {
		header, err := tarHeader(name, int64(len(data)))
		if err != nil {
			return err
		}
		_, err = rest.Write(slices.Concat(header, data, make([]byte, padding(int64(len(data))))))
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(a.signature)) {
		if err := add(name, a.signature[name]); err != nil {
			return err
		}
	}
	if err := errors.Join(add(indexName, index), w.Close()); err != nil { // Close writes the end of the archive
		return err
	}
	if _, err := a.partial.file.WriteAt(rest.Bytes(), a.end); err != nil {
		return err
	}
	return a.partial.file.Sync()
}

// replace gives the partial file the name of the archive. A later write begins another one.
func (a *archive) replace() error {
	if a.saved != nil {
		_ = a.saved.Close() // Windows does not replace a file that is open
	}
	err := a.partial.rename(a.name)
	if err != nil {
		return err
	}
	a.partial, a.begun = nil, false
	return a.openSaved()
}

func (a *archive) close() error {
	var err error
	if a.saved != nil {
		err = a.saved.Close()
	}
	if a.partial != nil {
		err = errors.Join(err, a.partial.close())
	}
	return err
}
