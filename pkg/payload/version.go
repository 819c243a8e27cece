package payload

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/blang/semver/v4"
)

// The annotations of a tag in image-references.
const (
	annotationVersions     = "io.openshift.build.versions"
	annotationDisplayNames = "io.openshift.build.version-display-names"
	annotationCommit       = "io.openshift.build.commit.id"
	annotationSource       = "io.openshift.build.source-location"
)

// ComponentVersion is a version that a component image reports, such as kubernetes 1.27.6.
type ComponentVersion struct {
	Name        string
	Version     string // semantic version without build metadata
	DisplayName string // empty for none
}

var (
	versionNameForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-z0-9]+[\-a-z0-9]*[a-z0-9]+$`)
	})
	displayNameForm = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`^[a-zA-Z0-9\-\:\s\(\)\.]+$`)
	})
)

// parseVersions parses the two annotations, each NAME=VALUE[,NAME=VALUE], and sorts by name. One mistake makes all versions of
// a tag invalid, as in oc.
func parseVersions(versions, displayNames string) ([]ComponentVersion, error) {
	parsed := map[string]ComponentVersion{}
	err := eachPair(versions, func(name, text string) error {
		v, err := semver.Parse(text)
		if err != nil {
			return fmt.Errorf("the version pair %q must have a valid semantic version: %w", name+"="+text, err)
		}
		v.Build = nil
		parsed[name] = ComponentVersion{Name: name, Version: v.String()}
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = eachPair(displayNames, func(name, text string) error {
		v, ok := parsed[name]
		if !ok {
			return fmt.Errorf("the display name of %q has no matching version", name)
		}
		if !displayNameForm().MatchString(text) {
			return fmt.Errorf("the display name of %q has characters other than letters, digits, blanks and -:.()", name)
		}
		v.DisplayName = text
		parsed[name] = v
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]ComponentVersion, 0, len(parsed))
	for _, v := range parsed {
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b ComponentVersion) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

// eachPair calls visit for every NAME=VALUE of a list.
func eachPair(list string, visit func(name, value string) error) error {
	if strings.TrimSpace(list) == "" {
		return nil
	}
	for _, pair := range strings.Split(list, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(pair), "=")
		if !found {
			return fmt.Errorf("the pair %q must be NAME=VALUE", pair)
		}
		if !versionNameForm().MatchString(name) {
			return fmt.Errorf("the name %q must be at least two of lower-case letters, digits and inner hyphens", name)
		}
		if err := visit(name, value); err != nil {
			return err
		}
	}
	return nil
}

// ReportedVersion is the version that a release shows for a name, which several images may report.
type ReportedVersion struct {
	ComponentVersion
	Component string   // the last component that reports it
	Versions  []string // all versions that components report for the name, sorted
}

// kubectlReporters lists the components whose kubectl version counts.
func kubectlReporters() []string { return []string{"cli", "cli-artifacts"} }

// reportVersions merges the versions of all components by name. If a name has several values, it shows the smallest by bytes
// and warns; it does not warn about machine-os, because a release may have two operating systems.
func reportVersions(components []Component) (map[string]ReportedVersion, []string) {
	reported := map[string]ReportedVersion{}
	values := map[string][]string{} // with display names
	for _, c := range components {
		for _, v := range c.Versions {
			if v.Name == "kubectl" && !slices.Contains(kubectlReporters(), c.Name) {
				continue
			}
			shown, seen := reported[v.Name]
			if !seen {
				shown.ComponentVersion = v
			}
			shown.Version = min(shown.Version, v.Version)
			shown.DisplayName = min(shown.DisplayName, v.DisplayName)
			shown.Component = c.Name
			values[v.Name] = insert(values[v.Name], strings.TrimSpace(v.Version+" "+v.DisplayName))
			shown.Versions = insert(shown.Versions, v.Version)
			reported[v.Name] = shown
		}
	}
	var several []string
	for name, all := range values {
		if len(all) > 1 && name != "machine-os" {
			several = append(several, name)
		}
	}
	if len(several) == 0 {
		return reported, nil
	}
	slices.Sort(several)
	return reported, []string{
		"multiple versions or display names reported for the following component(s): " + strings.Join(several, ", "),
	}
}

// insert adds a text to a sorted list, unless the list has it.
func insert(list []string, text string) []string {
	at, found := slices.BinarySearch(list, text)
	if found {
		return list
	}
	return slices.Insert(list, at, text)
}
