package manifest_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/go-digest"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

// filtered returns a release of one component and the entries of four objects, of which o is excluded.
func filtered(t *testing.T) (*payload.Release, []manifest.Entry) {
	t.Helper()
	etcd := payload.Component{Name: "etcd", Image: "quay.io/r/r@" + digest.FromString("etcd").String(), Digest: digest.FromString("etcd")}
	other := payload.Component{Name: "pod", Image: "quay.io/r/r@" + digest.FromString("pod").String(), Digest: digest.FromString("pod")}
	objects := read(
		t,
		file("0000_03_config-operator_00.yaml", config("a").in("openshift-config").String()),
		file("0000_50_etcd-operator_00.yaml", texts(
			config("b").in("openshift-etcd").holding("data:\n  image: "+etcd.Image+"\n"),
			config("etcd").of("apps/v1", "Deployment").in("openshift-etcd"),
		)...),
		file("0000_50_olm_00.yaml", config("o").plain().in("olm").String()),
	)
	entries, warnings := manifest.Evaluate(objects, manifest.Settings{})
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	return &payload.Release{Version: "4.14.0", Components: []payload.Component{etcd, other}}, entries
}

func TestFilterMatch(t *testing.T) {
	release, entries := filtered(t)
	const none = ": no manifest of release 4.14.0 has this "
	tests := []struct {
		name     string
		filter   manifest.Filter
		want     string   // the names that are left
		warnings []string // of values that fit nothing
		err      string
	}{
		{"nothing", manifest.Filter{}, "a b etcd o", nil, ""},
		{"name", manifest.Filter{Objects: []string{"etcd"}}, "etcd", nil, ""},
		{"kind and name", manifest.Filter{Objects: []string{"deploy/etcd", "cm/*"}}, "a b etcd o", nil, ""},
		{"several filters", manifest.Filter{Namespaces: []string{"openshift-etcd"}, Kinds: []string{"Deployment"}}, "etcd", nil, ""},
		{"filters that exclude each other", manifest.Filter{Namespaces: []string{"openshift-etcd"}, Levels: []string{"03"}}, "", nil, ""},
		{"level", manifest.Filter{Levels: []string{"50"}}, "b etcd o", nil, ""},
		{"component", manifest.Filter{Components: []string{"*-operator"}}, "a b etcd", nil, ""},
		{"kind with its group", manifest.Filter{Kinds: []string{"deployments.apps"}}, "etcd", nil, ""},
		{"image", manifest.Filter{Images: []string{"etcd"}}, "b", nil, ""},
		{"one value of two", manifest.Filter{Objects: []string{"a", "zzzz"}}, "a", []string{"zzzz" + none + "name"}, ""},
		{"no name", manifest.Filter{Objects: []string{"etc"}}, "", nil, "etc" + none + "name; did you mean etcd?"},
		{"a kind as a name", manifest.Filter{Objects: []string{"deployment"}}, "", nil, "deployment" + none + "name; did you mean --kind deployment?"},
		{"no namespace", manifest.Filter{Namespaces: []string{"openshift-etc"}}, "", nil, "--namespace openshift-etc" + none + "namespace; did you mean openshift-etcd?"},
		{"level without its zero", manifest.Filter{Levels: []string{"3"}}, "", nil, "--level 3" + none + "run level; did you mean 03? Levels count as they are written"},
		{"no level", manifest.Filter{Levels: []string{"77"}}, "", nil, "--level 77" + none + "run level; there are 03, 50"},
		{"no component", manifest.Filter{Components: []string{"etcd-operatr"}}, "", nil, "--component etcd-operatr" + none + "component; did you mean etcd-operator?"},
		{"a kind of another group", manifest.Filter{Kinds: []string{"deployment.batch"}}, "", nil, "--kind deployment.batch" + none + "kind; did you mean Deployment.apps?"},
		{"an image that nothing mentions", manifest.Filter{Images: []string{"pod"}}, "", nil, "--image pod: no manifest of release 4.14.0 mentions this image"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			matches, warnings, err := test.filter.Match(release, entries)
			if test.err != "" {
				if err == nil || err.Error() != test.err || fault.KindOf(err) != fault.NotFound {
					t.Errorf("got  %v (%v)\nwant %s", err, fault.KindOf(err), test.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, e := range entries {
				if matches(e) {
					names = append(names, e.Name)
				}
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if diff := cmp.Diff(test.warnings, warnings); diff != "" {
				t.Errorf("warnings: -want +got:\n%s", diff)
			}
		})
	}
}

func TestFilterCheck(t *testing.T) {
	tests := []struct {
		name, want string
		filter     manifest.Filter
	}{
		{"nothing", "", manifest.Filter{}},
		{"blanks around a value", "", manifest.Filter{Kinds: []string{" Deployment "}}},
		{"no value", `--namespace "": want a namespace, such as openshift-etcd`, manifest.Filter{Namespaces: []string{}}},
		{"an empty value", `--level "50,": want a run level, such as 50`, manifest.Filter{Levels: []string{"50", " "}}},
		{"component pattern", `--component: malformed pattern "[": * ? and [a-z] are understood`, manifest.Filter{Components: []string{"["}}},
		{"image pattern", `malformed pattern "[": * ? and [a-z] are understood`, manifest.Filter{Images: []string{"["}}},
		{"object pattern", `malformed pattern "[": * ? and [a-z] are understood`, manifest.Filter{Objects: []string{"cm/["}}},
		{"no name", `"cm/": want KIND/NAME, NAME or a pattern, such as deployment/etcd-operator`, manifest.Filter{Objects: []string{"cm/"}}},
		{"no kind", `"/a": want KIND/NAME, NAME or a pattern, such as deployment/etcd-operator`, manifest.Filter{Objects: []string{"/a"}}},
		{"two slashes", `"a/b/c": want KIND/NAME, NAME or a pattern, such as deployment/etcd-operator`, manifest.Filter{Objects: []string{"a/b/c"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			err := test.filter.Check()
			got := ""
			if err != nil {
				got = err.Error()
			}
			if got != test.want || err != nil && fault.KindOf(err) != fault.Usage {
				t.Errorf("got  %q (%v)\nwant %q", got, fault.KindOf(err), test.want)
			}
		})
	}
	filter := manifest.Filter{Kinds: []string{" Deployment "}}
	if err := filter.Check(); err != nil || filter.Kinds[0] != "Deployment" {
		t.Errorf("got %q, %v: blanks are taken away", filter.Kinds, err)
	}
}

func TestLeftOut(t *testing.T) {
	_, entries := filtered(t)
	for argument, want := range map[string]string{
		"o":    "o is left out: no annotations; --all shows it",
		"cm/o": "cm/o is left out: no annotations; --all shows it",
		"etcd": "", "o*": "", "none": "",
	} {
		if got := manifest.WhyExcluded(entries, argument); got != want {
			t.Errorf("%s: got %q, want %q", argument, got, want)
		}
	}
}

func TestNotObjects(t *testing.T) {
	got := manifest.NotObjects([]string{"etcd", "deployment/etcd", "quay.io/r:tag", "r@sha256:1", "a/b/c"})
	if diff := cmp.Diff([]string{"etcd", "quay.io/r:tag", "r@sha256:1", "a/b/c"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
