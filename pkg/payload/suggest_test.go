package payload_test

import (
	"testing"

	"github.com/release-x/oc-release-x/pkg/payload"
)

func TestDidYouMean(t *testing.T) {
	for _, test := range []struct {
		asked string
		names []string
		want  string
	}{
		{"etdc", []string{"etcd", "pod"}, "etcd"}, // letters swapped
		{"ectd", []string{"etcd", "pod"}, "etcd"}, // letters swapped
		{"etc", []string{"etcd", "pod"}, "etcd"},  // one is missing
		{"EtCD", []string{"etcd"}, "etcd"},        // case
		{"pods", []string{"pod"}, "pod"},          // one too many
		{"foo", []string{"pod", "info"}, ""},      // a short word is near only with one mistake
		{"x", []string{"y", "xy"}, ""},            // one letter says nothing
		{"ok", []string{"OKD", "Default"}, "OKD"}, //
		{"imagse", []string{"images", "info"}, "images"},
		{"manfests", []string{"manifests"}, "manifests"},
		{"proxy", []string{"kube-proxy", "kube-rbac-proxy", "etcd"}, "kube-proxy, kube-rbac-proxy"}, // a part of names
		{"kube-apisever-oprator", []string{"kube-apiserver-operator", "kube-scheduler-operator"}, "kube-apiserver-operator"},
		{"tols", []string{"to", "top"}, "to"}, // two too many
		{"", []string{"a"}, ""},
	} {
		want := test.want
		if want != "" {
			want = "; did you mean " + want + "?"
		}
		if got := payload.DidYouMean(test.asked, test.names); got != want {
			t.Errorf("%q: got %q, want %q", test.asked, got, want)
		}
	}
}
