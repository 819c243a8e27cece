package printers_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// manifests prints a few manifests as a terminal of so many columns shows them; 0 is for a terminal that does not say.
func manifests(t *testing.T, width int, all bool) string {
	t.Helper()
	list := &v1alpha1.ReleaseManifestList{Items: []v1alpha1.ReleaseManifest{
		{
			Index: 147, Level: "20", Component: "kube-apiserver-operator", State: "included",
			Object: v1alpha1.ObjectReference{Kind: "CustomResourceDefinition", Name: "kubeapiservers.operator.openshift.io"},
		},
		{
			Level: "20", Component: "kube-apiserver", State: "excluded", Reason: "release.openshift.io/feature-set=OKD, the feature set is Default",
			Object: v1alpha1.ObjectReference{Kind: "Service", Namespace: "openshift-kube-apiserver-operator", Name: "metrics"},
		},
	}}
	out, err := printers.NewOutput(printers.Options{Terminal: true, Width: width, Forms: printers.Forms{Table: true}})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := out.Print(context.Background(), &b, printers.ReleaseManifests(list, all)); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestManifestsOnTerminals(t *testing.T) {
	for _, test := range []struct {
		name  string
		width int
		all   bool
		want  string
	}{
		{"80 columns", 80, false, `
INDEX   LEVEL  COMPONENT        KIND            NAMESPACE        NAME
147     20     kube-apiserver-  CustomResource  <none>           kubeapiservers
               operator         Definition                       .operator.
                                                                 openshift.io
<none>  20     kube-apiserver   Service         openshift-kube-  metrics
                                                apiserver-
                                                operator
`},
		{"80 columns with reasons", 80, true, `
INDEX   LEVEL  COMPONENT   KIND        NAMESPACE   NAME          STATE
147     20     kube-       Custom      <none>      kubeapiserve  included
               apiserver-  Resource                rs.operator.
               operator    Definition              openshift.io
<none>  20     kube-       Service     openshift-  metrics       excluded
               apiserver               kube-
                                       apiserver-
                                       operator
    reason: release.openshift.io/feature-set=OKD, the feature set is Default
`},
		{"60 columns", 60, false, `
INDEX   LEVEL  COMPONENT   KIND        NAMESPACE   NAME
147     20     kube-       Custom      <none>      kubeapise
               apiserver-  Resource                rvers.
               operator    Definition              operator.
                                                   openshift
                                                   .io
<none>  20     kube-       Service     openshift-  metrics
               apiserver               kube-
                                       apiserver-
                                       operator
`},
	} {
		got := "\n" + manifests(t, test.width, test.all)
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		for _, line := range strings.Split(got, "\n") {
			if len(line) > test.width {
				t.Errorf("%s: %q has %d", test.name, line, len(line))
			}
		}
	}
}

// Lines are not wrapped on terminals of unknown width, or too narrow for the table.
func TestTablesThatCannotFitAreWhole(t *testing.T) {
	for _, width := range []int{0, 30} {
		got := manifests(t, width, true)
		if strings.Count(got, "\n") != 3 || !strings.Contains(got, "release.openshift.io/feature-set=OKD, the feature set is Default\n") {
			t.Errorf("%d columns:\n%s", width, got)
		}
	}
}

func TestFill(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  []string
	}{
		{"", 10, []string{""}},
		{"one two  three", 7, []string{"one two", "three"}},
		{"one two three", 0, []string{"one two three"}},
		{"see kube-apiserver-operator now", 16, []string{"see", "kube-apiserver-", "operator now"}},
		{"CustomResourceDefinition", 15, []string{"CustomResource", "Definition"}},
		{"kubeapiservers.operator.openshift.io", 12, []string{"kubeapiserve", "rs.operator.", "openshift.io"}},
		{"xxxxxxxx", 3, []string{"xxx", "xxx", "xx"}},
		{"ööö ööö", 3, []string{"ööö", "ööö"}},
	} {
		if diff := cmp.Diff(test.want, printers.Fill(test.text, test.width)); diff != "" {
			t.Errorf("%q in %d columns (-want +got):\n%s", test.text, test.width, diff)
		}
	}
}

// Fill keeps all words, and no line is too long.
func FuzzFill(f *testing.F) {
	f.Add("see kube-apiserver-operator now", 5)
	f.Add("CustomResourceDefinition ü", 1)
	f.Fuzz(func(t *testing.T, text string, width int) {
		if width < 1 || width > 200 {
			t.Skip("no terminal has this width")
		}
		text = strings.ToValidUTF8(text, "?")
		lines := printers.Fill(text, width)
		for _, line := range lines {
			if len([]rune(line)) > width {
				t.Errorf("%q has more than %d columns", line, width)
			}
		}
		if got, want := strings.Join(strings.Fields(strings.Join(lines, "")), ""), strings.Join(strings.Fields(text), ""); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
