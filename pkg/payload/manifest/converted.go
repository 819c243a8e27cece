package manifest

import (
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// ConvertedForm names the form of Converted. Another form needs another name.
const ConvertedForm = "manifests-json-1"

// Converted has the objects of the release's directory as JSON, in the order of the index: converting them again takes longer than
// all else that the payload hash needs.
type Converted struct {
	_     struct{} `cbor:",toarray"`
	Sizes []int    // of each object's JSON, in bytes
	Text  []byte   // the JSON of all objects, compressed with zstd
}

// Convert converts all objects of the release's directory. They keep their JSON, so JSON does not convert them again. It is nil
// if one of them cannot be converted.
func (p *Payload) Convert() *Converted {
	var objects []*Object
	for _, o := range p.Objects {
		if o.Directory == ReleaseDirectory {
			objects = append(objects, o)
		}
	}
	if !convertAll(objects) || p.Err() != nil {
		return nil
	}
	encoder, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil
	}
	defer encoder.Close()
	var text []byte
	c := &Converted{Sizes: make([]int, 0, len(objects))}
	for _, o := range objects {
		c.Sizes = append(c.Sizes, len(o.json))
		text = append(text, o.json...)
	}
	c.Text = encoder.EncodeAll(text, nil)
	return c
}

// convertAll sets the JSON of objects, in parallel. It is false if one of them cannot be converted.
func convertAll(objects []*Object) bool {
	converted := make([][]byte, len(objects))
	var workers sync.WaitGroup
	next := make(chan int)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				converted[i], _ = objects[i].JSON()
			}
		})
	}
	for i := range objects {
		next <- i
	}
	close(next)
	workers.Wait()
	for i, o := range objects {
		if converted[i] == nil {
			return false
		}
		o.json = converted[i]
	}
	return true
}

// Objects returns the JSON of each of so many objects. ok is false if c is not of so many, or damaged.
func (c *Converted) Objects(count int) (objects [][]byte, ok bool) {
	total := 0
	for _, size := range c.Sizes {
		if size < 0 || total+size > maxConverted {
			return nil, false
		}
		total += size
	}
	if len(c.Sizes) != count {
		return nil, false
	}
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxConverted))
	if err != nil {
		return nil, false
	}
	defer decoder.Close()
	text, err := decoder.DecodeAll(c.Text, make([]byte, 0, total))
	if err != nil || len(text) != total {
		return nil, false
	}
	for _, size := range c.Sizes {
		objects, text = append(objects, text[:size:size]), text[size:]
	}
	return objects, true
}

// maxConverted is how many bytes of JSON are read from a cache.
const maxConverted = 256 << 20
