package manifest

import (
	"strings"
)

// kindName is a kind as kubectl takes it: KIND, KIND.GROUP or KIND.VERSION.GROUP, in any case, as singular, plural or short
// name.
type kindName struct {
	kind   string // lower case, short names spelled out
	suffix string // GROUP or VERSION.GROUP
	dotted bool   // there is a suffix; it may be empty, for the core group
}

func newKindName(text string) kindName {
	kind, suffix, dotted := strings.Cut(strings.ToLower(text), ".")
	if long, ok := shortKinds()[kind]; ok {
		kind = long
	}
	return kindName{kind, suffix, dotted}
}

// shortKinds maps the short names of kubectl and oc to kinds, for resources that occur in releases.
func shortKinds() map[string]string {
	return map[string]string{
		"cm": "configmap", "ep": "endpoints", "limits": "limitrange", "ns": "namespace", "po": "pod", "pv": "persistentvolume",
		"pvc": "persistentvolumeclaim", "quota": "resourcequota", "sa": "serviceaccount", "svc": "service",
		"cj": "cronjob", "crd": "customresourcedefinition", "crds": "customresourcedefinition", "deploy": "deployment", "ds": "daemonset",
		"hpa": "horizontalpodautoscaler", "ing": "ingress", "netpol": "networkpolicy", "pc": "priorityclass",
		"pdb": "poddisruptionbudget", "rs": "replicaset", "sc": "storageclass", "sts": "statefulset",
		"co": "clusteroperator", "is": "imagestream", "mc": "machineconfig", "mcp": "machineconfigpool",
		"pmon": "podmonitor", "promrule": "prometheusrule", "scc": "securitycontextconstraints", "smon": "servicemonitor",
	}
}

func (k kindName) matches(e Entry) bool { return k.matchesKind(e) && k.matchesGroup(e) }

func (k kindName) matchesKind(e Entry) bool {
	kind := strings.ToLower(e.Kind)
	return k.kind == kind || k.kind == plural(kind)
}

// plural returns the resource of a kind, by the rules of the API server.
func plural(kind string) string {
	if stem, ok := strings.CutSuffix(kind, "y"); ok && !strings.ContainsAny(stem[max(0, len(stem)-1):], "aeiou") {
		return stem + "ies"
	}
	for _, ending := range []string{"s", "x", "z", "ch", "sh"} {
		if strings.HasSuffix(kind, ending) {
			return kind + "es"
		}
	}
	return kind + "s"
}

// matchesGroup reports whether an object has the group, and the version if the name has one.
func (k kindName) matchesGroup(e Entry) bool {
	group, version := strings.ToLower(e.Group), strings.ToLower(e.Version)
	return !k.dotted || k.suffix == group || k.suffix == version+"."+group || group == "" && k.suffix == version
}

func hasKind(text string) condition { return newKindName(text).matches }

// IsKind reports whether an object is of a kind as kubectl takes it: Deployment, deployments.apps, deploy.
func (o *Object) IsKind(text string) bool { return hasKind(text)(Entry{Object: o}) }
