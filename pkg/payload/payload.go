// Package payload reads what a release says about itself: the component images that image-references lists, their other
// names, the versions they report, and the variables that installers use. It is pure: bytes in, values out. Package image
// reads the bytes.
package payload

import (
	"fmt"
	"path"
	"slices"
)

// File is one file of a payload.
type File struct {
	Name string // without its directory
	Size int64  // bytes
	Data []byte // nil if only names were read
}

// Files has the files of the two directories of a release image, each in bytewise order of names.
type Files struct {
	Operator []File // /manifests: the operator's own manifests, Go templates
	Release  []File // /release-manifests: image-references, release-metadata and the components' manifests
}

// The files in /release-manifests that are not manifests.
const (
	ReferencesName = "image-references"
	MetadataName   = "release-metadata"
)

// Release is the content of image-references and release-metadata, and the number of other files.
type Release struct {
	Version    string      // from release-metadata, or else the name of image-references
	Metadata   *Metadata   // nil without release-metadata
	References *References // as in the file
	Components []Component // sorted by name
	Reported   map[string]ReportedVersion
	// VersionWarnings are about version annotations. oc prints them with the release.
	VersionWarnings []string
	// Warnings includes VersionWarnings.
	Warnings []string
	// HasManifests is true if the source has the directory /release-manifests, and false if it only has image-references.
	HasManifests bool
	// Manifests and OtherFiles count the files of /release-manifests without image-references and release-metadata.
	Manifests, OtherFiles int
}

// Read makes a Release of files, of which only image-references and release-metadata need their Data. Without image-references,
// or if one of the two files is something else, the error is fault.NotFound: not a release.
func Read(files Files) (*Release, error) {
	var references, metadata *File
	r := &Release{}
	for i, f := range files.Release {
		switch {
		case f.Name == ReferencesName:
			references = &files.Release[i]
		case f.Name == MetadataName:
			metadata = &files.Release[i]
		case IsManifestName(f.Name):
			r.Manifests++
		default:
			r.OtherFiles++
		}
	}
	if references == nil {
		return nil, notRelease("there is no file %s", ReferencesName)
	}
	var err error
	if r.References, err = ParseReferences(references.Data); err != nil {
		return nil, err
	}
	r.Version = r.References.Name
	if r.Version == "" {
		r.Warnings = append(r.Warnings, "image-references has no name, which would be the version of the release")
	}
	if metadata != nil {
		if r.Metadata, err = ParseMetadata(metadata.Data); err != nil {
			return nil, err
		}
		r.Version = r.Metadata.Version
		if conflict := r.Conflict(); conflict != "" {
			r.Warnings = append(r.Warnings, conflict)
		}
	}
	return r, r.readComponents()
}

// Conflict says how the versions in the two files differ, empty if they are equal or there is only one file.
func (r *Release) Conflict() string {
	if r.Metadata == nil || r.References.Name == r.Metadata.Version {
		return ""
	}
	return fmt.Sprintf("version from %s (%s) differs from %s (%s)", ReferencesName, r.References.Name, MetadataName, r.Metadata.Version)
}

func (r *Release) readComponents() error {
	list, warnings, err := components(r.References.Tags)
	if err != nil {
		return err
	}
	r.Components = list
	r.Warnings = append(r.Warnings, warnings...)
	tags := map[string]Tag{}
	for _, tag := range r.References.Tags {
		tags[tag.Name] = tag
	}
	for i, c := range list {
		a := tags[c.Name].Annotations
		versions, err := parseVersions(a[annotationVersions], a[annotationDisplayNames])
		if err != nil {
			r.VersionWarnings = append(r.VersionWarnings,
				fmt.Sprintf("the referenced image %s had an invalid version annotation: %v", c.Name, err))
		}
		list[i].Versions = versions
	}
	addRoles(list)
	reported, several := reportVersions(list)
	r.Reported = reported
	r.VersionWarnings = append(r.VersionWarnings, several...)
	slices.Sort(r.VersionWarnings)
	r.Warnings = append(r.Warnings, r.VersionWarnings...)
	return nil
}

// Component returns the component of a name. It does not look at aliases.
func (r *Release) Component(name string) (*Component, bool) {
	for i := range r.Components {
		if r.Components[i].Name == name {
			return &r.Components[i], true
		}
	}
	return nil, false
}

// target returns the component for which an alias stands in this release.
func (r *Release) target(alias Alias) (*Component, bool) {
	target, ok := alias.Target(func(name string) bool { _, ok := r.Component(name); return ok })
	if !ok {
		return nil, false
	}
	return r.Component(target)
}

// IsManifestName reports whether the operator reads a file of this name as manifests: .yaml, .yml or .json in lower case.
func IsManifestName(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
