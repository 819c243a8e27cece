package diff

import (
	"regexp"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload"
)

// Images has the component images that differ, sorted by name.
type Images struct {
	Changed []Image
	Rebuilt []Image // from the same commit, with another digest
	Added   []Image
	Removed []Image
}

// Image is a component image that differs.
type Image struct {
	Name     string
	Old, New *payload.Component // nil in the release that does not have it
	// Repository is the URL of the source repository in the new release, or in the old one if the image was removed.
	Repository string
	// Compare is the page with the commits between the two, empty unless both are in the same repository on GitHub.
	Compare string
}

func (i Images) empty() bool {
	return len(i.Changed)+len(i.Rebuilt)+len(i.Added)+len(i.Removed) == 0
}

// compareImages compares components, which are sorted by name.
func compareImages(old, new []payload.Component) Images {
	var images Images
	for a, b := 0, 0; a < len(old) || b < len(new); {
		switch {
		case b == len(new) || a < len(old) && old[a].Name < new[b].Name:
			images.Removed = append(images.Removed, Image{Name: old[a].Name, Old: &old[a], Repository: old[a].Repository})
			a++
		case a == len(old) || new[b].Name < old[a].Name:
			images.Added = append(images.Added, Image{Name: new[b].Name, New: &new[b], Repository: new[b].Repository})
			b++
		default:
			images.add(&old[a], &new[b])
			a, b = a+1, b+1
		}
	}
	return images
}

// add compares two images of the same name by digest, or by pull spec if one of them has no digest.
func (i *Images) add(old, new *payload.Component) {
	if sameImage(old, new) {
		return
	}
	image := Image{Name: new.Name, Old: old, New: new, Repository: new.Repository}
	if old.Commit != "" && old.Commit == new.Commit && old.Repository == new.Repository {
		i.Rebuilt = append(i.Rebuilt, image)
		return
	}
	image.Compare = compareLink(old, new)
	i.Changed = append(i.Changed, image)
}

func sameImage(a, b *payload.Component) bool {
	return a.Digest == b.Digest && (a.Digest != "" || a.Image == b.Image)
}

// Differing returns the names of the components whose images are not the same in all releases, or that a release does not have.
func Differing(releases [][]payload.Component) map[string]bool {
	type found struct {
		first payload.Component
		count int
	}
	images, differing := map[string]found{}, map[string]bool{}
	for _, components := range releases {
		for _, c := range components {
			image, ok := images[c.Name]
			if !ok {
				image.first = c
			}
			if !sameImage(&image.first, &c) {
				differing[c.Name] = true
			}
			image.count++
			images[c.Name] = image
		}
	}
	for name, image := range images {
		if image.count < len(releases) {
			differing[name] = true
		}
	}
	return differing
}

// compareLink returns the page of GitHub with the commits between two images of the same repository, empty if there is none.
func compareLink(old, new *payload.Component) string {
	repository := strings.TrimSuffix(strings.TrimSuffix(new.Repository, "/"), ".git")
	if strings.TrimSuffix(strings.TrimSuffix(old.Repository, "/"), ".git") != repository {
		return ""
	}
	isRepository := regexp.MustCompile(`^https://github\.com/[\w.-]+/[\w.-]+$`)
	isCommit := regexp.MustCompile(`^[0-9a-f]{7,64}$`)
	if !isRepository.MatchString(repository) || !isCommit.MatchString(old.Commit) || !isCommit.MatchString(new.Commit) {
		return ""
	}
	return repository + "/compare/" + old.Commit + "..." + new.Commit
}

// reachable reports whether the new release lists the old one as a version that can update to it, nil without release-metadata.
func reachable(old, new *payload.Release) *bool {
	if new.Metadata == nil {
		return nil
	}
	listed := slices.Contains(new.Metadata.Previous, old.Version)
	return &listed
}
