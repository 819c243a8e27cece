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

// printFiles writes files to standard output: one as it is, several manifests as one YAML stream.
func printFiles(s *session, files []extract.File) error {
	if len(files) == 1 {
		_, err := s.Out.Write(files[0].Data)
		return err
	}
	for _, f := range files {
		if !payload.IsManifestName(f.Path) {
			return fault.Errorf(fault.Usage, "%d files match and %s is not a manifest: name one of them, or a directory with --to", len(files), f.Path)
		}
	}
	_, err := s.Out.Write(extract.Join(files))
	return err
}

func (r *extractRequest) write(ctx context.Context, s *session, release *evaluated, files []extract.File) error {
	list := make([]wholefile.File, 0, len(files))
	for _, f := range files {
		list = append(list, wholefile.File{Path: f.Path, Data: f.Data})
	}
	err := wholefile.WriteFolder(ctx, r.to, list, wholefile.Options{
		Force: r.force, Sync: r.sync,
		Replaceable: func(dir string) error { return checkReplaceable(dir, known(release.Files, files)) },
	})
	if err != nil {
		return err
	}
	s.donef("Extracted %d files of release %s (%s) to %s", len(files), release.Version, cmp.Or(release.Identity.Digest.String(), "digest unknown"), r.to)
	return nil
}

// known are the files that an extraction of this release may write, and those that this one does.
func known(files payload.Files, written []extract.File) []payload.File {
	all := slices.Concat(files.Release, files.Operator)
	for _, f := range written {
		all = append(all, payload.File{Name: path.Base(f.Path), Data: f.Data})
	}
	return all
}

// checkReplaceable allows --force to replace a folder that is proved to be an extracted release. Either extract wrote it
// and nothing changed since, or every file in it has a name that payloads have, and the folder holds image-references or
// nothing but files of this release. Names alone prove nothing: users number their own manifests in the same way.
func checkReplaceable(dir string, known []payload.File) error {
	if wholefile.Unchanged(dir) {
		return nil
	}
	folder, hasReferences, files, ofRelease := os.DirFS(dir), false, 0, 0
	err := fs.WalkDir(folder, ".", func(name string, e fs.DirEntry, err error) error {
		isKnown := func(f payload.File) bool { return f.Name == e.Name() }
		switch {
		case err != nil:
			return err
		case e.IsDir() && (name == "." || name == image.OperatorFolder || name == image.ReleaseFolder):
			return nil
		case e.Type().IsRegular() && (extract.IsPayloadName(e.Name()) || slices.ContainsFunc(known, isKnown)):
			files++
			if data, ok := readPayloadFile(folder, name); ok {
				hasReferences = hasReferences || isReferences(name, data)
				if isOfRelease(name, data, known) {
					ofRelease++
				}
			}
			return nil
		}
		return fmt.Errorf("--force replaces only extracted releases, and %s may not be part of one: name another directory, or move it away", name)
	})
	if err == nil && !hasReferences && (files == 0 || ofRelease < files) {
		err = errors.New("--force replaces only extracted releases, and without image-references there is no proof that this is one: name another directory, or delete it yourself")
	}
	return err
}

// readPayloadFile reads a file of a folder, unless it cannot be read or is larger than any file of a payload.
func readPayloadFile(folder fs.FS, name string) (data []byte, ok bool) {
	const limit = 32 << 20 // bytes
	if info, err := fs.Stat(folder, name); err != nil || info.Size() > limit {
		return nil, false
	}
	data, err := fs.ReadFile(folder, name)
	return data, err == nil
}

// isReferences says whether a file is an image-references that can be read, where an extraction puts it.
func isReferences(name string, data []byte) bool {
	if name != payload.ReferencesName && name != path.Join(image.ReleaseFolder, payload.ReferencesName) {
		return false
	}
	_, err := payload.ParseReferences(data)
	return err == nil
}

// isOfRelease says whether a file is one of the known ones, byte for byte.
func isOfRelease(name string, data []byte, known []payload.File) bool {
	same := func(f payload.File) bool { return f.Name == path.Base(name) && bytes.Equal(f.Data, data) }
	return slices.ContainsFunc(known, same)
}
