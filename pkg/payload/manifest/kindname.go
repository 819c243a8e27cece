package manifest

import "strings"

// kindName is a kind as users of kubectl write it: KIND, KIND.GROUP or KIND.VERSION.GROUP, in upper or lower case, as
// singular, plural or short name.
type kindName struct {
	kind   string // lower case, short names spelled out
	suffix string // GROUP or VERSION.GROUP
	dotted bool   // there is a suffix; that of the core group may be empty
}

func newKindName(text string) kindName {
	kind, suffix, dotted := strings.Cut(strings.ToLower(text), ".")
	if long, ok := shortKinds()[kind]; ok {
		kind = long
	}
	return kindName{kind, suffix, dotted}
}

// shortKinds are the short names of kinds that kubectl and oc know of the resources that are met in releases.
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

func (k kindName) matches(e Entry) bool { return k.isKind(e) && k.isOf(e) }

func (k kindName) isKind(e Entry) bool {
	kind := strings.ToLower(e.Kind)
	return k.kind == kind || k.kind == plural(kind)
}

// plural is how the API server names the resource of a kind, by the rules of English that it follows.
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

// isOf says whether an object is of the group, and of the version if there is one.
func (k kindName) isOf(e Entry) bool {
	group, version := strings.ToLower(e.Group), strings.ToLower(e.Version)
	return !k.dotted || k.suffix == group || k.suffix == version+"."+group || group == "" && k.suffix == version
}
