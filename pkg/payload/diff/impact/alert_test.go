package impact_test

import (
	"strings"
	"testing"
)

// alerts returns a PrometheusRule with alerts as NAME or NAME=SEVERITY, each in a group of its own.
func alerts(name string, alerts ...string) string {
	body := "spec:\n  groups:\n"
	for _, a := range alerts {
		a, severity, _ := strings.Cut(a, "=")
		body += "  - name: " + strings.ToLower(a) + "\n    rules:\n    - record: r\n    - alert: " + a + "\n"
		if severity != "" {
			body += "      labels: {severity: " + severity + "}\n"
		}
	}
	return object("monitoring.coreos.com/v1", "PrometheusRule", "ns/"+name, body)
}

func TestAlerts(t *testing.T) {
	const start = " alert PrometheusRule ns/x 0000_50_a_1.yaml: "
	checkUpdates(t, map[string]update{
		"new": {
			old: files{file: alerts("x", "A=warning")}, new: files{file: alerts("x", "A=warning", "B=critical", "C")},
			want: []string{"info" + start + "alert B (critical) is new", "info" + start + "alert C (no severity) is new"},
		},
		"new object": {new: files{file: alerts("x", "A=warning")}, want: []string{"info" + start + "alert A (warning) is new"}},
		"removed": {
			old: files{file: alerts("x", "A=warning", "B=info")}, new: files{file: alerts("x", "A=warning")}, want: []string{"warning" + start + "alert B (info) is removed"},
		},
		"removed with its object": {
			old: files{file: alerts("x", "A=warning")}, new: files{file: object("monitoring.coreos.com/v1", "PrometheusRule", "ns/x", "", deleted)},
			want: []string{
				"warning" + start + "alert A (warning) is removed",
				"warning tombstone PrometheusRule ns/x 0000_50_a_1.yaml: the update deletes it",
			},
		},
		"object that stays": {
			old:  files{file: alerts("x", "A=warning")},
			want: []string{"info left PrometheusRule ns/x 0000_50_a_1.yaml: stays in the cluster: 4.19.0 does not have it, and has no tombstone for it"},
		},
		"severity": {
			old: files{file: alerts("x", "A=warning")}, new: files{file: alerts("x", "A=critical")},
			want: []string{"warning" + start + "the severity of alert A changes from warning to critical"},
		},
		"one more severity": {
			old: files{file: alerts("x", "A=warning")}, new: files{file: alerts("x", "A=warning", "A=critical")},
			want: []string{"warning" + start + "the severity of alert A changes from warning to critical, warning"},
		},
		"order of alerts and groups": {old: files{file: alerts("x", "A=warning", "A=info", "B")}, new: files{file: alerts("x", "B", "A=info", "A=warning")}},
		"moved to another object": {
			old: files{file: alerts("x", "A=warning", "B=info"), file2: alerts("z", "C")}, new: files{file: alerts("x", "A=warning"), file2: alerts("z", "C", "B=info")},
		},
		"moved and another severity": {
			old: files{file: alerts("x", "A=warning"), file2: alerts("z", "B=info", "C")}, new: files{file: alerts("x", "A=warning", "B=warning"), file2: alerts("z", "C")},
			want: []string{"warning" + start + "the severity of alert B changes from info to warning"},
		},
	})
}
