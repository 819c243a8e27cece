package plugin

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/blang/semver/v4"
	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// inclusionFlags say for which cluster the manifests of a payload are looked at.
type inclusionFlags struct {
	profile, featureSet, excludeIdentifier string
	featureGates, known, enabled           string
	overrides, installConfig, releaseImage string
	byCluster                              bool
	command                                *cobra.Command
}

func newInclusionFlags(cmd *cobra.Command) *inclusionFlags {
	i := &inclusionFlags{command: cmd}
	flags := cmd.Flags()
	flags.StringVar(&i.profile, "profile", manifest.DefaultProfile, "Cluster profile: self-managed-high-availability, single-node-developer, ibm-cloud-managed, hypershift")
	flags.StringVar(&i.featureSet, "feature-set", "Default", "Feature set: "+strings.Join(featureSets(), ", "))
	flags.StringVar(&i.excludeIdentifier, "exclude-identifier", "", "Leave out what is annotated to be excluded by this identifier")
	flags.StringVar(&i.featureGates, "feature-gates", "payload", "Enabled feature gates: payload (what the release enables for profile and feature set), none, unchecked, or a list A,B")
	flags.StringVar(&i.known, "known-capabilities", "", "Capabilities that the operator knows: none or a list A,B (default: not checked)")
	flags.StringVar(&i.enabled, "capabilities", "", "Enabled capabilities: none, vCurrent, a set such as v4.14, or a list A,B (default: all known)")
	flags.StringVar(&i.overrides, "overrides", "", "File with the overrides of a ClusterVersion, or a ClusterVersion")
	flags.StringVar(&i.installConfig, "install-config", "", "File of an installer: feature set, gates and capabilities of the cluster to come")
	flags.BoolVar(&i.byCluster, "included-by-cluster", false, "Take profile, feature set, gates, capabilities, overrides and exclude identifier from the connected cluster; flags go before it")
	flags.StringVar(&i.releaseImage, "release-image", "", "Pull spec that the operator's own manifests are rendered with (default: the release by digest, or as the cluster names it)")
	return i
}

func featureSets() []string {
	return []string{"Default", "TechPreviewNoUpgrade", "DevPreviewNoUpgrade", "CustomNoUpgrade", "OKD"}
}

// check refuses values that no cluster could have, before anything is fetched, and reads the files.
func (i *inclusionFlags) check() (inclusion, error) {
	c := inclusion{flags: i}
	if i.byCluster && i.installConfig != "" {
		return c, fault.Errorf(fault.Usage, "--included-by-cluster and --install-config both say which cluster it is: give one of them")
	}
	if i.featureSet != "" && !slices.Contains(featureSets(), i.featureSet) {
		return c, fault.Errorf(fault.Usage, "--feature-set %q: want one of %s", i.featureSet, strings.Join(featureSets(), ", "))
	}
	if strings.HasPrefix(i.enabled, "v") && !strings.Contains(i.enabled, ",") {
		if _, ok := manifest.CapabilitySet(i.enabled, nil); !ok {
			return c, fault.Errorf(fault.Usage, "--capabilities %q: want none, a list of capabilities, or one of %s",
				i.enabled, strings.Join(manifest.CapabilitySetNames(), ", "))
		}
	}
	if i.installConfig != "" {
		data, err := os.ReadFile(i.installConfig)
		if err != nil {
			return c, fault.Errorf(fault.Local, "--install-config: %w", err)
		}
		parsed, err := manifest.ParseInstallConfig(data)
		if err != nil {
			return c, fault.Errorf(fault.Usage, "--install-config %s: %w", i.installConfig, err)
		}
		c.installConfig = &parsed
	}
	var err error
	c.overrides, err = readOverrides(i.overrides)
	return c, err
}

