package registry

import (
	"context"
	"io"
	"net/http"

	"github.com/regclient/regclient/types/ref"
)

// blob opens a blob and holds a slot of the registry until it ends.
func (s *session) blob(ctx context.Context, r ref.Ref, size int64) (io.ReadCloser, error) {
	release, err := s.client.slot(ctx, s.registry)
	if err != nil {
		return nil, err
	}
	k, err := s.open(ctx, r, call{kind: blobCall})
	if err != nil {
		release()
		return nil, err
	}
	return &plainBlob{k, release}, nil
}

type plainBlob struct {
	k       *call
	release func()
}

func (b *plainBlob) Read(p []byte) (int, error) { return b.k.stream.Read(p) }
func (b *plainBlob) Close() error {
	defer b.release()
	return b.k.closeStream()
}

// resumes says whether a response goes on where the call wants it.
func resumes(response *http.Response, k *call) bool {
	return response.StatusCode != http.StatusPartialContent
}
