package oracle

import (
	"encoding/json"
	"math/rand"
	"testing"

	configv1 "github.com/openshift/api/config/v1"
	operator "github.com/openshift/library-go/pkg/manifest"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// draw returns one of some words.
func draw(r *rand.Rand, words ...string) string { return words[r.Intn(len(words))] }

// annotations returns random annotations that decide about inclusion, with valid, odd or invalid values; sometimes nil.
func annotations(r *rand.Rand) map[string]any {
	if r.Intn(20) == 0 {
		return nil
	}
	drawn := map[string]any{}
	for key, values := range map[string][]string{
		"include.release.openshift.io/self-managed-high-availability": {"true", "true", "true", "True", "false", "", "false-except-for-the-config-operator"},
		"include.release.openshift.io/hypershift":                     {"true", "no"},
		"exclude.release.openshift.io/me":                             {"true", "false", "TRUE"},
		"exclude.release.openshift.io/":                               {"true"},
		"release.openshift.io/feature-set":                            {"Default", "Default,OKD", "TechPreviewNoUpgrade", "CustomNoUpgrade,DevPreviewNoUpgrade", "", "default", "Default, OKD", newSet},
		"release.openshift.io/feature-gate":                           {"A", "-A", "A,B", " A , -C ", "", ",", "-", "A,-A"},
		"release.openshift.io/major-version":                          {"4", "5", "-4", "-5", "4,5", "4,-5", "4,-4", "", " 4 ", "x", "4,-", "-5,-6", "018"},
		"capability.openshift.io/name":                                {"Console", "Console+Build", "Zoo", "", "+", "Build+Zoo"},
		"other":                                                       {"x"},
	} {
		if r.Intn(3) == 0 || key == "include.release.openshift.io/self-managed-high-availability" && r.Intn(4) > 0 {
			drawn[key] = draw(r, values...)
		}
	}
	return drawn
}

// situation has the settings of a cluster in both representations.
type situation struct {
	exclude, set, profile string
	known, enabled        []string // nil: not checked
	gates                 []string // nil: not checked
	major                 *uint64
	overrides             []manifest.Override
}

func drawSituation(r *rand.Rand) situation {
	s := situation{
		exclude: draw(r, "", "me", "you"), set: draw(r, "", "Default", "TechPreviewNoUpgrade", "CustomNoUpgrade", "OKD", newSet),
		profile: draw(r, "self-managed-high-availability", "self-managed-high-availability", "hypershift", "none"),
	}
	if r.Intn(3) > 0 {
		s.known = []string{"Console", "Build"}[:r.Intn(3)]
		s.enabled = s.known[:r.Intn(len(s.known)+1)]
	}
	if r.Intn(3) > 0 {
		s.gates = []string{"A", "B", "C"}[:r.Intn(4)]
	}
	if r.Intn(3) > 0 {
		s.major = new(uint64(r.Intn(7)))
	}
	for range r.Intn(3) {
		s.overrides = append(s.overrides, manifest.Override{
			Group: draw(r, "", "config.openshift.io"), Kind: draw(r, "ConfigMap", "FeatureGate"),
			Namespace: draw(r, "", "ns", "other"), Name: draw(r, "x", "y"), Unmanaged: r.Intn(3) > 0,
		})
	}
	return s
}

// newSet is a feature set that library-go does not know.
const newSet = "Nothing"

// namesNewSet reports whether a manifest is for newSet alone and the cluster uses it. Here the two differ on purpose:
// library-go leaves the manifest out, and we include it, as the operator of a release that knows the set does.
func (s situation) namesNewSet(m *operator.Manifest) bool {
	return s.set == newSet && m.Obj.GetAnnotations()[manifest.FeatureSetAnnotation] == newSet
}

// theirs reports whether the operator loads and applies a manifest.
func (s situation) theirs(m *operator.Manifest) (loads, applies bool) {
	var capabilities *configv1.ClusterVersionCapabilitiesStatus
	if s.known != nil {
		capabilities = &configv1.ClusterVersionCapabilitiesStatus{KnownCapabilities: caps(s.known), EnabledCapabilities: caps(s.known)}
	}
	var gates sets.Set[string]
	if s.gates != nil {
		gates = sets.New(s.gates...)
	}
	loads = m.Include(&s.exclude, &s.set, &s.profile, capabilities, nil, gates, s.major) == nil
	var overrides []configv1.ComponentOverride
	for _, o := range s.overrides {
		overrides = append(overrides, configv1.ComponentOverride{Group: o.Group, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, Unmanaged: o.Unmanaged})
	}
	if capabilities != nil {
		capabilities.EnabledCapabilities = caps(s.enabled)
	}
	return loads, loads && m.Include(nil, nil, nil, capabilities, overrides, nil, nil) == nil
}

// theirsWithKnownSet is theirs with a feature set that the operator knows in place of newSet.
func (s situation) theirsWithKnownSet(t *testing.T, m *operator.Manifest) (loads, applies bool) {
	t.Helper()
	const known = "TechPreviewNoUpgrade"
	object := m.Obj.DeepCopy()
	annotations := object.GetAnnotations()
	annotations[manifest.FeatureSetAnnotation] = known
	object.SetAnnotations(annotations)
	data, err := object.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	var renamed operator.Manifest
	if err := json.Unmarshal(data, &renamed); err != nil {
		t.Fatal(err)
	}
	s.set = known
	return s.theirs(&renamed)
}

func (s situation) settings() manifest.Settings {
	settings := manifest.Settings{
		Profile: s.profile, FeatureSet: s.set, ExcludeIdentifier: s.exclude, MajorVersion: s.major,
		KnownCapabilities: s.known, EnabledCapabilities: s.enabled, Overrides: s.overrides,
		Gates: manifest.Gates{Mode: manifest.ListedGates, Enabled: s.gates},
	}
	if s.gates == nil {
		settings.Gates.Mode = manifest.UncheckedGates
	}
	return settings
}

func caps(names []string) []configv1.ClusterVersionCapability {
	list := []configv1.ClusterVersionCapability{}
	for _, name := range names {
		list = append(list, configv1.ClusterVersionCapability(name))
	}
	return list
}

// The operator and this project load and apply the same of random manifests in random clusters.
func TestInclude(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	counts := map[manifest.State]int{}
	newSets := 0
	for range 100_000 {
		metadata := map[string]any{"name": draw(r, "x", "y")}
		if r.Intn(2) == 0 {
			metadata["namespace"] = "ns"
		}
		if drawn := annotations(r); drawn != nil {
			metadata["annotations"] = drawn
		}
		object := map[string]any{
			"apiVersion": draw(r, "v1", "config.openshift.io/v1", "apiextensions.k8s.io/v1"),
			"kind":       draw(r, "ConfigMap", "FeatureGate", "CustomResourceDefinition"), "metadata": metadata,
		}
		data, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		var m operator.Manifest
		if err := json.Unmarshal(data, &m); err != nil {
			t.Fatal(err)
		}
		s := drawSituation(r)
		loads, applies := s.theirs(&m)
		if s.namesNewSet(&m) {
			if loads || applies {
				t.Fatalf("the operator knows the feature set %s: compare it like the others\n%s", newSet, data)
			}
			loads, applies = s.theirsWithKnownSet(t, &m)
			newSets++
		}
		loaded := manifest.Load(payload.Files{Release: []payload.File{{Name: "a.json", Data: data}}}, manifest.Render{})
		entries, _ := manifest.Evaluate(loaded.Objects, s.settings())
		e := entries[0]
		if e.Loaded != loads || (e.State == manifest.Included) != applies || (e.Reason == "") != applies {
			t.Fatalf("the operator loads: %t, applies: %t; here %t, %s, %q\n%s\n%+v", loads, applies, e.Loaded, e.State, e.Reason, data, s)
		}
		counts[e.State]++
	}
	if counts[manifest.Included] < 5_000 || counts[manifest.Excluded] < 5_000 || newSets < 100 {
		t.Errorf("the draws are one-sided: %v, %d of a new feature set", counts, newSets)
	}
}
