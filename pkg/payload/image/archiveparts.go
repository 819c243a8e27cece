package image

import (
	"context"
	"errors"
	"io"
	"io/fs"

	"github.com/release-x/oc-release-x/internal/archivepart"
)

// archiveParts is an archive that is split. Its files are those of all parts that are there.
type archiveParts []*archive

// indexParts reads the parts of an archive. It has none if there is no part.
func indexParts(ctx context.Context, path string, limits Limits) (archiveParts, error) {
	names, err := archivepart.Find(path, "")
	if err != nil {
		return nil, localError(err)
	}
	var p archiveParts
	for _, name := range names {
		a, err := indexArchive(ctx, name, limits)
		if err != nil {
			_ = p.Close()
			return nil, err
		}
		p = append(p, a)
	}
	return p, nil
}

func (p archiveParts) open(ctx context.Context, name string) (content io.ReadCloser, size int64, err error) {
	for _, a := range p {
		if content, size, err = a.open(ctx, name); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return content, size, err
}

// Close closes all parts.
func (p archiveParts) Close() error {
	var err error
	for _, a := range p {
		err = errors.Join(err, a.Close())
	}
	return err
}
