package payload

import (
	"fmt"
	"path"
	"slices"
)

// Release is what the two files image-references and release-metadata say, and which other files there are.
type Release struct {
	Version    string      // of release-metadata, else the name of image-references
	Metadata   *Metadata   // nil for a source without release-metadata
	References *References // as written
	Components []Component // by name
	Reported   map[string]ReportedVersion
	// VersionWarnings are those that oc shows with a release: of version annotations.
	VersionWarnings []string
	// Warnings are all, those too.
	Warnings []string
	// HasManifests says whether the source has the folder /release-manifests, and not just what it lists.
	HasManifests bool
	// Manifests and OtherFiles count the files of /release-manifests besides image-references and
	// release-metadata.
	Manifests, OtherFiles int
}

// Read makes a release of its files. Only image-references and release-metadata need their bytes; a source
// that has no release-metadata gives a release without Metadata.
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
		return nil, notRelease("there is not a file %s", ReferencesName)
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

// Conflict says how the versions of the two files differ, empty when they do not or there is one file alone.
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
	annotate(list)
	reported, several := reportVersions(list)
	r.Reported = reported
	r.VersionWarnings = append(r.VersionWarnings, several...)
	slices.Sort(r.VersionWarnings)
	r.Warnings = append(r.Warnings, r.VersionWarnings...)
	return nil
}

// Component finds a component by its own name.
func (r *Release) Component(name string) (*Component, bool) {
	for i := range r.Components {
		if r.Components[i].Name == name {
			return &r.Components[i], true
		}
	}
	return nil, false
}

// aliased finds the component that an alias means in this release.
func (r *Release) aliased(alias Alias) (*Component, bool) {
	target, ok := alias.Target(func(name string) bool { _, ok := r.Component(name); return ok })
	if !ok {
		return nil, false
	}
	return r.Component(target)
}

// IsManifestName says whether the operator reads a file of this name as manifests: .yaml, .yml or .json, in
// lower case.
func IsManifestName(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return true
	}
	return false
}
