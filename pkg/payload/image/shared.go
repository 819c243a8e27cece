package image

import (
	"bytes"
	"sync"
)

// Shared has the contents of files that several images may have. The zero value is empty; it is safe for use by several goroutines.
type Shared struct {
	mu    sync.Mutex
	files map[string][]byte // by path
	free  []byte            // memory for contents, because a block for each file takes more
}

// keep returns a copy of a file's content. Images whose files of this path have the same content get the same copy, which must not
// change.
func (s *Shared) keep(path string, content []byte) []byte {
	s.mu.Lock()
	known, found := s.files[path]
	s.mu.Unlock()
	if found && bytes.Equal(known, content) {
		return known
	}
	kept := s.allocate(len(content))
	copy(kept, content)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.files == nil {
		s.files = map[string][]byte{}
	}
	s.files[path] = kept
	return kept
}

// allocate returns memory for a content.
func (s *Shared) allocate(size int) []byte {
	if size == 0 {
		return []byte{} // nil is a content that was not kept
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if size > len(s.free) {
		if size > mebi/8 {
			return make([]byte, size)
		}
		s.free = make([]byte, mebi)
	}
	block := s.free[:size:size]
	s.free = s.free[size:]
	return block
}
