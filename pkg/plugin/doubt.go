package plugin

import (
	"maps"
	"slices"
	"strings"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// doubts are sentences about names that the user gave and that no manifest of the payload knows.
func (c inclusion) doubts(objects []*manifest.Object, settings manifest.Settings) []string {
	var sentences []string
	if profiles := profilesOf(objects); len(profiles) > 0 && !slices.Contains(profiles, settings.Profile) {
		sentences = append(sentences, "no manifest names the profile "+settings.Profile+": this payload has "+strings.Join(profiles, ", "))
	}
	current, _ := manifest.CapabilitySet("vCurrent", manifest.CapabilitiesOf(objects))
	asked := slices.Concat(list(c.flags.enabled), list(c.flags.known))
	if c.installConfig != nil {
		asked = append(asked, c.installConfig.AdditionalEnabledCapabilities...)
	}
	for _, name := range asked {
		if _, isSet := manifest.CapabilitySet(name, nil); !isSet && name != "none" && !slices.Contains(current, name) {
			sentences = append(sentences, "no manifest names the capability "+name+": known are "+strings.Join(current, ", "))
		}
	}
	return sentences
}

// profilesOf are the profiles that manifests name, sorted.
func profilesOf(objects []*manifest.Object) []string {
	found := map[string]bool{}
	for _, o := range objects {
		for key := range o.Annotations {
			if profile, ok := strings.CutPrefix(key, manifest.IncludePrefix); ok {
				found[profile] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}
