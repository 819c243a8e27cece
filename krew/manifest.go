package main

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// pluginName is the name of the plugin in krew. If krew-index requires another one, such as one with a vendor's prefix,
// change it here; the tests then show which lines of plugin.yaml and .goreleaser.yml to change.
const pluginName = "release-x"

// plugin is a krew manifest. The names of its fields are krew's.
type plugin struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   metadata `json:"metadata"`
	Spec       spec     `json:"spec"`
}

type metadata struct {
	Name string `json:"name"`
}

type spec struct {
	Version          string     `json:"version"`
	Homepage         string     `json:"homepage"`
	ShortDescription string     `json:"shortDescription"`
	Description      string     `json:"description"`
	Caveats          string     `json:"caveats"`
	Platforms        []platform `json:"platforms"`
}

type platform struct {
	Selector *selector       `json:"selector"`
	URI      string          `json:"uri"`
	Sha256   string          `json:"sha256"`
	Files    []fileOperation `json:"files,omitempty"`
	Bin      string          `json:"bin"`
}

// selector is the part of a label selector that this manifest uses. krew supports expressions too.
type selector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

type fileOperation struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// name returns the platform as Go writes it, such as linux/amd64.
func (p platform) name() string {
	if p.Selector == nil {
		return ""
	}
	return p.Selector.MatchLabels["os"] + "/" + p.Selector.MatchLabels["arch"]
}

// archive returns the file name at the end of the address.
func (p platform) archive() string {
	return p.URI[strings.LastIndex(p.URI, "/")+1:]
}

// parseManifest parses a manifest. Like krew, it refuses unknown and duplicate fields.
func parseManifest(text []byte) (plugin, error) {
	var p plugin
	if err := yaml.UnmarshalStrict(text, &p); err != nil {
		return plugin{}, fmt.Errorf("parsing the manifest: %w", err)
	}
	return p, nil
}

// build is the data of a release that its manifest needs.
type build struct {
	version   string            // with v
	checksums map[string]string // by the archive's file name
	platforms []string          // as os/arch; empty for all
	download  string            // the directory of the archives; "" for the release's own
}

// finish returns the manifest of one release, with version, addresses and checksums filled in. An archive that was not built
// is an error.
func finish(p plugin, b build) (plugin, error) {
	for _, name := range b.platforms {
		if !slices.ContainsFunc(p.Spec.Platforms, func(one platform) bool { return one.name() == name }) {
			return plugin{}, fmt.Errorf("the manifest has no platform %s", name)
		}
	}
	old := p.Spec.Version
	p.Spec.Version = b.version
	var platforms []platform
	for _, one := range p.Spec.Platforms {
		if len(b.platforms) > 0 && !slices.Contains(b.platforms, one.name()) {
			continue
		}
		one.URI = strings.ReplaceAll(one.URI, old, b.version)
		sum, ok := b.checksums[one.archive()]
		if !ok {
			return plugin{}, fmt.Errorf("checksums.txt has no %s, which the manifest names for %s", one.archive(), one.name())
		}
		one.Sha256 = sum
		if b.download != "" {
			one.URI = strings.TrimSuffix(b.download, "/") + "/" + one.archive()
		}
		platforms = append(platforms, one)
	}
	p.Spec.Platforms = platforms
	return p, nil
}
