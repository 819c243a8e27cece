package mirrors

import (
	"io"
	"os"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// sizeLimit bounds a file of mirrors: those of large clusters have some hundred kilobytes.
const sizeLimit = 8 << 20

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading mirrors: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, sizeLimit+1))
	if err != nil {
		return nil, fault.Errorf(fault.Local, "reading mirrors: %w", err)
	}
	if len(data) > sizeLimit {
		return nil, fault.Errorf(fault.Usage, "reading mirrors from %s: it has more than %d bytes", path, sizeLimit)
	}
	return data, nil
}
