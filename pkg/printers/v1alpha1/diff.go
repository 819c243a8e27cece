package v1alpha1

import (
	"encoding/json"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/diff"
	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// ReleaseDiff is the document of `diff`. Its lists are never absent, except those about manifests if one of the releases has none.
type ReleaseDiff struct {
	TypeMeta  `json:",inline"`
	From      Release      `json:"from"`
	To        Release      `json:"to"`
	Reachable *bool        `json:"reachable,omitempty"` // the new release lists the old one as a version that can update to it; absent if it has no list
	Metadata  []ValueDiff  `json:"metadata"`            // entries of release-metadata, such as url
	Images    ImageDiffs   `json:"images"`
	Versions  []ValueDiff  `json:"versions"` // component versions; several values of a release have commas between them
	Files     *FileDiffs   `json:"files,omitempty"`
	Objects   []ObjectDiff `json:"objects,omitzero"`
	Folded    int          `json:"folded,omitempty"` // objects that are left out because only image digests and versions differ
	Impact    []Impact     `json:"impact,omitzero"`  // what the update means for a cluster, with --impact: by severity, kind and object
}

// ValueDiff is a value that differs, absent in a release that does not have it.
type ValueDiff struct {
	Name string `json:"name"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// ImageDiffs has the component images that differ.
type ImageDiffs struct {
	Changed []ImageDiff `json:"changed"`
	Rebuilt []ImageDiff `json:"rebuilt"` // from the same commit
	Added   []ImageDiff `json:"added"`
	Removed []ImageDiff `json:"removed"`
}

// ImageDiff is a component image that differs.
type ImageDiff struct {
	Name       string       `json:"name"`
	From       *ImageSource `json:"from,omitempty"`
	To         *ImageSource `json:"to,omitempty"`
	Repository string       `json:"repository,omitempty"` // source repository
	Compare    string       `json:"compare,omitempty"`    // page with the commits between from and to
}

// ImageSource is an image and the commit that it was built from.
type ImageSource struct {
	Digest string `json:"digest,omitempty"`
	Image  string `json:"image,omitempty"` // pull spec, of an image without a digest
	Commit string `json:"commit,omitempty"`
}

// FileDiffs has the names of the files that differ. The operator's own begin with manifests/.
type FileDiffs struct {
	Changed []string `json:"changed"`
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// ObjectDiff is an object that differs.
type ObjectDiff struct {
	Change   string          `json:"change"` // added, removed, changed, or moved to another run level
	Object   ObjectReference `json:"object"`
	File     string          `json:"file"`               // in the new release; of a removed object in the old one
	FromFile string          `json:"fromFile,omitempty"` // in the old release, if it is another one
	Paths    []PathDiff      `json:"paths,omitempty"`
}

// PathDiff is a value of an object that differs. An added value has no from, a removed one no to.
type PathDiff struct {
	Path string `json:"path"`
	From any    `json:"from,omitempty"`
	To   any    `json:"to,omitempty"`
}

// Impact is one thing that an update means for a cluster.
type Impact struct {
	Kind     string          `json:"kind"`
	Severity string          `json:"severity"` // blocker, warning or info
	Object   ObjectReference `json:"object"`
	File     string          `json:"file"` // in the new release; of an object that it does not have in the old one
	Message  string          `json:"message"`
	Remedy   string          `json:"remedy,omitempty"` // a command for a shell that resolves it, or shows what it is about
}

// NewImpact returns what an update means for a cluster.
func NewImpact(findings []impact.Finding) []Impact {
	list := make([]Impact, 0, len(findings))
	for _, f := range findings {
		list = append(list, Impact{
			Kind: string(f.Kind), Severity: string(f.Severity), Object: objectReference(f.Object), File: fileName(f.Object),
			Message: f.Message, Remedy: f.Remedy,
		})
	}
	return list
}

// NewReleaseDiff returns what differs between two releases. Without full, it leaves out image digests and versions in objects.
func NewReleaseDiff(from, to Release, r *diff.Result, full bool) *ReleaseDiff {
	d := &ReleaseDiff{
		TypeMeta: typeMeta("ReleaseDiff"), From: from, To: to, Reachable: r.Reachable,
		Metadata: valueDiffs(r.Metadata), Versions: valueDiffs(r.Versions),
		Images: ImageDiffs{
			Changed: imageDiffs(r.Images.Changed), Rebuilt: imageDiffs(r.Images.Rebuilt),
			Added: imageDiffs(r.Images.Added), Removed: imageDiffs(r.Images.Removed),
		},
	}
	if !r.HasManifests {
		return d
	}
	d.Files = &FileDiffs{notNil(r.Files.Changed), notNil(r.Files.Added), notNil(r.Files.Removed)}
	d.Objects = []ObjectDiff{}
	for _, o := range r.Objects {
		if o.OnlyFolded() && !full {
			d.Folded++
			continue
		}
		d.Objects = append(d.Objects, NewObjectDiff(o, full))
	}
	return d
}

// notNil returns a list that is written as [] without elements.
func notNil(list []string) []string { return append([]string{}, list...) }

func valueDiffs(values []diff.Value) []ValueDiff {
	list := make([]ValueDiff, 0, len(values))
	for _, v := range values {
		list = append(list, ValueDiff{v.Name, v.Old, v.New})
	}
	return list
}

func imageDiffs(images []diff.Image) []ImageDiff {
	list := make([]ImageDiff, 0, len(images))
	for _, i := range images {
		list = append(list, ImageDiff{
			Name: i.Name, From: imageSource(i.Old), To: imageSource(i.New), Repository: i.Repository, Compare: i.Compare,
		})
	}
	return list
}

func imageSource(c *payload.Component) *ImageSource {
	if c == nil {
		return nil
	}
	source := &ImageSource{Digest: c.Digest.String(), Commit: c.Commit}
	if c.Digest == "" {
		source.Image = c.Image
	}
	return source
}

// NewObjectDiff returns what differs in an object. Without full, it leaves out image digests and versions.
func NewObjectDiff(o diff.Object, full bool) ObjectDiff {
	e := o.Entry()
	d := ObjectDiff{
		Change: string(o.Change), File: fileName(e),
		Object: objectReference(e),
	}
	if o.Old != nil && fileName(o.Old) != d.File {
		d.FromFile = fileName(o.Old)
	}
	for _, c := range o.Changes {
		if c.Folded && !full {
			continue
		}
		p := PathDiff{Path: c.Path.String()}
		if c.Kind != diff.Added {
			p.From = orNull(c.Old)
		}
		if c.Kind != diff.Removed {
			p.To = orNull(c.New)
		}
		d.Paths = append(d.Paths, p)
	}
	return d
}

func objectReference(e *manifest.Entry) ObjectReference {
	return ObjectReference{APIVersion: e.APIVersion(), Kind: e.Kind, Namespace: e.Namespace, Name: e.Name}
}

// orNull returns a value that is written as null if it is nil, and not left out.
func orNull(value any) any {
	if value == nil {
		return json.RawMessage("null")
	}
	return value
}

// fileName returns the name of an object's file as in FileDiffs.
func fileName(e *manifest.Entry) string {
	if e.Directory == manifest.OperatorDirectory {
		return string(e.Directory) + "/" + e.File
	}
	return e.File
}
