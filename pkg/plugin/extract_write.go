package plugin

import (
	"bytes"
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

// print writes files to standard output: one as it is, several manifests as one YAML stream.
func (c *extractCommand) print(files []extract.File) error {
	if len(files) == 1 {
		_, err := c.Out.Write(files[0].Data)
		return err
	}
	for _, f := range files {
		if !payload.IsManifestName(f.Path) {
			return fault.Errorf(fault.Usage, "%d files match and %s is no manifest: name one of them, or a folder with --to", len(files), f.Path)
		}
	}
	_, err := c.Out.Write(extract.Join(files))
	return err
}

func (c *extractCommand) write(ctx context.Context, release *evaluated, files []extract.File) error {
	list := make([]wholefile.File, 0, len(files))
	for _, f := range files {
		list = append(list, wholefile.File{Path: f.Path, Data: f.Data})
	}
	var replaceable func(string) error
	if c.force {
		replaceable = func(dir string) error { return holdsFiles(dir, known(release.files, files)) }
	}
	if err := wholefile.WriteFolder(ctx, c.to, list, replaceable); err != nil {
		return err
	}
	c.progressf("Extracted %d files of release %s (%s) to %s", len(files), release.Version, orUnknown(release.identity.Digest.String()), c.to)
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

// holdsFiles allows --force to replace a folder that an extraction has made: all in it has the name of a known file or
// one that every payload's files have, and one file at least says by its content that it is of a payload.
func holdsFiles(dir string, known []payload.File) error {
	folder, found := os.DirFS(dir), false
	err := fs.WalkDir(folder, ".", func(name string, e fs.DirEntry, err error) error {
		isKnown := func(f payload.File) bool { return f.Name == e.Name() }
		switch {
		case err != nil:
			return err
		case e.IsDir() && (name == "." || name == image.OperatorFolder || name == image.ReleaseFolder):
			return nil
		case e.Type().IsRegular() && (extract.IsPayloadName(e.Name()) || slices.ContainsFunc(known, isKnown)):
			found = found || isOfPayload(folder, name, known)
			return nil
		}
		return fmt.Errorf("--force replaces extracted releases alone, and %s may be no part of one: name another folder, or move it away", name)
	})
	if err == nil && !found {
		err = errors.New("--force replaces extracted releases alone, and it holds none: name another folder")
	}
	return err
}

// isOfPayload says whether the content of a file is that of a known one, or what payloads have under its name. What cannot
// be read says nothing.
func isOfPayload(folder fs.FS, name string, known []payload.File) bool {
	const limit = 32 << 20 // bytes: no file of a payload comes near
	if info, err := fs.Stat(folder, name); err != nil || info.Size() > limit {
		return false
	}
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return false
	}
	same := func(f payload.File) bool { return f.Name == path.Base(name) && bytes.Equal(f.Data, data) }
	return extract.IsPayloadFile(path.Base(name), data) || len(data) > 0 && slices.ContainsFunc(known, same)
}

func orUnknown(text string) string {
	if text == "" {
		return "digest unknown"
	}
	return text
}
