package manifest

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload/document"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

const maxInstallConfig = 4 << 20 // bytes

// InstallConfig has the settings of an install-config.yaml that decide about manifests.
type InstallConfig struct {
	FeatureSet string // empty: Default
	Gates      Gates  // the payload's own, or the listed ones if FeatureSet is CustomNoUpgrade
	Platform   string // such as aws; none for a cluster without a platform; empty if the file does not say

	// BaselineCapabilitySet is empty if the file does not set it; that means vCurrent.
	BaselineCapabilitySet         string
	AdditionalEnabledCapabilities []string
}

// ParseInstallConfig parses an install-config.yaml. It does not check fields that decide nothing here, so secrets may be
// missing. The error is fault.Usage.
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

// checkInstallConfig refuses other documents. The kind of an install config is empty or InstallConfig.
func checkInstallConfig(document any) error {
	fields, isObject := document.(map[string]any)
	version, _ := fields["apiVersion"].(string)
	kind, _ := fields["kind"].(string)
	data, _ := fields["data"].(map[string]any)
	_, hasConfig := data["install-config"]
	switch {
	case document != nil && !isObject:
		return fault.Errorf(fault.Usage, "this is not an install config: it is not a YAML object")
	case len(fields) == 0:
		return fault.Errorf(fault.Usage, "this is not an install config: it is empty")
	case kind == "ConfigMap" && hasConfig:
		return fault.Errorf(fault.Usage, "this is not an install config: it is a ConfigMap that has one in data.install-config; save that as a file of its own")
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
		return fault.Errorf(fault.Usage, "this is not an install config: it has no field of an install config, only %s", strings.Join(names, ", "))
	}
	return nil
}

// Settings returns the settings of a cluster that is installed with this file, for the default profile. vCurrent includes
// the capabilities that objects name. The caller sets the major version.
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

func (c InstallConfig) baseline() string { return cmp.Or(c.BaselineCapabilitySet, "vCurrent") }

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

// customGates parses a list of NAME=true and NAME=false, which the installer only takes with CustomNoUpgrade.
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
