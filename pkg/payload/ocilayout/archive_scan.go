package ocilayout

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
)

// tarEntry is a file in a tar file: where its header begins, and its bytes.
type tarEntry struct {
	name              string
	start, data, size int64
}

const tarBlock = 512

// end is where the next entry begins.
func (e tarEntry) end() int64 { return e.data + e.size + padding(e.size) }

// padding is how many bytes fill the last block of a file.
func padding(size int64) int64 { return (tarBlock - size%tarBlock) % tarBlock }

// tarHeader is the header of a file, with the same bytes on every machine.
func tarHeader(name string, size int64) ([]byte, error) {
	var header bytes.Buffer
	err := tar.NewWriter(&header).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o644})
	return header.Bytes(), err
}

// firstEntry is how every archive begins: with the file oci-layout.
func firstEntry() []byte {
	header, _ := tarHeader(layoutName, int64(len(layoutText))) // fails for no constant
	return slices.Concat(header, []byte(layoutText), make([]byte, padding(int64(len(layoutText)))))
}

// contents are what a tar file has, as far as it can be read.
type contents struct {
	blobs      []tarEntry // complete ones, in their order
	end        int64      // of the last blob
	signatures map[string][]byte
	index      []byte // nil if there is none
	foreign    string // what no archive of this package has; "" for nothing
	stopped    error  // why the rest cannot be read; nil at the end of the archive
}

// scan reads which entries a tar file has. own says that this package wrote it and may have been interrupted at any byte: what
// follows the first damage is ignored, and a file that this package cannot have written is fault.Local.
func scan(file *os.File, own bool) (c contents, err error) {
	info, err := file.Stat()
	if err != nil {
		return c, err
	}
	begin := make([]byte, min(int64(len(firstEntry())), info.Size()))
	if _, err := file.ReadAt(begin, 0); err != nil {
		return c, err
	}
	switch {
	case own && !bytes.HasPrefix(firstEntry(), begin):
		return c, fault.Errorf(fault.Local, "%s is not an interrupted archive: delete it, or choose another file name", file.Name())
	case !bytes.Equal(begin, firstEntry()):
		c.foreign = "it does not begin with " + layoutName
	}
	s := &scanner{own: own, file: io.NewSectionReader(file, 0, info.Size()), size: info.Size(), names: map[string]bool{}, contents: contents{
		end: int64(len(firstEntry())), signatures: map[string][]byte{}, foreign: c.foreign,
	}}
	s.archive = tar.NewReader(s.file)
	for s.next() {
	}
	return s.contents, nil
}

// scanner collects the contents of a tar file.
type scanner struct {
	contents
	own     bool
	file    *io.SectionReader
	size    int64
	archive *tar.Reader
	at      int64 // end of the last entry
	names   map[string]bool
}

// next reads one entry. It is false at the end, and where the archive is damaged.
func (s *scanner) next() bool {
	header, err := s.archive.Next()
	if err == io.EOF {
		return false
	}
	e := tarEntry{start: s.at}
	if err == nil {
		e.name, e.size = path.Clean(header.Name), header.Size
		e.data, err = s.file.Seek(0, io.SeekCurrent)
	}
	if err == nil && (e.size > s.size || e.end() > s.size) {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		s.at = e.end()
		err = s.add(header, e)
	}
	s.stopped = err
	return err == nil && (!s.own || s.foreign == "")
}

func (s *scanner) add(header *tar.Header, e tarEntry) (err error) {
	isBlob, isSignature := strings.HasPrefix(e.name, "blobs/"), strings.HasPrefix(e.name, signatureDirectory+"/")
	known := isBlob && len(s.signatures) == 0 || isSignature || e.name == indexName || e.name == layoutName && e.start == 0
	if s.foreign == "" && (!known || s.names[e.name] || s.index != nil || !s.hasOwnHeader(e)) {
		s.foreign = "its entry " + strconv.Quote(header.Name)
	}
	if header.Typeflag != tar.TypeReg || s.names[e.name] || s.own && s.foreign != "" {
		return nil
	}
	s.names[e.name] = true
	switch {
	case isBlob:
		s.blobs = append(s.blobs, e)
		if s.foreign == "" {
			s.end = e.end()
		}
	case isSignature:
		s.signatures[e.name], err = s.read(e)
	case e.name == indexName:
		s.index, err = s.read(e)
	}
	return err
}

// hasOwnHeader reports whether this package wrote the header of an entry.
func (s *scanner) hasOwnHeader(e tarEntry) bool {
	want, err := tarHeader(e.name, e.size)
	if err != nil || int64(len(want)) != e.data-e.start {
		return false
	}
	header := make([]byte, len(want))
	_, err = s.file.ReadAt(header, e.start)
	return err == nil && bytes.Equal(header, want)
}

// read reads a small file.
func (s *scanner) read(e tarEntry) ([]byte, error) {
	if e.size > oci.MaxManifest {
		return nil, errors.New(e.name + " is too big")
	}
	return io.ReadAll(s.archive)
}
