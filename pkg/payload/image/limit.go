package image

import (
	"io"
	"sync/atomic"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// Limits protect against layers that are small to fetch and huge to unpack. A zero field means the default.
type Limits struct {
	PayloadSize int64 // bytes of the payload that are kept, over all layers; default 96 MiB; --max-payload-size
	LayerSize   int64 // bytes that one layer may unpack to, all of them to four times that; default 512 MiB; --max-layer-size
	FileSize    int64 // bytes of one payload file; default 64 MiB; --max-file-size
	Files       int64 // entries of one layer or archive; default 100,000; --max-files
	Ratio       int64 // bytes unpacked for each byte read, above 64 MiB; default 200; --max-compression-ratio
}

const mebi = 1 << 20

// ratioFrom is how much may be unpacked at any ratio, because small files of blanks compress better than a limit allows.
const ratioFrom = 64 * mebi

// DefaultLimits are far above the sizes of releases and far below those that cause harm.
func DefaultLimits() Limits {
	return Limits{PayloadSize: 96 * mebi, LayerSize: 512 * mebi, FileSize: 64 * mebi, Files: 100_000, Ratio: 200}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, field := range []struct {
		value    *int64
		fallback int64
	}{{&l.PayloadSize, d.PayloadSize}, {&l.LayerSize, d.LayerSize}, {&l.FileSize, d.FileSize}, {&l.Files, d.Files}, {&l.Ratio, d.Ratio}} {
		if *field.value == 0 {
			*field.value = field.fallback
		}
	}
	return l
}

// limitError is the error of a limit. The rest is not read, not even to verify it.
type limitError struct{ error }

func (e limitError) Unwrap() error { return e.error }

func limitExceeded(format string, args ...any) error {
	return limitError{fault.Errorf(fault.Integrity, format, args...)}
}

// checkFile refuses a payload file that is too big.
func (l Limits) checkFile(name string, size int64) error {
	if size <= l.FileSize {
		return nil
	}
	return limitExceeded("%s has %d bytes, the limit is %d (--max-file-size)", name, size, l.FileSize)
}

// checkFiles refuses entry number count.
func (l Limits) checkFiles(count int64) error {
	if count <= l.Files {
		return nil
	}
	return limitExceeded("it has more than %d entries (--max-files)", l.Files)
}

// total counts what is read of one payload, over all its layers. It can be used by several goroutines.
type total struct {
	parent         *total // counts everything too; nil except for an attempt
	kept, unpacked atomic.Int64
}

// attempt counts what is read of one layer, and counts it for t too until undo.
func (t *total) attempt() *total { return &total{parent: t} }

// undo takes an attempt out of the count, because the layer is read again.
func (t *total) undo() {
	t.parent.kept.Add(-t.kept.Load())
	t.parent.unpacked.Add(-t.unpacked.Load())
}

// entrySize is a generous estimate of the memory for an entry besides its name and content, in bytes.
const entrySize = 256

// keepEntry takes an entry of the payload's directories, and as many bytes of its content, from the payload's limit.
func (t *total) keepEntry(l Limits, name string, content int64) error {
	size := entrySize + int64(len(name)) + content
	kept := t.kept.Add(size)
	if t.parent != nil {
		kept = t.parent.kept.Add(size)
	}
	if kept <= l.PayloadSize {
		return nil
	}
	return limitExceeded("the payload has more than %d bytes (--max-payload-size)", l.PayloadSize)
}

// layersTogether is how many times the limit of one layer all of them may unpack to.
const layersTogether = 4

// unpack takes bytes of a layer.
func (t *total) unpack(l Limits, n int) error {
	unpacked := t.unpacked.Add(int64(n))
	if t.parent != nil {
		unpacked = t.parent.unpacked.Add(int64(n))
	}
	if unpacked <= layersTogether*l.LayerSize {
		return nil
	}
	return limitExceeded("the layers together unpack to more than %d bytes (%d times --max-layer-size)", layersTogether*l.LayerSize, layersTogether)
}

// unpackLimit counts the bytes of a decompressor and stops at the limits.
type unpackLimit struct {
	r      io.Reader
	read   func() int64      // bytes that the decompressor has taken
	size   int64             // the most that may come out; 0: no such limit
	count  func(n int) error // called with the number of bytes that came out; may be nil
	ratio  int64
	n      int64
	failed error
}

func (u *unpackLimit) Read(p []byte) (int, error) {
	if u.failed != nil {
		return 0, u.failed
	}
	n, err := u.r.Read(p)
	u.n += int64(n)
	switch {
	case u.size > 0 && u.n > u.size:
		u.failed = limitExceeded("it unpacks to more than %d bytes (--max-layer-size)", u.size)
	case u.n > ratioFrom && u.n/u.ratio > u.read():
		u.failed = limitExceeded("it unpacks to more than %d bytes for each byte (--max-compression-ratio)", u.ratio)
	case u.count != nil:
		u.failed = u.count(n)
	}
	if u.failed == nil {
		return n, err
	}
	return 0, u.failed
}
