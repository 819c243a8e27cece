package plugin

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
)

// printFiles writes files to standard output: a single file unchanged, several manifests as one YAML stream.
func printFiles(s *session, files []extract.File) error {
	if len(files) == 1 {
		_, err := s.Out.Write(files[0].Data)
		return err
	}
	for _, f := range files {
		if !payload.IsManifestName(f.Path) {
			return fault.Errorf(fault.Usage, "%d files match and %s is not a manifest: name one file, or a directory with --to", len(files), f.Path)
		}
	}
	_, err := s.Out.Write(extract.Join(files))
	return err
}

func (r *extractRequest) write(ctx context.Context, s *session, release *evaluatedRelease, files []extract.File) error {
	list := make([]wholefile.File, 0, len(files))
	for _, f := range files {
		list = append(list, wholefile.File{Path: f.Path, Data: f.Data})
	}
	err := wholefile.WriteDirectory(ctx, r.to, list, wholefile.Options{
		Force: r.force, Sync: r.sync,
		Replaceable: func(dir string) error { return checkReplaceable(dir, payloadFiles(release.Files, files)) },
	})
	if err != nil {
		return err
	}
	r.done(s, release.Release, len(files))
	return nil
}

func (r *extractRequest) done(s *session, release *image.Release, files int) {
	s.donef("Extracted %d files of release %s (%s) to %s", files, release.Version, cmp.Or(release.Identity.Digest.String(), "digest unknown"), r.to)
}

// payloadFiles returns the files of the release, and those that this extraction writes.
func payloadFiles(files payload.Files, written []extract.File) []payload.File {
	all := slices.Concat(files.Release, files.Operator)
	for _, f := range written {
		all = append(all, payload.File{Name: path.Base(f.Path), Data: f.Data})
	}
	return all
}

// checkReplaceable allows --force to replace a directory only if it certainly is an extracted release: either it is
// unchanged since extract wrote it, or all its files have names of payload files and it has image-references or only files
// of this release. The names are not enough: users number their own manifests in the same way.
func checkReplaceable(dir string, expected []payload.File) error {
	if wholefile.Unchanged(dir) {
		return nil
	}
	directory, hasReferences, files, matching := os.DirFS(dir), false, 0, 0
	err := fs.WalkDir(directory, ".", func(name string, e fs.DirEntry, err error) error {
		isExpected := func(f payload.File) bool { return f.Name == e.Name() }
		switch {
		case err != nil:
			return err
		case e.IsDir() && (name == "." || name == image.OperatorDirectory || name == image.ReleaseDirectory):
			return nil
		case e.Type().IsRegular() && (extract.IsPayloadName(e.Name()) || slices.ContainsFunc(expected, isExpected)):
			files++
			if data, ok := readPayloadFile(directory, name); ok {
				hasReferences = hasReferences || isImageReferences(name, data)
				if matchesPayload(name, data, expected) {
					matching++
				}
			}
			return nil
		}
		return fmt.Errorf("--force replaces only extracted releases, and %s may not be part of one: name another directory, or move it away", name)
	})
	if err == nil && !hasReferences && (files == 0 || matching < files) {
		err = errors.New("--force replaces only extracted releases, and this directory has no image-references: name another directory, or delete it yourself")
	}
	return err
}

// readPayloadFile reads a file. It fails for a file that is too large to be from a payload.
func readPayloadFile(directory fs.FS, name string) (data []byte, ok bool) {
	const limit = 32 << 20 // bytes
	if info, err := fs.Stat(directory, name); err != nil || info.Size() > limit {
		return nil, false
	}
	data, err := fs.ReadFile(directory, name)
	return data, err == nil
}

// isImageReferences reports whether a file is a valid image-references at the place where extract writes it.
func isImageReferences(name string, data []byte) bool {
	if name != payload.ReferencesName && name != path.Join(image.ReleaseDirectory, payload.ReferencesName) {
		return false
	}
	_, err := payload.ParseReferences(data)
	return err == nil
}

// matchesPayload reports whether a file has the name and bytes of an expected one.
func matchesPayload(name string, data []byte, expected []payload.File) bool {
	same := func(f payload.File) bool { return f.Name == path.Base(name) && bytes.Equal(f.Data, data) }
	return slices.ContainsFunc(expected, same)
}
