package plugin

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
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
		replaceable = func(dir string) error { return holdsFiles(dir, release.files) }
	}
	if err := wholefile.WriteFolder(ctx, c.to, list, replaceable); err != nil {
		return err
	}
	c.progressf("Extracted %d files of release %s (%s) to %s", len(files), release.Version, orUnknown(release.identity.Digest.String()), c.to)
	return nil
}

// holdsFiles allows --force to replace a folder that an extraction may have made: with files of payloads in it, and
// nothing else. Those are the files of this payload, and what has such a name.
func holdsFiles(dir string, files payload.Files) error {
	found := false
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, e fs.DirEntry, err error) error {
		same := func(f payload.File) bool { return f.Name == e.Name() }
		switch {
		case err != nil:
			return err
		case e.IsDir() && (name == "." || name == image.OperatorFolder || name == image.ReleaseFolder):
			return nil
		case e.Type().IsRegular() && (extract.IsPayloadName(e.Name()) || slices.ContainsFunc(files.Release, same) || slices.ContainsFunc(files.Operator, same)):
			found = true
			return nil
		}
		return fmt.Errorf("--force replaces extracted releases alone, and %s is no part of one: name another folder, or move it away", name)
	})
	if err == nil && !found {
		err = errors.New("--force replaces extracted releases alone, and it holds none: name another folder")
	}
	return err
}

func orUnknown(text string) string {
	if text == "" {
		return "digest unknown"
	}
	return text
}
