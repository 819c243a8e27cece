package impact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

func needs(capabilities string) string { return "capability.openshift.io/name: " + capabilities }

func TestCapabilities(t *testing.T) {
	const start = " capability ConfigMap x 0000_50_a_1.yaml: capability "
	checkUpdates(t, map[string]update{
		"new":          {new: files{file: configMap("x", "1", needs("Build")), file2: configMap("z", "1", needs("Build"))}, want: []string{"info" + start + "Build is new; 2 objects need it"}},
		"more objects": {old: files{file: configMap("x", "1", needs("Build"))}, new: files{file: configMap("x", "1", needs("Build")), file2: configMap("z", "1", needs("Build"))}},
		"enabled implicitly": {
			old: files{file: configMap("x", "1")}, new: files{file: configMap("x", "1", needs("Build"))},
			want: []string{"warning" + start + "Build is new, and enabled implicitly in clusters that do not have it: 1 object needs it, and 4.18.1 has it without it"},
		},
		"known and enabled implicitly": {
			old:  files{file: configMap("x", "1", needs("Console")), file2: configMap("z", "1", needs("Build"))},
			new:  files{file: configMap("x", "1", needs("Build+Console")), file2: configMap("z", "1", needs("Build"))},
			want: []string{"warning" + start + "Build is enabled implicitly in clusters that do not have it: 1 object needs it, and 4.18.1 has it without it"},
		},
		"no longer needed": {old: files{file: configMap("x", "1", needs("Build"))}, new: files{file: configMap("x", "1")}},
		"only other clusters had the object": {
			old: files{"0000_50_a_0.yaml": configMap("x", "1", preview), file2: configMap("z", "1", needs("Build"))},
			new: files{"0000_50_a_0.yaml": configMap("x", "1", preview), file: configMap("x", "1", standard, needs("Build")), file2: configMap("z", "1", needs("Build"))},
		},
	})
	t.Run("of a cluster", func(t *testing.T) {
		old := files{file: configMap("x", "1"), file2: configMap("z", "1", needs("Build"))}
		new := files{file: configMap("x", "1", needs("Build")), file2: configMap("z", "1", needs("Build")), "0000_50_a_3.yaml": configMap("v", "1", needs("Storage"))}
		for _, test := range []struct {
			name     string
			settings manifest.Settings
			want     []string
		}{
			{"all", manifest.Settings{}, []string{"info capability ConfigMap v 0000_50_a_3.yaml: capability Storage is new, and enabled; 1 object needs it"}},
			{"none", manifest.Settings{EnabledCapabilities: []string{}, ImplicitCapabilities: []string{"Build"}}, []string{
				"warning" + start + "Build is enabled implicitly: 1 object needs it, and 4.18.1 has it without it",
				"info capability ConfigMap v 0000_50_a_3.yaml: capability Storage is new; 1 object needs it",
			}},
			{"enabled before", manifest.Settings{EnabledCapabilities: []string{"Build"}}, []string{
				"info capability ConfigMap v 0000_50_a_3.yaml: capability Storage is new; 1 object needs it",
			}},
		} {
			report := find(t, newSide(t, "4.18.1", old, test.settings), newSide(t, "4.19.0", new, test.settings), impact.Options{Included: true, Settings: test.settings})
			if diff := cmp.Diff(test.want, lines(report)); diff != "" {
				t.Errorf("%s: %s", test.name, diff)
			}
		}
	})
}
