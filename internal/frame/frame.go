// Package frame writes and reads records: numbers and texts one after the other, without names and without nesting.
// What is read may come from anywhere: a broken record is an error, and takes memory in proportion to its bytes.
package frame

import (
	"encoding/binary"
	"errors"
)

// ErrBroken is the error of a record that was cut, or that is none.
var ErrBroken = errors.New("broken record")

// Writer collects a record.
type Writer struct{ data []byte }

// Bytes is what was written.
func (w *Writer) Bytes() []byte { return w.data }

// Number writes a number.
func (w *Writer) Number(n uint64) { w.data = binary.AppendUvarint(w.data, n) }

// Flag writes a yes or no.
func (w *Writer) Flag(yes bool) {
	if yes {
		w.Number(1)
	} else {
		w.Number(0)
	}
}

// Text writes a text.
func (w *Writer) Text(s string) {
	w.Number(uint64(len(s)))
	w.data = append(w.data, s...)
}

// Data writes bytes.
func (w *Writer) Data(b []byte) {
	w.Number(uint64(len(b)))
	w.data = append(w.data, b...)
}

// Texts writes a list of texts; nil stays nil.
func (w *Writer) Texts(list []string) {
	w.Flag(list != nil)
	if list == nil {
		return
	}
	w.Number(uint64(len(list)))
	for _, s := range list {
		w.Text(s)
	}
}
