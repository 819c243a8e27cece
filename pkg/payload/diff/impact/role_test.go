package impact_test

import (
	"fmt"
	"strings"
	"testing"
)

const rbac = "rbac.authorization.k8s.io/v1"

// role returns a ClusterRole with rules in JSON.
func role(rules string) string { return object(rbac, "ClusterRole", "x", "rules: "+rules+"\n") }

// many returns n quoted words with commas between them.
func many(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprintf(`"w%d"`, i)
	}
	return strings.Join(words, ",")
}

func TestRolesThatWiden(t *testing.T) {
	updates := map[string]update{}
	for name, test := range map[string]struct{ old, new, want string }{
		"verb": {
			old: `[{apiGroups: [apps], resources: [deployments], verbs: [get]}]`, new: `[{apiGroups: [apps], resources: [deployments], verbs: [list, get, watch]}]`,
			want: "list, watch on deployments.apps",
		},
		"resource":    {old: `[{apiGroups: [""], resources: [pods], verbs: [get]}]`, new: `[{apiGroups: [""], resources: [pods, pods/log], verbs: [get]}]`, want: "get on pods/log"},
		"group":       {old: `[{apiGroups: [a], resources: [x/y], verbs: [get]}]`, new: `[{apiGroups: [a, b], resources: [x/y], verbs: [get]}]`, want: "get on x.b/y"},
		"rule":        {old: `[]`, new: `[{apiGroups: [""], resources: [secrets, pods], verbs: [get]}]`, want: "get on pods, secrets"},
		"other verbs": {old: `[]`, new: `[{apiGroups: [""], resources: [pods], verbs: [list]}, {apiGroups: [""], resources: [secrets], verbs: [get]}]`, want: "get on secrets; list on pods"},
		"all verbs":   {old: `[{apiGroups: [a], resources: [x], verbs: [get, list]}]`, new: `[{apiGroups: [a], resources: [x], verbs: ["*"]}]`, want: "* on x.a"},
		"all groups":  {old: `[{apiGroups: [a], resources: [x], verbs: [get]}]`, new: `[{apiGroups: ["*"], resources: [x], verbs: [get]}]`, want: "get on x of all groups"},
		"all resources": {
			old: `[{apiGroups: [a], resources: [x], verbs: [get]}]`, new: `[{apiGroups: [a], resources: ["*"], verbs: [get]}, {apiGroups: [""], resources: ["*"], verbs: [get]}]`,
			want: `get on all resources of group "", all resources of group a`,
		},
		"everything": {old: `[]`, new: `[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`, want: "* on all resources"},
		"no longer limited to a name": {
			old: `[{apiGroups: [""], resources: [pods], resourceNames: [a], verbs: [get]}]`, new: `[{apiGroups: [""], resources: [pods], verbs: [get]}]`, want: "get on pods",
		},
		"another name": {
			old:  `[{apiGroups: [""], resources: [pods], resourceNames: [a], verbs: [get]}]`,
			new:  `[{apiGroups: [""], resources: [pods], resourceNames: [a, b], verbs: [get]}]`,
			want: "get on pods b",
		},
		"URL":                 {old: `[{nonResourceURLs: [/a], verbs: [get]}]`, new: `[{nonResourceURLs: [/a, /b/*], verbs: [get]}]`, want: "get on /b/*"},
		"verb on a URL":       {old: `[{nonResourceURLs: [/a], verbs: [get]}]`, new: `[{nonResourceURLs: [/a], verbs: [get, post]}]`, want: "post on /a"},
		"many":                {old: `[]`, new: `[{apiGroups: [""], resources: [` + many(12) + `], verbs: [get]}]`, want: "get on w0, w1, w10, w11, w2, w3, w4, w5 and 4 more"},
		"pattern of URLs":     {old: `[{nonResourceURLs: [/a/*], verbs: [get]}]`, new: `[{nonResourceURLs: [/a/b], verbs: [get]}]`},
		"order":               {old: `[{apiGroups: [a, b], resources: [x, y], verbs: [get, list]}]`, new: `[{apiGroups: [b, a], resources: [y, x], verbs: [list, get]}]`},
		"order of rules":      {old: `[{apiGroups: [a], resources: [x], verbs: [get]}, {apiGroups: [b], resources: [x], verbs: [get]}]`, new: `[{apiGroups: [b], resources: [x], verbs: [get]}, {apiGroups: [a], resources: [x], verbs: [get]}]`},
		"one rule of two":     {old: `[{apiGroups: [a], resources: [x], verbs: [get]}, {apiGroups: [a], resources: [x], verbs: [list]}]`, new: `[{apiGroups: [a], resources: [x], verbs: [get, list]}]`},
		"less":                {old: `[{apiGroups: [a], resources: [x], verbs: [get, list]}]`, new: `[{apiGroups: [a], resources: [x], verbs: [get]}]`},
		"less than all":       {old: `[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`, new: `[{apiGroups: [a], resources: [x/y], resourceNames: [z], verbs: [get]}]`},
		"one subresource":     {old: `[{apiGroups: [a], resources: ["*/status"], verbs: [get]}]`, new: `[{apiGroups: [a], resources: [x/status], verbs: [get]}]`},
		"limited to a name":   {old: `[{apiGroups: [a], resources: [x], verbs: [get]}]`, new: `[{apiGroups: [a], resources: [x], resourceNames: [z], verbs: [get]}]`},
		"rules without sense": {old: `[1, {verbs: x}]`, new: `[a, {verbs: {}, resources: [1]}]`},
	} {
		u := update{old: files{file: role(test.old)}, new: files{file: role(test.new)}}
		if test.want != "" {
			u.want = []string{"warning role ClusterRole x 0000_50_a_1.yaml: also allows " + test.want}
		}
		updates[name] = u
	}
	updates["new role"] = update{new: files{file: role(`[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`)}}
	updates["more rules than can be compared"] = update{
		old:  files{file: role(`[{apiGroups: ["*"], resources: ["*"], verbs: ["*"]}]`)},
		new:  files{file: role(`[{apiGroups: [` + many(100) + `], resources: [` + many(100) + `], verbs: [` + many(100) + `]}]`)},
		want: []string{"warning role ClusterRole x 0000_50_a_1.yaml: has too many rules to compare"},
	}
	checkUpdates(t, updates)
}

