package image

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"os"
	"slices"

	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/oci"
	"github.com/release-x/oc-release-x/pkg/payload/progress"
)

// savedRelease is a release without its manifests: an image-references file, or the JSON (or YAML) of an info command, which
// holds image-references and more.
type savedRelease struct {
	identity   Identity
	references []byte
	metadata   []byte // nil when unknown
	config     *Config
}

// infoDocument are the fields of oc adm release info -o json that are read; ours has them too.
type infoDocument struct {
	Image      string          `json:"image"`
	Digest     string          `json:"digest"`
	ListDigest string          `json:"listDigest"`
	Config     json.RawMessage `json:"config"`
	Metadata   json.RawMessage `json:"metadata"`
	References json.RawMessage `json:"references"`
	Release    struct {
		Image        string `json:"image"`
		Architecture string `json:"architecture"`
	} `json:"release"`
}

func (o Opener) openFile(ctx context.Context, ref Reference) (Image, error) {
	data, err := o.readDocument(ctx, ref)
	if err != nil {
		return nil, err
	}
	switch {
	case isTar(data):
		return nil, fault.Errorf(fault.NotFound, "it is an archive: want oci-archive:FILE or docker-archive:FILE")
	case isGzip(data), isZstd(data):
		return nil, fault.Errorf(fault.NotFound, "it is compressed: want oci-archive:FILE or docker-archive:FILE for an archive, and anything else unpacked")
	}
	d := &savedRelease{identity: Identity{Reference: ref.Text}, references: data}
	info, ok := parseInfo(data)
	if ok {
		if err := d.use(info); err != nil {
			return nil, err
		}
	}
	if id := d.identity; o.Arch != "" && id.Architecture != "" && id.Architecture != o.Arch {
		o.warnf("%s is for %s/%s, not for linux/%s", ref.Text, id.OS, id.Architecture, o.Arch)
	}
	return d, nil
}

// isTar recognizes a tar file by the mark in its header.
func isTar(data []byte) bool {
	const mark = 257
	return len(data) > mark && bytes.HasPrefix(data[mark:], []byte("ustar"))
}

// readDocument reads all of a file or standard input. It ends with the context, because standard input may be a terminal.
func (o Opener) readDocument(ctx context.Context, ref Reference) ([]byte, error) {
	task := progress.Task{What: "standard input", Hidden: true}
	if ref.Kind == KindFile {
		task = progress.Task{What: ref.Path}
	}
	meter := progress.Begin(ctx, task)
	defer meter.End()
	in := o.Stdin
	if ref.Kind == KindFile {
		f, err := os.Open(ref.Path)
		if err != nil {
			return nil, localError(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return nil, fault.Errorf(fault.Usage, "%s is a directory: want dir:%s", ref.Path, ref.Path)
		}
		in = f
	}
	if in == nil {
		return nil, fault.Errorf(fault.Usage, "there is no standard input to read")
	}
	type result struct {
		data []byte
		err  error
	}
	done := make(chan result, 1)
	go func() {
		data, err := io.ReadAll(io.LimitReader(progress.Reader(meter, in), o.Limits.FileSize+1))
		done <- result{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-done:
		if r.err != nil {
			return nil, localError(r.err)
		}
		return r.data, o.Limits.checkFile("it", int64(len(r.data)))
	}
}

// parseInfo recognizes the document of an info command by its references. ok is false for other documents.
func parseInfo(data []byte) (infoDocument, bool) {
	var info infoDocument
	text, err := document.Text(data)
	if err != nil {
		return info, false
	}
	text = bytes.TrimSpace(text)
	if !bytes.HasPrefix(text, []byte("{")) {
		if !bytes.Contains(text, []byte("\nreferences:")) && !bytes.HasPrefix(text, []byte("references:")) {
			return info, false
		}
		if text, err = document.ToJSONStrict(text, nil); err != nil {
			return info, false
		}
	}
	err = document.Decode(text, &info)
	return info, err == nil && len(info.References) > 0 && !isNull(info.References)
}

func isNull(raw json.RawMessage) bool { return len(raw) == 0 || slices.Equal(raw, []byte("null")) }

func (d *savedRelease) use(info infoDocument) error {
	d.references = info.References
	if !isNull(info.Metadata) {
		d.metadata = info.Metadata
	}
	id := &d.identity
	// Our document has the pull spec by digest in release; oc's has only the reference that was typed.
	id.Image = cmp.Or(info.Release.Image, info.Image)
	if ref, err := ParseReference(id.Image); err == nil && ref.Kind == KindRegistry {
		id.Repository = ref.Repository
	}
	for _, field := range []struct {
		name, value string
		into        *digest.Digest
	}{{"digest", info.Digest, &id.Digest}, {"listDigest", info.ListDigest, &id.ListDigest}} {
		if field.value == "" {
			continue
		}
		parsed, err := oci.ParseDigest(field.value)
		if err != nil {
			return fault.Errorf(fault.Integrity, "its %s: %w", field.name, err)
		}
		*field.into = parsed
	}
	if !isNull(info.Config) {
		c, err := parseConfig(info.Config)
		if err != nil {
			return err
		}
		d.config = c
	}
	// Without a list, oc's document does not say whether an architecture was chosen; ours has it in release.
	if id.Architecture = info.Release.Architecture; id.Architecture == "" && id.ListDigest != "" && d.config != nil {
		id.Architecture = d.config.Architecture
	}
	if id.Architecture != "" {
		id.OS = "linux"
	}
	return nil
}

func (d *savedRelease) Identity() Identity { return d.identity }

// Close does nothing: the document was read when it was opened.
func (d *savedRelease) Close() error { return nil }

// Config returns nil for an image-references file.
func (d *savedRelease) Config(context.Context) (*Config, error) { return d.config, nil }

func (d *savedRelease) Files(_ context.Context, want Want) (payload.Files, error) {
	if want.needsManifests() {
		return payload.Files{}, fault.Errorf(fault.NotFound, "%s: this source has image-references and no manifests: name the image, or an extracted directory as dir:DIR", d.identity.Reference)
	}
	files := payload.Files{Release: []payload.File{{Name: payload.ReferencesName, Size: int64(len(d.references)), Data: d.references}}}
	if d.metadata != nil {
		files.Release = append(files.Release, payload.File{Name: payload.MetadataName, Size: int64(len(d.metadata)), Data: d.metadata})
	}
	return files, nil
}
