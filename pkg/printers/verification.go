package printers

import (
	"fmt"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// ReleaseVerification shows checks as a table. Images that are there take one row together; wide shows each.
func ReleaseVerification(v *v1alpha1.ReleaseVerification, wide bool) View {
	return View{Document: v, Table: func() Table { return checkTable(v, wide) }}
}

func checkTable(v *v1alpha1.ReleaseVerification, wide bool) Table {
	t := Table{Columns: []Column{
		{Name: "Check"}, {Name: "Result", Result: true}, {Name: "Subject", Wrap: true}, {Name: "Reason", Wrap: true, Below: true}, {Name: "Key", Wide: true}, {Name: "Digest", Wide: true},
	}}
	for _, c := range summarized(v.Checks, wide) {
		t.Rows = append(t.Rows, []any{c.Name, c.Result, orNone(c.Subject), orNone(c.Reason), orNone(c.Key), orNone(c.Digest)})
	}
	return t
}

// summarized puts the images that are there in one row, and those that could not be asked for in another; each
// that failed keeps its own.
func summarized(checks []v1alpha1.Check, wide bool) []v1alpha1.Check {
	if wide {
		return checks
	}
	together := map[string]int{} // place in rows, by result
	count := map[string]int{}
	var rows []v1alpha1.Check
	for _, c := range checks {
		if c.Name != "image" || c.Result == v1alpha1.Fail || c.Subject == "" {
			rows = append(rows, c)
			continue
		}
		count[c.Result]++
		if _, ok := together[c.Result]; !ok {
			together[c.Result] = len(rows)
			rows = append(rows, v1alpha1.Check{Name: c.Name, Result: c.Result, Reason: c.Reason})
		}
		rows[together[c.Result]].Subject = fmt.Sprintf("%d component images", count[c.Result])
	}
	return rows
}
