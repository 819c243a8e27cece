package pair

import (
	"os"
	"path/filepath"

	"github.com/opencontainers/go-digest"
)

// files are the files of a registry (distribution registry/storage/paths.go). Writing them takes seconds where pushing a release
// takes a minute, because the registry has the disk confirm each of them.
type files struct{ root string }

// blob stores a blob of a repository.
func (f files) blob(repository string, data []byte) error {
	d := digest.FromBytes(data)
	if err := f.data(d, data); err != nil {
		return err
	}
	return f.link(d, repository, "_layers", "sha256", d.Encoded())
}

// manifest stores a manifest of a repository, with a tag unless that is empty.
func (f files) manifest(repository, tag string, body []byte) error {
	d := digest.FromBytes(body)
	if err := f.data(d, body); err != nil {
		return err
	}
	if err := f.link(d, repository, "_manifests", "revisions", "sha256", d.Encoded()); err != nil || tag == "" {
		return err
	}
	if err := f.link(d, repository, "_manifests", "tags", tag, "index", "sha256", d.Encoded()); err != nil {
		return err
	}
	return f.link(d, repository, "_manifests", "tags", tag, "current")
}

func (f files) data(d digest.Digest, data []byte) error {
	return write(data, f.root, "docker/registry/v2/blobs/sha256", d.Encoded()[:2], d.Encoded(), "data")
}

func (f files) link(d digest.Digest, repository string, path ...string) error {
	return write([]byte(d), f.root, "docker/registry/v2/repositories", repository, filepath.Join(path...), "link")
}

func write(data []byte, path ...string) error {
	name := filepath.Join(path...)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o644)
}
