// Package filequeue reads files one after the other and hands them to workers, so that reading and working go on at the same time
// and only a few files are in memory.
package filequeue

import (
	"bytes"
	"io"
	"sync"
)

const (
	waiting   = 32       // small files that wait for a worker
	smallFile = 64 << 10 // bytes; larger files wait until a buffer is free
	firstRead = 1 << 20  // the most memory that is taken for a file before it is read
)

// Queue has the files that wait for a worker.
type Queue struct {
	handle  func(name string, content []byte)
	count   int // of workers
	start   sync.Once
	workers sync.WaitGroup
	pending sync.WaitGroup // files
	files   chan file
	small   chan *bytes.Buffer // those that are free; nil stands for one that is not made yet
	large   chan *bytes.Buffer
}

type file struct {
	name    string
	content *bytes.Buffer
	from    chan *bytes.Buffer
}

// New makes a queue. Each of the workers calls handle, which must not use content after it returns.
func New(workers int, handle func(name string, content []byte)) *Queue {
	return &Queue{handle: handle, count: workers, files: make(chan file, waiting), small: slots(waiting), large: slots(workers + 1)}
}

// slots returns a channel with so many buffers, none of which is made yet.
func slots(count int) chan *bytes.Buffer {
	buffers := make(chan *bytes.Buffer, count)
	for range count {
		buffers <- nil
	}
	return buffers
}

// Put reads a file of about size bytes to its end and queues it. Only one goroutine may call it.
func (q *Queue) Put(name string, size int64, content io.Reader) error {
	q.start.Do(func() {
		for range q.count {
			q.workers.Go(q.work)
		}
	})
	from, first := q.large, min(size, firstRead)
	if size <= smallFile {
		from, first = q.small, smallFile
	}
	buffer := <-from
	if buffer == nil {
		buffer = &bytes.Buffer{}
	}
	buffer.Reset()
	buffer.Grow(int(first) + bytes.MinRead)
	if _, err := buffer.ReadFrom(content); err != nil {
		from <- buffer
		return err
	}
	q.pending.Add(1)
	q.files <- file{name, buffer, from}
	return nil
}

func (q *Queue) work() {
	for f := range q.files {
		q.handle(f.name, f.content.Bytes())
		f.from <- f.content
		q.pending.Done()
	}
}

// Drain returns when the workers have handled all files that were put. The goroutine that puts files may call it, and put more.
func (q *Queue) Drain() { q.pending.Wait() }

// Wait returns when the workers have handled all files. Nothing can be put afterwards.
func (q *Queue) Wait() {
	close(q.files)
	q.workers.Wait()
}
