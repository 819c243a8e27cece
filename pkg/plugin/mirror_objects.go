package plugin

import (
	"bytes"
	"context"
	"encoding/pem"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/internal/boundedfile"
	"github.com/release-x/oc-release-x/internal/wholefile"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/mirror/clusterobject"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/verify/trust"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// objectFlags say which files for clusters mirror writes.
type objectFlags struct {
	dir         string
	icsp, never bool
}

// objectRequest writes files for clusters into a directory.
type objectRequest struct {
	dir     string
	options clusterobject.Options
}

func (o *objectFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.dir, "manifests-to", "", "Directory for what clusters need to use the mirror: mirror sets, signatures, parts of configurations; with --dry-run nothing is written")
	flags.BoolVar(&o.icsp, "icsp", false, "Also write an ImageContentSourcePolicy with --manifests-to, for clusters before 4.13")
	flags.BoolVar(&o.never, "never-contact-source", false, "With --manifests-to: clusters get images from the mirror alone (mirrorSourcePolicy NeverContactSource)")
}

// complete returns nil if no files are wanted.
func (o *objectFlags) complete(f *factory, layout mirror.Layout) (*objectRequest, error) {
	if o.dir == "" {
		if o.icsp || o.never {
			return nil, f.seeHelp("mirror", "--icsp and --never-contact-source are about the files of --manifests-to, which is missing")
		}
		return nil, nil
	}
	for _, r := range []oci.Repository{layout.To, layout.ReleaseImage.Repository} {
		if r.IsZero() {
			continue
		}
		if err := clusterobject.Check(r); err != nil {
			return nil, fault.WithHint(fault.Usage, "leave out --manifests-to", "--manifests-to: %w", err)
		}
	}
	r := &objectRequest{dir: o.dir}
	r.options = clusterobject.Options{ICSP: o.icsp, NeverContactSource: o.never, Insecure: f.flags.registry.insecure}
	if file := f.flags.registry.caFile; file != "" {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, fault.Errorf(fault.Local, "reading --certificate-authority: %w", err)
		}
		r.options.CA = certificates(data)
	}
	return r, nil
}

// certificates returns the certificates in PEM text and nothing else of it, such as keys.
func certificates(text []byte) []byte {
	var found bytes.Buffer
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return found.Bytes()
		}
		if block.Type == "CERTIFICATE" {
			_ = pem.Encode(&found, &pem.Block{Type: block.Type, Bytes: block.Bytes})
		}
	}
}

// check finds out whether the directory can be written. Nothing is written with --dry-run.
func (o *objectRequest) check() error {
	return wholefile.CheckAddFiles(o.dir, clusterobject.IDMS, clusterobject.ITMS, clusterobject.ICSP, clusterobject.InstallConfig,
		clusterobject.RegistriesConf, clusterobject.Registries, clusterobject.Signatures+"/any")
}

// signed returns the OpenPGP signatures of a release as it is at the target, which may be one image of a list that is signed as a
// whole.
func (c *copyRun) signed(ctx context.Context, release *image.Release, d oci.Digest, stores trust.OpenPGP) clusterobject.Signed {
	s := clusterobject.Signed{Digest: d}
	if c.saved == nil {
		for _, kept := range c.session.downloads.Signatures(d) {
			s.Messages = append(s.Messages, kept.Data)
		}
	}
	if len(s.Messages) > 0 {
		return s
	}
	found, _ := trust.CollectOpenPGP(ctx, trust.Release{Repository: release.Identity.Repository, Digest: d, Files: release.Files}, stores)
	for _, one := range found {
		s.Messages = append(s.Messages, one.Data)
	}
	return s
}

// objectFiles returns the files for clusters, or nil if none are wanted.
func (c *copyRun) objectFiles(releases []readRelease, plan *mirror.Plan) ([]clusterobject.File, error) {
	if c.objects == nil {
		return nil, nil
	}
	var signed []clusterobject.Signed
	for _, release := range releases {
		if len(release.signed.Messages) > 0 {
			signed = append(signed, release.signed)
		}
	}
	files, err := clusterobject.Files(plan.Sources(), signed, c.objects.options)
	if err != nil {
		return nil, fault.WithHint(fault.Usage, "leave out --manifests-to", "nothing was copied: --manifests-to: %w", err)
	}
	return files, nil
}

// write writes the files. An ImageContentSourcePolicy of an earlier run with --icsp is removed, because a cluster would merge its
// mirrors with the present ones. Signatures of earlier runs stay: they are of other releases.
func (o *objectRequest) write(files []clusterobject.File) (*v1alpha1.ClusterFiles, error) {
	document := &v1alpha1.ClusterFiles{Directory: o.dir}
	var list []wholefile.File
	for _, f := range files {
		list = append(list, wholefile.File{Path: f.Path, Data: f.Data})
		document.Files = append(document.Files, f.Path)
	}
	if !o.options.ICSP {
		old := filepath.Join(o.dir, clusterobject.ICSP)
		if data, err := boundedfile.Read(old, 1<<20); err == nil && clusterobject.IsOurs(data) {
			if err := os.Remove(old); err != nil {
				return nil, fault.Errorf(fault.Local, "removing what an earlier run wrote: %w", err)
			}
		}
	}
	return document, wholefile.AddFiles(o.dir, list)
}
