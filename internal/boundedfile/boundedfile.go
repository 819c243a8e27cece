// Package boundedfile reads regular files up to a size.
package boundedfile

import (
	"fmt"
	"io"
	"os"
)

// TooLongError is about a file that has more bytes than Limit.
type TooLongError struct {
	Name  string
	Limit int64
}

func (e *TooLongError) Error() string {
	return fmt.Sprintf("%s: it has more than the %d bytes that are read", e.Name, e.Limit)
}

// Read reads a file of at most limit bytes; a longer one is a *TooLongError. It refuses a pipe or a device, which may never
// end. Its errors name the file.
func Read(name string, limit int64) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", name)
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, &TooLongError{name, limit}
	}
	return data, nil
}
