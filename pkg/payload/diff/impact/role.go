package impact

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxCombinations limits how many combinations of the words of a rule are compared with the rules of the other release.
const maxCombinations = 200_000

// compareRoles finds what a role allows in the new release and not in the old one.
func (f *finder) compareRoles(c change, old, new any) {
	if c.new == nil {
		return
	}
	f.compareAggregation(c, old, new)
	if c.old == nil {
		return
	}
	more, complete := widened(listOf(at(old, "rules")), listOf(at(new, "rules")))
	message := "also allows " + enumerateRules(more)
	switch {
	case len(more) == 0 && complete:
		return
	case len(more) == 0:
		message = "has too many rules to compare"
	}
	if targets := aggregatedTo(new); len(targets) > 0 {
		message += "; also through the role " + strings.Join(targets, ", ")
	}
	f.add(Warning, Role, c.new, message)
}

// compareAggregation finds rules that become part of the built-in roles by a label, and aggregated roles that select more.
func (f *finder) compareAggregation(c change, old, new any) {
	if targets := without(aggregatedTo(new), aggregatedTo(old)); len(targets) > 0 && len(listOf(at(new, "rules"))) > 0 {
		f.add(Warning, Role, c.new, "adds its rules to the role "+strings.Join(targets, ", "))
	}
	selectors := func(role any) []string { return jsonsOf(at(role, "aggregationRule", "clusterRoleSelectors")) }
	if more := without(selectors(new), selectors(old)); c.old != nil && len(more) > 0 {
		f.add(Warning, Role, c.new, "collects the rules of more roles: "+enumerate(more))
	}
}

// aggregatedTo returns the built-in roles that get the rules of a role, sorted.
func aggregatedTo(role any) []string {
	var targets []string
	for label, value := range fieldsOf(at(role, "metadata", "labels")) {
		if target, ok := strings.CutPrefix(label, "rbac.authorization.k8s.io/aggregate-to-"); ok && value == "true" {
			targets = append(targets, target)
		}
	}
	slices.Sort(targets)
	return targets
}

// roleRule is a rule of a role. Its lists are sets.
type roleRule struct{ verbs, groups, resources, names, urls []string }

func roleRules(rules []any) []roleRule {
	read := make([]roleRule, len(rules))
	for i, r := range rules {
		read[i] = roleRule{
			verbs: textsOf(at(r, "verbs")), groups: textsOf(at(r, "apiGroups")), resources: textsOf(at(r, "resources")),
			names: textsOf(at(r, "resourceNames")), urls: textsOf(at(r, "nonResourceURLs")),
		}
	}
	return read
}

// permission is one verb on one resource or URL.
type permission struct{ verb, group, resource, name, url string }

// permissions calls yield for each combination of the words of a rule, until it returns false.
func (r roleRule) permissions(yield func(permission) bool) {
	names := r.names
	if len(names) == 0 {
		names = []string{""}
	}
	for _, verb := range r.verbs {
		for _, group := range r.groups {
			for _, resource := range r.resources {
				for _, name := range names {
					if !yield(permission{verb: verb, group: group, resource: resource, name: name}) {
						return
					}
				}
			}
		}
		for _, url := range r.urls {
			if !yield(permission{verb: verb, url: url}) {
				return
			}
		}
	}
}

// allows reports whether a rule includes a permission (Kubernetes, pkg/apis/rbac/v1/evaluation_helpers.go).
func (r roleRule) allows(p permission) bool {
	has := func(list []string, word string) bool {
		return slices.Contains(list, word) || slices.Contains(list, "*")
	}
	if !has(r.verbs, p.verb) {
		return false
	}
	if p.url != "" {
		return slices.ContainsFunc(r.urls, func(url string) bool {
			start, isPattern := strings.CutSuffix(url, "*")
			return url == p.url || isPattern && strings.HasPrefix(p.url, start)
		})
	}
	if !has(r.groups, p.group) || len(r.names) > 0 && !slices.Contains(r.names, p.name) {
		return false
	}
	_, subresource, _ := strings.Cut(p.resource, "/")
	return has(r.resources, p.resource) || subresource != "" && slices.Contains(r.resources, "*/"+subresource)
}

// widened returns the permissions that the new rules have and the old ones do not. complete is false if there are too many to
// compare all of them.
func widened(old, new []any) (more []permission, complete bool) {
	before := roleRules(old)
	left := maxCombinations
	for _, r := range roleRules(new) {
		for p := range r.permissions {
			if left -= 1 + len(before); left < 0 {
				return more, false
			}
			if !slices.ContainsFunc(before, func(b roleRule) bool { return b.allows(p) }) {
				more = append(more, p)
			}
		}
	}
	return more, true
}

// enumerateRules returns permissions as VERB, VERB on RESOURCE; and so on.
func enumerateRules(permissions []permission) string {
	verbs := map[string][]string{}
	for _, p := range permissions {
		verbs[p.target()] = append(verbs[p.target()], p.verb)
	}
	// Several resources with the same verbs are one part.
	targets := map[string][]string{}
	for _, target := range slices.Sorted(maps.Keys(verbs)) {
		list := verbs[target]
		slices.Sort(list)
		words := strings.Join(slices.Compact(list), ", ")
		targets[words] = append(targets[words], target)
	}
	var parts []string
	for _, words := range slices.Sorted(maps.Keys(targets)) {
		parts = append(parts, words+" on "+enumerate(targets[words]))
	}
	const shown = 4
	if len(parts) > shown {
		parts = append(parts[:shown], fmt.Sprintf("and %d more", len(parts)-shown))
	}
	return strings.Join(parts, "; ")
}

// target is the resource as kubectl names it, with the name of the object if it is limited to one, or the URL.
func (p permission) target() string {
	target := p.resource
	switch {
	case p.url != "":
		return p.url
	case p.group == "*" && p.resource == "*":
		target = "all resources"
	case p.group == "*":
		target += " of all groups"
	case p.resource == "*":
		target = "all resources of group " + cmp.Or(p.group, `""`)
	case p.group != "":
		resource, subresource, _ := strings.Cut(p.resource, "/")
		target = strings.TrimSuffix(resource+"."+p.group+"/"+subresource, "/")
	}
	if p.name != "" {
		target += " " + p.name
	}
	return target
}
