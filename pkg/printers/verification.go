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
		{Name: "Check"}, {Name: "Result"}, {Name: "Subject"}, {Name: "Reason"}, {Name: "Key", Wide: true}, {Name: "Digest", Wide: true},
	}}
	present := 0
	row := func(c v1alpha1.Check) {
		t.Rows = append(t.Rows, []any{c.Name, c.Result, orNone(c.Subject), orNone(c.Reason), orNone(c.Key), orNone(c.Digest)})
	}
	for _, c := range v.Checks {
		if c.Name == "image" && c.Result == v1alpha1.Pass && !wide {
			present++
			continue
		}
		if c.Name != "image" && present > 0 {
			row(presentImages(present))
			present = 0
		}
		row(c)
	}
	if present > 0 {
		row(presentImages(present))
	}
	return t
}

func presentImages(n int) v1alpha1.Check {
	return v1alpha1.Check{Name: "image", Result: v1alpha1.Pass, Subject: fmt.Sprintf("%d component images", n), Reason: "present and pullable"}
}