// readOverrides reads the overrides of a ClusterVersion: it, its spec, or the list alone.
func readOverrides(file string) ([]manifest.Override, error) {
	if file == "" {
		return nil, nil
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fault.Errorf(fault.Local, "--overrides: %w", err)
	}
	var list []manifest.Override
	if yaml.UnmarshalStrict(data, &list) == nil {
		return list, nil
	}
	var object struct {
		Overrides []manifest.Override `json:"overrides"`
		Spec      struct {
			Overrides []manifest.Override `json:"overrides"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(data, &object); err != nil {
		return nil, fault.Errorf(fault.Usage, "--overrides %s: want a ClusterVersion or the list of its overrides: %w", file, err)
	}
	if all := append(object.Overrides, object.Spec.Overrides...); len(all) > 0 {
		return all, nil
	}
	return nil, fault.Errorf(fault.Usage, "--overrides %s: it has no overrides: want a ClusterVersion or the list of its overrides", file)
}

// inclusion is what the user said about a cluster, read and checked.
type inclusion struct {
	flags         *inclusionFlags
	installConfig *manifest.InstallConfig
	connected     *connected // nil before the cluster was asked
	overrides     []manifest.Override
}

// given says whether a flag is on the command line.
func (c inclusion) given(flag string) bool { return c.flags.command.Flags().Changed(flag) }

// profile is the profile of the cluster.
func (c inclusion) profile() string {
	if c.connected != nil && c.connected.operator.Profile != "" && !c.given("profile") {
		return c.connected.operator.Profile
	}
	return c.flags.profile
}

// settings are those of the cluster: of the connected one or of the installer's file if there is one, each flag that
// was given in its place.
func (c inclusion) settings(objects []*manifest.Object, version string) manifest.Settings {
	var s manifest.Settings
	described := true
	switch {
	case c.connected != nil:
		s = c.connected.settings(objects, version)
	case c.installConfig != nil:
		s = c.installConfig.Settings(objects)
	default:
		described = false
	}
	s.Profile = c.profile()
	if !described || c.given("feature-set") {
		s.FeatureSet = c.flags.featureSet
	}
	if c.connected != nil && c.given("feature-set") {
		s.Gates = manifest.Gates{Mode: manifest.PayloadGates} // the cluster's are those of its own set
	}
	if !described || c.given("feature-gates") {
		s.Gates = gates(c.flags.featureGates)
	}
	if c.given("known-capabilities") {
		s.KnownCapabilities = capabilities(c.flags.known, objects)
	}
	if c.given("capabilities") {
		s.EnabledCapabilities = capabilities(c.flags.enabled, objects)
	}
	if c.connected == nil || c.given("exclude-identifier") {
		s.ExcludeIdentifier = c.flags.excludeIdentifier
	}
	if c.connected == nil || c.given("overrides") {
		s.Overrides = c.overrides
	}
	if v, err := semver.Parse(version); err == nil {
		s.MajorVersion = &v.Major
	}
	return s
}

func gates(text string) manifest.Gates {
	switch text {
	case "payload":
		return manifest.Gates{Mode: manifest.PayloadGates}
	case "unchecked":
		return manifest.Gates{Mode: manifest.UncheckedGates}
	case "none", "":
		return manifest.Gates{Mode: manifest.ListedGates}
	}
	return manifest.Gates{Mode: manifest.ListedGates, Enabled: list(text)}
}

// capabilities reads none, the name of a set, or a list; never nil, which would mean all.
func capabilities(text string, objects []*manifest.Object) []string {
	if text == "none" || text == "" {
		return []string{}
	}
	if set, ok := manifest.CapabilitySet(text, manifest.CapabilitiesOf(objects)); ok {
		return append([]string{}, set...)
	}
	return list(text)
}

// list splits at commas and drops blanks.
func list(text string) []string {
	items := []string{}
	for _, item := range strings.Split(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// evaluated is a release with its manifests, and what becomes of each in the cluster that the flags describe.
type evaluated struct {
	*loaded
	files   payload.Files
	payload *manifest.Payload
	entries []manifest.Entry

	connected *connected // nil unless the cluster was asked
}

// wantManifests is what is read to list a payload's manifests.
func wantManifests() image.Want {
	return image.Want{Operator: true, Contents: func(_, name string) bool { return payload.IsManifestName(name) }}
}

// listManifests is what is read where nobody looks at the manifests' texts: an index of them, when there is one.
func listManifests() readOptions { return readOptions{want: wantManifests(), index: true} }

// evaluate reads a release with its manifests and decides about each.
func (f *factory) evaluate(ctx context.Context, ref image.Reference, repository string, c inclusion, o readOptions) (*evaluated, error) {
	if c.flags.byCluster {
		var err error
		if c.connected, err = f.ask(ctx, c.given); err != nil {
			return nil, err
		}
	}
	release, files, err := f.read(ctx, ref, repository, o)
	if err != nil {
		return nil, err
	}
	return f.decide(ref, release, files, c), nil
}

// decide renders the operator's manifests and says of every one what becomes of it.
func (f *factory) decide(ref image.Reference, release *loaded, files payload.Files, c inclusion) *evaluated {
	pullSpec := f.releaseImage(release, c.connected)
	if c.flags.releaseImage != "" {
		pullSpec = c.flags.releaseImage
	}
	images := map[string]string{}
	for _, component := range release.Components {
		images[component.Name] = component.Image
	}
	p := release.manifests(files, manifest.Render{
		ReleaseImage: pullSpec, ClusterProfile: c.profile(), Images: images,
		Done: ref.Kind == image.KindFolder && manifest.Rendered(files.Operator),
	})
	for _, warning := range p.Warnings {
		f.warnf("%s", warning)
	}
	entries, warnings := manifest.Evaluate(p.Objects, c.settings(p.Objects, release.Version))
	for _, warning := range warnings {
		f.warnf("%s", warning)
	}
	return &evaluated{loaded: release, files: files, payload: p, entries: entries, connected: c.connected}
}
