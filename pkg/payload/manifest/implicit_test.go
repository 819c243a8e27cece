package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// TestImplicitCapabilities compares an object of an update with the one of the running payload.
func TestImplicitCapabilities(t *testing.T) {
	const needs = "capability.openshift.io/name="
	for name, test := range map[string]struct {
		running, update, enabled, want string
	}{
		"newly optional":                  {config("a").String(), config("a").with(needs + "New").String(), "", "New"},
		"enabled already":                 {config("a").String(), config("a").with(needs + "New").String(), "New", ""},
		"one capability more":             {config("a").with(needs + "Old").String(), config("a").with(needs + "Old+New").String(), "Old", "New"},
		"several":                         {config("a").String(), config("a").with(needs + "B+A").String(), "", "A B"},
		"not applied in the running one":  {config("a").with(needs + "Old").String(), config("a").with(needs + "New").String(), "", ""},
		"not in the running one":          {config("b").String(), config("a").with(needs + "New").String(), "", ""},
		"of another kind":                 {strings.ReplaceAll(config("a").String(), "ConfigMap", "Secret"), config("a").with(needs + "New").String(), "", ""},
		"of another group":                {strings.ReplaceAll(config("a").String(), "apiVersion: v1", "apiVersion: g/v1"), config("a").with(needs + "New").String(), "", ""},
		"of another version of the group": {strings.ReplaceAll(config("a").String(), "apiVersion: v1", "apiVersion: g/v1beta1"), strings.ReplaceAll(config("a").with(needs+"New").String(), "apiVersion: v1", "apiVersion: g/v1"), "", "New"},
		"the same capability in both":     {config("a").with(needs + "Old").String(), config("a").with(needs + "Old").String(), "", ""},
		"not loaded in the update":        {config("a").String(), config("a").with(needs+"New", "release.openshift.io/feature-set=TechPreviewNoUpgrade").String(), "", ""},
		"not loaded in the running one":   {config("a").with("release.openshift.io/feature-set=TechPreviewNoUpgrade").String(), config("a").with(needs + "New").String(), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			enabled := strings.Fields(test.enabled)
			settings := manifest.Settings{EnabledCapabilities: append([]string{}, enabled...)}
			running, _ := manifest.Evaluate(read(t, file("a.yaml", test.running)), settings)
			objects := read(t, file("a.yaml", test.update))
			update, _ := manifest.Evaluate(objects, settings)
			got := manifest.ImplicitCapabilities(running, update, enabled)
			if diff := cmp.Diff(test.want, strings.Join(got, " ")); diff != "" {
				t.Error(diff)
			}
			settings.ImplicitCapabilities = got
			if after, _ := manifest.Evaluate(objects, settings); test.want != "" && (after[0].State != manifest.Included || !strings.HasPrefix(after[0].Reason, "implicitly enabled capabilit")) {
				t.Errorf("%s: %s", after[0].State, after[0].Reason)
			}
		})
	}
}
