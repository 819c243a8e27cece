package plugin

import (
	"cmp"
	"context"

	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
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
