package impact_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/release-x/oc-release-x/pkg/payload/diff/impact"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
)

const gatesFile = "manifests/0000_00_cluster-version-operator_01_admingate_configmap.yaml"

// gatesOf returns a release with gates. data are the lines of the ConfigMap.
func gatesOf(data string) files {
	return files{gatesFile: object("v1", "ConfigMap", "openshift-config-managed/admin-gates", data)}
}

func TestAcknowledgements(t *testing.T) {
	const (
		start = "blocker acknowledgement ConfigMap openshift-config-managed/admin-gates 0000_00_cluster-version-operator_01_admingate_configmap.yaml: "
		both  = "data:\n  ack-4.18-kube-1.32-api-removals-in-4.19: |\n    Evaluate\n    https://a/b\n  ack-4.17-x: text\n  ack-4.19-x: text\n"
	)
	want := []string{
		start + "an administrator has to acknowledge ack-4.18-kube-1.32-api-removals-in-4.19: Evaluate https://a/b",
		`  oc -n openshift-config patch cm admin-acks --patch '{"data":{"ack-4.18-kube-1.32-api-removals-in-4.19":"true"}}' --type=merge`,
	}
	checkUpdates(t, map[string]update{
		"next minor version":     {old: gatesOf(both), want: want, new: gatesOf("data: {}\n")},
		"the gates of both":      {old: gatesOf(both), want: want, new: gatesOf(both)},
		"later minor version":    {old: gatesOf(both), new: gatesOf(both), from: "4.18.3", to: "4.20.0-rc.1", want: want},
		"next major version":     {old: gatesOf(both), new: gatesOf(both), from: "4.18.3", to: "5.0.0", want: want},
		"unknown version":        {old: gatesOf(both), new: gatesOf(both), from: "4.18.3", to: "next", want: want},
		"patch":                  {old: gatesOf(both), new: gatesOf(both), from: "4.18.3", to: "4.18.4"},
		"back":                   {old: gatesOf(both), new: gatesOf(both), from: "4.18.3", to: "4.17.9"},
		"from another version":   {old: gatesOf(both), new: gatesOf(both), from: "4.16.3", to: "4.17.9"},
		"from the same in 5":     {old: gatesOf(both), new: gatesOf(both), from: "5.18.3", to: "5.19.9"},
		"from an unknown":        {old: gatesOf(both), new: gatesOf(both), from: "latest", to: "4.19.0"},
		"only in the new":        {old: gatesOf("data: {}\n"), new: gatesOf(both)},
		"no data":                {old: gatesOf(""), new: gatesOf("")},
		"ConfigMap without file": {old: files{}, new: files{}},
		"name with quotes": {
			old: gatesOf("data:\n  \"ack-4.18-it's\": text\n"), new: gatesOf("data:\n  \"ack-4.18-it's\": text\n"),
			want: []string{
				start + "an administrator has to acknowledge ack-4.18-it's: text",
				`  oc -n openshift-config patch cm admin-acks --patch '{"data":{"ack-4.18-it'\''s":"true"}}' --type=merge`,
			},
		},
		"malformed": {
			old: gatesOf("data:\n  ack-3.18-x: text\n  ack-4.018-x: text\n  ack-4.18-y: \"\"\n"), new: gatesOf(""),
			want: []string{
				start + `the operator refuses the update: the gate "ack-4.018-x" has a malformed version`,
				start + `the operator refuses the update: the gate "ack-4.18-y" has no description`,
				start + `the operator refuses the update: the name of the gate "ack-3.18-x" is malformed`,
			},
		},
	})
	t.Run("given", func(t *testing.T) {
		old, new := newSide(t, "4.18.1", gatesOf(both), manifest.Settings{}), newSide(t, "4.19.1", gatesOf(both), manifest.Settings{})
		report := find(t, old, new, impact.Options{Included: true})
		report.Acknowledge([]string{"ack-4.18-other"})
		if diff := cmp.Diff(want, lines(report)); diff != "" || !report.HasGates() {
			t.Error(diff)
		}
		report.Acknowledge([]string{"ack-4.18-kube-1.32-api-removals-in-4.19"})
		if diff := cmp.Diff([]string(nil), lines(report)); diff != "" || report.HasGates() {
			t.Error(diff)
		}
	})
}
