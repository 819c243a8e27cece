package printers_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/printers"
)

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

// Nothing of a text is lost, and no line is too long.
func FuzzFill(f *testing.F) {
	f.Add("see kube-apiserver-operator now", 5)
	f.Add("CustomResourceDefinition ü", 1)
	f.Fuzz(func(t *testing.T, text string, width int) {
		if width < 1 || width > 200 {
			t.Skip()
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
