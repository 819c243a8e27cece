package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
		replaceable = func(dir string) error { return holdsRelease(dir, release.files) }
	}
	if err := wholefile.WriteFolder(ctx, c.to, list, replaceable); err != nil {
		return err
	}
	c.progressf("Extracted %d files of release %s (%s) to %s", len(files), release.Version, orUnknown(release.identity.Digest.String()), c.to)
	return nil
}

// holdsRelease allows --force to replace a folder that an extraction made and that holds nothing else.
func holdsRelease(dir string, files payload.Files) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	found := false
	for _, e := range entries {
		isReferences := func(folder string) bool {
			info, err := os.Lstat(filepath.Join(dir, folder, payload.ReferencesName))
			return err == nil && info.Mode().IsRegular()
		}
		inPayload := func(f payload.File) bool { return f.Name == e.Name() }
		switch {
		case e.IsDir() && (e.Name() == image.OperatorFolder || e.Name() == image.ReleaseFolder):
			found = found || isReferences(e.Name())
		case e.Type().IsRegular() && (payload.IsManifestName(e.Name()) || slices.ContainsFunc(files.Release, inPayload)):
			found = found || isReferences("")
		default:
			return fmt.Errorf("--force replaces extracted releases alone, and %s is no part of one: name another folder, or move it away", e.Name())
		}
	}
	if !found {
		return errors.New("--force replaces extracted releases alone, and it holds none: name another folder")
	}
	return nil
}

func orUnknown(text string) string {
	if text == "" {
		return "digest unknown"
	}
	return text
}

