package manifest

import (
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

const maxInstallConfig = 4 << 20 // bytes

// InstallConfig is what an installer's install-config.yaml says about the manifests of the cluster to come.
type InstallConfig struct {
	FeatureSet string // empty: Default
	Gates      Gates  // the payload's own; those that are listed when FeatureSet is CustomNoUpgrade
	Platform   string // such as aws; none for a cluster without one; empty when the file has no platform

	// BaselineCapabilitySet is empty when the file says nothing, which is vCurrent.
	BaselineCapabilitySet         string
	AdditionalEnabledCapabilities []string
}

// ParseInstallConfig reads an installer's file. Fields that decide nothing here are not checked, so a file without
// its secrets will do. An error is fault.Usage.
func ParseInstallConfig(data []byte) (InstallConfig, error) {
	if len(data) > maxInstallConfig {
		return InstallConfig{}, fault.Errorf(fault.Usage, "the install config has %d bytes, more than %d", len(data), maxInstallConfig)
	}
	if _, err := document.ToJSON(data, nil); document.Kind(err, fault.Usage) == fault.Integrity {
		return InstallConfig{}, fault.Errorf(fault.Usage, "install config: %w", err)
	}
	var content any
	if err := yaml.Unmarshal(data, &content); err != nil {
		return InstallConfig{}, fault.Errorf(fault.Usage, "install config: %w", err)
	}
	if err := checkInstallConfig(content); err != nil {
		return InstallConfig{}, err
	}
	var file struct {
		FeatureSet   string         `json:"featureSet"`
		FeatureGates []string       `json:"featureGates"`
		Platform     map[string]any `json:"platform"`
		Capabilities struct {
			Baseline   string   `json:"baselineCapabilitySet"`
			Additional []string `json:"additionalEnabledCapabilities"`
		} `json:"capabilities"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return InstallConfig{}, fault.Errorf(fault.Usage, "install config: %w", err)
	}
	config := InstallConfig{
		FeatureSet:                    file.FeatureSet,
		BaselineCapabilitySet:         file.Capabilities.Baseline,
		AdditionalEnabledCapabilities: file.Capabilities.Additional,
	}
	var err error
	if config.Platform, err = onePlatform(file.Platform); err != nil {
		return InstallConfig{}, err
	}
	if config.Gates, err = customGates(file.FeatureSet, file.FeatureGates); err != nil {
		return InstallConfig{}, err
	}
	if _, ok := CapabilitySet(config.baseline(), nil); !ok {
		return InstallConfig{}, fault.Errorf(fault.Usage, "install config: unknown baselineCapabilitySet %q, want one of %s",
			config.BaselineCapabilitySet, strings.Join(CapabilitySetNames(), ", "))
	}
	return config, nil
}

// checkInstallConfig refuses documents of another kind. An install config has no kind, or InstallConfig.
func checkInstallConfig(document any) error {
	fields, isObject := document.(map[string]any)
	version, _ := fields["apiVersion"].(string)
	kind, _ := fields["kind"].(string)
	held, _ := fields["data"].(map[string]any)
	_, holds := held["install-config"]
	switch {
	case document != nil && !isObject:
		return fault.Errorf(fault.Usage, "this is not an install config: it is not a YAML object")
	case len(fields) == 0:
		return fault.Errorf(fault.Usage, "this is not an install config: it is empty")
	case kind == "ConfigMap" && holds:
		return fault.Errorf(fault.Usage, "this is not an install config: it is a ConfigMap that holds one as data.install-config, which has to be in a file of its own")
	case kind != "" && kind != "InstallConfig":
		return fault.Errorf(fault.Usage, "this is not an install config: its kind is %s (apiVersion %s)", kind, version)
	case version != "v1":
		return fault.Errorf(fault.Usage, "this is not an install config: its apiVersion is %q, want v1", version)
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch name {
		case "apiVersion", "kind":
		case "baseDomain", "capabilities", "compute", "controlPlane", "featureGates", "featureSet", "metadata", "networking", "platform", "pullSecret":
			return nil
		default:
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		return fault.Errorf(fault.Usage, "this is not an install config: it has none of its fields, but %s", strings.Join(names, ", "))
	}
	return nil
}

// Settings are those of the cluster to come, for the default profile. objects are the payload's: they may name
// capabilities that vCurrent has. The major version is left to the caller.
func (c InstallConfig) Settings(objects []*Object) Settings {
	enabled, _ := CapabilitySet(c.baseline(), CapabilitiesOf(objects))
	enabled = append(enabled, c.AdditionalEnabledCapabilities...)
	slices.Sort(enabled)
	return Settings{
		Profile:             DefaultProfile,
		FeatureSet:          c.FeatureSet,
		Gates:               c.Gates,
		EnabledCapabilities: slices.Compact(enabled),
	}
}

func (c InstallConfig) baseline() string {
	if c.BaselineCapabilitySet == "" {
		return "vCurrent"
	}
	return c.BaselineCapabilitySet
}

func onePlatform(platforms map[string]any) (string, error) {
	names := slices.Sorted(maps.Keys(platforms))
	switch len(names) {
	case 0:
		return "", nil
	case 1:
		return names[0], nil
	}
	return "", fault.Errorf(fault.Usage, "install config: several platforms: %s", strings.Join(names, ", "))
}

// customGates reads NAME=true and NAME=false. The installer takes such a list for CustomNoUpgrade alone.
func customGates(featureSet string, list []string) (Gates, error) {
	if featureSet != "CustomNoUpgrade" {
		if len(list) > 0 {
			return Gates{}, fault.Errorf(fault.Usage, "install config: featureGates need featureSet CustomNoUpgrade")
		}
		return Gates{}, nil
	}
	gates := Gates{Mode: ListedGates}
	for _, item := range list {
		name, value, _ := strings.Cut(item, "=")
		switch name, value = strings.TrimSpace(name), strings.TrimSpace(value); {
		case name == "" || !isBoolean(value):
			return Gates{}, fault.Errorf(fault.Usage, "install config: feature gate %q, want NAME=true or NAME=false", item)
		case strings.EqualFold(value, "true"):
			gates.Enabled = append(gates.Enabled, name)
		}
	}
	return gates, nil
}

func isBoolean(text string) bool {
	return strings.EqualFold(text, "true") || strings.EqualFold(text, "false")
}
