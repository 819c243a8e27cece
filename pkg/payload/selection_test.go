package payload_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

func TestSelect(t *testing.T) {
	r := stream{}.with("etcd", pullSpec("a")).with("hyperkube", pullSpec("b")).with("cluster-etcd-operator", pullSpec("c")).read(t)
	for _, test := range []struct {
		names     string
		want      string
		wantError string
		wantKind  fault.Kind
	}{
		{names: "etcd", want: "etcd"},
		{names: "kube-apiserver hyperkube", want: "hyperkube"},
		{names: "*etcd*", want: "cluster-etcd-operator etcd"},
		{names: "e?cd", want: "etcd"},
		{names: "[d-f]tcd", want: "etcd"},
		{names: "kube-*", wantError: `no component matches "kube-*" in release 4.14.0; did you mean kube-apiserver, kube-controller-manager, kube-scheduler?`, wantKind: fault.NotFound},
		{names: "ETCD", wantError: `no component "ETCD" in release 4.14.0; did you mean etcd, cluster-etcd-operator, machine-config-etcd?`, wantKind: fault.NotFound},
		{names: "KUBE_APISERVER_IMAGE", wantError: `no component "KUBE_APISERVER_IMAGE" in release 4.14.0; did you mean kube-apiserver?`, wantKind: fault.NotFound},
		{names: "hyperkbe*", wantError: `no component matches "hyperkbe*" in release 4.14.0; did you mean hyperkube?`, wantKind: fault.NotFound},
		{names: "etdc", wantError: `no component "etdc" in release 4.14.0; did you mean etcd?`, wantKind: fault.NotFound},
		{names: "kube-apisrver", wantError: `no component "kube-apisrver" in release 4.14.0; did you mean kube-apiserver?`, wantKind: fault.NotFound},
		{names: "zzz", wantError: `no component "zzz" in release 4.14.0`, wantKind: fault.NotFound},
		{names: "zzz*", wantError: `no component matches "zzz*" in release 4.14.0`, wantKind: fault.NotFound},
		{names: "cluster-*-oprator", wantError: `no component matches "cluster-*-oprator" in release 4.14.0; did you mean cluster-etcd-operator?`, wantKind: fault.NotFound},
		{names: "*-oprator", wantError: `no component matches "*-oprator" in release 4.14.0; did you mean cluster-etcd-operator?`, wantKind: fault.NotFound},
		{names: "ETC?", wantError: `no component matches "ETC?" in release 4.14.0; did you mean etcd, cluster-etcd-operator, machine-config-etcd?`, wantKind: fault.NotFound},
		{names: "hyper[j-l]ub", wantError: `no component matches "hyper[j-l]ub" in release 4.14.0; did you mean hyperkube, openshift-hyperkube?`, wantKind: fault.NotFound},
		{names: "etcd,hyperkube", wantError: `no component "etcd,hyperkube" in release 4.14.0; give names as separate arguments: etcd hyperkube`, wantKind: fault.NotFound},
		{
			names:     "etcd etdc zzz y*",
			wantError: `no component "etdc" in release 4.14.0; did you mean etcd?; no component "zzz" in release 4.14.0; no component matches "y*" in release 4.14.0`,
			wantKind:  fault.NotFound,
		},
		{names: "zzz [", wantError: `malformed pattern "[": * ? and [a-z] are understood`, wantKind: fault.Usage},
		{names: "[", wantError: `malformed pattern "[": * ? and [a-z] are understood`, wantKind: fault.Usage},
	} {
		t.Run(test.names, func(t *testing.T) {
			s, err := r.Select(strings.Fields(test.names))
			if test.wantError != "" {
				if err == nil || err.Error() != test.wantError || fault.KindOf(err) != test.wantKind {
					t.Fatalf("got  %v (kind %v)\nwant %s", err, fault.KindOf(err), test.wantError)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Fields(test.want), slices.Sorted(maps.Keys(s.Components))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
