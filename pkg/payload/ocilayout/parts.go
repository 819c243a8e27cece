package ocilayout

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"github.com/release-x/oc-release-x/internal/archivepart"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// parts is a layout in several tar files. Each is an OCI archive of its own: it has index.json and all manifests, and some of
// the blobs. What every part has is written into the first one, and copied to the others when the layout is committed.
type parts struct {
	split    Split
	archives []*archive
	notef    func(format string, args ...any) // says what was damaged
}

// OpenParts opens an archive that is split into FILE.001, FILE.002, and so on, or makes a new one. The files appear when the
// layout is committed; what an interrupted run wrote is used again. Parts with other blobs than those that split gives them are
// refused. Errors are those of OpenArchive.
func OpenParts(file string, split Split, o Options) (*Layout, error) {
	p := &parts{split: split}
	x, err := p.load(file)
	if err == nil {
		l := newLayout(o, p, x)
		l.changed = true // only commit compares what all parts have
		p.notef = l.notef
		return l, nil
	}
	_ = p.close()
	if fault.KindOf(err) == fault.Internal {
		err = fault.Errorf(fault.Local, "%w", err)
	}
	return nil, fmt.Errorf("%s: %w", o.Name, err)
}

func (p *parts) load(file string) (index, error) {
	names := p.split.Names(file)
	for _, suffix := range []string{"", partialSuffix} {
		found, err := archivepart.Find(file, suffix)
		if err != nil {
			return index{}, err
		}
		for _, name := range found {
			if !slices.Contains(names, name) {
				return index{}, otherPull(name + suffix)
			}
		}
	}
	for i, name := range names {
		a := newArchive(name)
		p.archives = append(p.archives, a)
		if err := a.load(); err != nil {
			return index{}, fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
		if err := p.checkBlobs(i); err != nil {
			return index{}, err
		}
	}
	return parseIndex(p.savedIndex())
}

// otherPull is the error of a part that was written for other releases, or with another size.
func otherPull(name string) error {
	return fault.Errorf(fault.Local, "%s is a part of another pull: choose another file name, or delete the parts; --base leaves out what they have", name)
}

// checkBlobs refuses a part with blobs that belong elsewhere.
func (p *parts) checkBlobs(i int) error {
	allowed := make(map[string]bool, len(p.split.contents.Everywhere))
	for _, d := range p.split.contents.Everywhere {
		allowed[blobName(d.Digest)] = true
	}
	for d, part := range p.split.partOf {
		if part == i {
			allowed[blobName(d)] = true
		}
	}
	a := p.archives[i]
	for name := range a.blobs {
		if !allowed[name] {
			return otherPull(a.file.Name())
		}
	}
	return nil
}

// savedIndex is the index of the first part that has one. An interrupted run may have finished some of the parts.
func (p *parts) savedIndex() []byte {
	for _, a := range p.archives {
		if a.savedHas.index != nil {
			return a.savedHas.index
		}
	}
	return nil
}

// archiveOf is the part with a blob; of blobs that all parts have, the first.
func (p *parts) archiveOf(d oci.Digest) *archive { return p.archives[p.split.partOf[d]] }

func (p *parts) open(d oci.Digest) (io.ReadCloser, error) { return p.archiveOf(d).open(d) }

func (p *parts) write(ctx context.Context, d oci.Digest, size int64, content io.Reader) error {
	return p.archiveOf(d).write(ctx, d, size, content)
}

func (p *parts) remove(d oci.Digest) error { return p.archiveOf(d).remove(d) }

func (p *parts) put(name string, data []byte) (changed bool, err error) {
	for _, a := range p.archives {
		one, failed := a.put(name, data)
		changed, err = changed || one, errors.Join(err, failed)
	}
	return changed, err
}

// commit finishes the parts that changed, one after the other.
func (p *parts) commit(ctx context.Context, update func(now []byte) ([]byte, error)) error {
	for _, a := range p.archives[1:] {
		if err := p.spread(ctx, a); err != nil {
			return err
		}
	}
	common, err := update(p.savedIndex())
	if err != nil {
		return err
	}
	for i, a := range p.archives {
		text, err := p.annotate(common, i)
		if err != nil {
			return err
		}
		if a.has(text) {
			continue
		}
		if err := a.commit(ctx, func([]byte) ([]byte, error) { return text, nil }); err != nil {
			return err
		}
	}
	return nil
}

// spread copies what every part has from the first part to another one.
func (p *parts) spread(ctx context.Context, to *archive) error {
	for _, d := range p.split.contents.Everywhere {
		want, err := readBlob(p.archives[0], d)
		if err != nil {
			return fmt.Errorf("%s: %w", d.Digest, err)
		}
		switch has, err := readBlob(to, d); {
		case err == nil && bytes.Equal(has, want):
			continue
		case err == nil:
			p.notef("%s is damaged: the bytes of blob %s have another digest, so it is written again", to.name, d.Digest)
			_ = to.remove(d.Digest)
		}
		if err := to.write(ctx, d.Digest, int64(len(want)), bytes.NewReader(want)); err != nil {
			return err
		}
	}
	return nil
}

func readBlob(a *archive, d oci.Descriptor) ([]byte, error) {
	content, err := a.open(d.Digest)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return io.ReadAll(content)
}

// annotate says in an index which part it is in, and which part has which blob.
func (p *parts) annotate(text []byte, i int) ([]byte, error) {
	x, err := parseIndex(text)
	if err == nil {
		err = x.annotate(Part, fmt.Sprintf("%d/%d", i+1, p.split.count))
	}
	if err == nil {
		err = x.annotate(PartBlobs, p.split.partBlobs())
	}
	if err != nil {
		return nil, err
	}
	return x.marshal()
}

// has reports whether FILE is complete, with an index and with all signatures.
func (a *archive) has(index []byte) bool {
	return a.saved != nil && !a.begun && len(a.damaged) == 0 && bytes.Equal(a.savedHas.index, index) &&
		maps.EqualFunc(a.signature, a.savedHas.signatures, bytes.Equal)
}

func (p *parts) close() error {
	var err error
	for _, a := range p.archives {
		err = errors.Join(err, a.close())
	}
	return err
}
