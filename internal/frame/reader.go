package frame

import "encoding/binary"

// Reader reads a record in the order in which it was written. After the first thing that is not there, everything is
// zero, and Finish says so.
type Reader struct {
	rest   []byte
	broken bool
}

// NewReader reads a record; what Data gives is part of it.
func NewReader(record []byte) *Reader { return &Reader{rest: record} }

// Number reads a number.
func (r *Reader) Number() uint64 {
	n, size := binary.Uvarint(r.rest)
	if size <= 0 {
		r.rest, r.broken = nil, true
		return 0
	}
	r.rest = r.rest[size:]
	return n
}

// Flag reads a yes or no.
func (r *Reader) Flag() bool {
	n := r.Number()
	if n > 1 {
		r.rest, r.broken = nil, true
	}
	return n == 1
}

// Count reads how many things follow. There are never more than bytes.
func (r *Reader) Count() int {
	n := r.Number()
	if n > uint64(len(r.rest)) {
		r.rest, r.broken = nil, true
		return 0
	}
	return int(n)
}

// Data reads bytes, which are part of the record.
func (r *Reader) Data() []byte {
	n := r.Count()
	data := r.rest[:n:n]
	r.rest = r.rest[n:]
	return data
}

// Text reads a text.
func (r *Reader) Text() string { return string(r.Data()) }

// Texts reads a list of texts.
func (r *Reader) Texts() []string {
	if !r.Flag() {
		return nil
	}
	list := make([]string, r.Count())
	for i := range list {
		list[i] = r.Text()
	}
	return list
}

// Finish is ErrBroken when something was missing or is left.
func (r *Reader) Finish() error {
	if r.broken || len(r.rest) > 0 {
		return ErrBroken
	}
	return nil
}