// labelled returns a ClusterRole with a label for aggregation, and rules in JSON.
func labelled(label, rules string) string {
	return strings.Replace(role(rules), "  annotations:", "  labels:\n    rbac.authorization.k8s.io/aggregate-to-"+label+": \"true\"\n  annotations:", 1)
}

func TestAggregatedRoles(t *testing.T) {
	const pods, secrets = `[{apiGroups: [""], resources: [pods], verbs: [get]}]`, `[{apiGroups: [""], resources: [pods, secrets], verbs: [get]}]`
	selecting := func(selectors string) string {
		return object(rbac, "ClusterRole", "x", "aggregationRule:\n  clusterRoleSelectors: "+selectors+"\nrules: []\n")
	}
	const start = "warning role ClusterRole x 0000_50_a_1.yaml: "
	checkUpdates(t, map[string]update{
		"new label":              {old: files{file: role(pods)}, new: files{file: labelled("view", pods)}, want: []string{start + "adds its rules to the role view"}},
		"new role with a label":  {new: files{file: labelled("view", pods)}, want: []string{start + "adds its rules to the role view"}},
		"new role without rules": {new: files{file: labelled("view", "[]")}},
		"label gone":             {old: files{file: labelled("view", pods)}, new: files{file: role(pods)}},
		"rule of a role with a label": {
			old: files{file: labelled("view", pods)}, new: files{file: labelled("view", secrets)},
			want: []string{start + "also allows get on secrets; also through the role view"},
		},
		"selector": {
			old: files{file: selecting(`[{matchLabels: {a: b}}]`)}, new: files{file: selecting(`[{matchLabels: {c: d}}, {matchLabels: {a: b}}]`)},
			want: []string{start + `collects the rules of more roles: {"matchLabels":{"c":"d"}}`},
		},
		"order of selectors": {
			old: files{file: selecting(`[{matchLabels: {a: b}}, {matchLabels: {c: d}}]`)}, new: files{file: selecting(`[{matchLabels: {c: d}}, {matchLabels: {a: b}}]`)},
		},
	})
}

// binding returns a RoleBinding of a role, as KIND NAME, to ServiceAccounts as NAMESPACE/NAME.
func binding(name, role string, subjects ...string) string {
	kind, roleName, _ := strings.Cut(role, " ")
	body := "roleRef:\n  kind: " + kind + "\n  name: " + roleName + "\nsubjects:\n"
	for _, s := range subjects {
		namespace, account, _ := strings.Cut(s, "/")
		body += "- kind: ServiceAccount\n  namespace: " + namespace + "\n  name: " + account + "\n"
	}
	return object(rbac, "RoleBinding", name, body)
}

func TestBindings(t *testing.T) {
	checkUpdates(t, map[string]update{
		"new subject": {
			old: files{file: binding("ns/x", "Role r", "ns/a")}, new: files{file: binding("ns/x", "Role r", "ns/b", "ns/a")},
			want: []string{"warning binding RoleBinding ns/x 0000_50_a_1.yaml: gives Role r to ServiceAccount ns/b"},
		},
		"another role": {
			old: files{file: binding("ns/x", "Role r", "ns/a")}, new: files{file: binding("ns/x", "ClusterRole admin", "ns/a")},
			want: []string{"warning binding RoleBinding ns/x 0000_50_a_1.yaml: gives ClusterRole admin to ServiceAccount ns/a"},
		},
		"new": {
			new: files{file: binding("ns/x", "Role r", "ns/a")}, want: []string{"info binding RoleBinding ns/x 0000_50_a_1.yaml: gives Role r to ServiceAccount ns/a"},
		},
		"new administrator": {
			new:  files{file: binding("ns/x", "ClusterRole cluster-admin", "ns/a")},
			want: []string{"warning binding RoleBinding ns/x 0000_50_a_1.yaml: gives ClusterRole cluster-admin to ServiceAccount ns/a"},
		},
		"order": {old: files{file: binding("ns/x", "Role r", "ns/a", "ns/b")}, new: files{file: binding("ns/x", "Role r", "ns/b", "ns/a")}},
		"less":  {old: files{file: binding("ns/x", "Role r", "ns/a", "ns/b")}, new: files{file: binding("ns/x", "Role r", "ns/b")}},
		"moved": {old: files{file: binding("ns/x", "Role r", "ns/a")}, new: files{file2: binding("ns/x", "Role r", "ns/a")}},
		"another name": {
			old: files{file: binding("ns/x", "Role r", "ns/a")}, new: files{file: binding("ns/z", "Role r", "ns/a")},
			want: []string{"info left RoleBinding ns/x 0000_50_a_1.yaml: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it"},
		},
		"another namespace": {
			old: files{file: binding("ns/x", "Role r", "ns/a")}, new: files{file: binding("other/x", "Role r", "ns/a")},
			want: []string{
				"info binding RoleBinding other/x 0000_50_a_1.yaml: gives Role r to ServiceAccount ns/a",
				"info left RoleBinding ns/x 0000_50_a_1.yaml: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it",
			},
		},
	})
}
