package impact

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// alert has the severities of the alerts of one name in an object, sorted.
type alert []string

func (a alert) String() string { return cmp.Or(strings.Join(a, ", "), "no severity") }

// compareAlerts collects the alerts that only one of two PrometheusRules has, and finds those whose severity differs.
func (f *finder) compareAlerts(c change, old, new any) {
	before, after := alertsOf(old), alertsOf(new)
	for _, name := range namesOf(before, after) {
		was, had := before[name]
		is, has := after[name]
		switch {
		case !has:
			f.alerts.lost = append(f.alerts.lost, item[alert]{name, c, was})
		case !had:
			f.alerts.gained = append(f.alerts.gained, item[alert]{name, c, is})
		default:
			f.compareSeverities(item[alert]{name, c, was}, item[alert]{name, c, is})
		}
	}
}

// alertsOf returns the alerts of a PrometheusRule by name.
func alertsOf(rule any) map[string]alert {
	alerts := map[string]alert{}
	for _, group := range listOf(at(rule, "spec", "groups")) {
		for _, r := range listOf(at(group, "rules")) {
			name := textOf(at(r, "alert"))
			if name == "" {
				continue
			}
			severities := alerts[name]
			if severities == nil {
				severities = alert{}
			}
			if severity := textOf(at(r, "labels", "severity")); severity != "" && !slices.Contains(severities, severity) {
				severities = append(severities, severity)
				slices.Sort(severities)
			}
			alerts[name] = severities
		}
	}
	return alerts
}

// findAlerts finds alerts that are new or removed. Those of an object that stays in the cluster are not removed.
func (f *finder) findAlerts() {
	f.alerts.each(f.options, f.compareSeverities,
		func(lost item[alert]) {
			e := cmp.Or(lost.change.new, lost.change.old)
			if lost.change.new != nil || len(f.after.tombstones[keyOf(e)]) > 0 {
				f.add(Warning, Alert, e, fmt.Sprintf("alert %s (%s) is removed", lost.name, lost.value))
			}
		},
		func(gained item[alert]) {
			f.add(Info, Alert, gained.change.new, fmt.Sprintf("alert %s (%s) is new", gained.name, gained.value))
		})
}

func (f *finder) compareSeverities(old, new item[alert]) {
	if !slices.Equal(old.value, new.value) {
		f.add(Warning, Alert, new.change.new, fmt.Sprintf("the severity of alert %s changes from %s to %s", new.name, old.value, new.value))
	}
}
