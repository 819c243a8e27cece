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

// On a terminal that does not say how wide it is, and on one that is too narrow for any table, nothing is broken.
func TestTablesThatCannotFitAreWhole(t *testing.T) {
	for _, width := range []int{0, 30} {
		got := manifests(t, width, true)
		if strings.Count(got, "\n") != 3 || !strings.Contains(got, "release.openshift.io/feature-set=OKD, the feature set is Default\n") {
			t.Errorf("%d columns:\n%s", width, got)
		}
	}
}
