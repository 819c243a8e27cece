package frame

import "encoding/binary"

// Reader reads a record in the order in which it was written. After the first thing that is not there, everything is
// zero, and Finish says so.
type Reader struct {
	record []byte
	text   string // the record once more, of which all texts are parts
	at     int
	broken bool
}

// NewReader reads a record; what Data gives is part of it.
func NewReader(record []byte) *Reader { return &Reader{record: record, text: string(record)} }

// fail ends the record.
func (r *Reader) fail() { r.at, r.broken = len(r.record), true }

// Number reads a number.
func (r *Reader) Number() uint64 {
	n, size := binary.Uvarint(r.record[r.at:])
	if size <= 0 {
		r.fail()
		return 0
	}
	r.at += size
	return n
}

// Flag reads a yes or no.
func (r *Reader) Flag() bool {
	n := r.Number()
	if n > 1 {
		r.fail()
	}
	return n == 1
}

// Count reads how many things follow. There are never more than bytes.
func (r *Reader) Count() int {
	n := r.Number()
	if n > uint64(len(r.record)-r.at) {
		r.fail()
		return 0
	}
	return int(n)
}

// Data reads bytes, which are part of the record.
func (r *Reader) Data() []byte {
	from, to := r.span()
	return r.record[from:to:to]
}

// Text reads a text.
func (r *Reader) Text() string {
	from, to := r.span()
	return r.text[from:to]
}

func (r *Reader) span() (from, to int) {
	n := r.Count()
	from = r.at
	r.at += n
	return from, r.at
}

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
	if r.broken || r.at < len(r.record) {
		return ErrBroken
	}
	return nil
}
