package plugin

import (
	"context"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
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
	err := wholefile.WriteFolder(ctx, c.to, list, wholefile.Options{
		Force: c.force, Sync: c.sync,
		Replaceable: func(dir string) error { return checkReplaceable(dir, known(release.files, files)) },
	})
	if err != nil {
		return err
	}
	c.progressf("Extracted %d files of release %s (%s) to %s", len(files), release.Version, orUnknown(release.identity.Digest.String()), c.to)
	return nil
}

func orUnknown(text string) string {
	if text == "" {
		return "digest unknown"
	}
	return text
}
