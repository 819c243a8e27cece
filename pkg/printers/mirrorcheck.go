package printers

import (
	"fmt"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// MirrorCheck returns the view of the checks of a mirror as a table. What is there is combined in a few rows, unless wide is set.
func MirrorCheck(c *v1alpha1.MirrorCheck, wide bool) View {
	return View{Document: c, Table: func() Table { return mirrorCheckTable(c, wide) }}
}

func mirrorCheckTable(c *v1alpha1.MirrorCheck, wide bool) Table {
	t := Table{Columns: []Column{
		{Name: "Check"},
		{Name: "Result", Result: true},
		{Name: "Subject", Wrap: true},
		{Name: "Reason", Wrap: true, Below: true},
		{Name: "Command", Below: true, Command: true},
		{Name: "Key", Wide: true},
		{Name: "Digest", Wide: true},
	}}
	several := len(c.Releases) > 1
	if several {
		t.Columns = append([]Column{{Name: "Release", Wrap: true}}, t.Columns...)
	}
	items := c.Checks
	if !wide {
		items = combineItems(items)
	}
	for _, item := range items {
		row := []any{item.Name, item.Result, orNone(item.Subject), orNone(item.Reason), orNone(item.Command), orNone(item.Key), orNone(item.Digest)}
		if several {
			row = append([]any{item.Release}, row...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// combineItems combines the images and signatures that are in the same repository, and those that could not be checked. Gaps keep
// their rows.
func combineItems(items []v1alpha1.MirrorCheckItem) []v1alpha1.MirrorCheckItem {
	type kind struct{ release, name, result, reason string }
	at, count := map[kind]int{}, map[kind]int{}
	var rows []v1alpha1.MirrorCheckItem
	for _, item := range items {
		k := kind{item.Release, item.Name, item.Result, item.Reason}
		if item.Result == v1alpha1.Skipped {
			k.reason = item.SkippedBecause // reasons name the image
		}
		i, known := at[k]
		if !known || item.Result == v1alpha1.Fail || item.Digest == "" || item.Name == "signature" {
			at[k] = len(rows)
			count[k]++
			rows = append(rows, item)
			continue
		}
		count[k]++
		rows[i].Subject = fmt.Sprintf("%d images", count[k])
		if item.Name == "sigstore" {
			rows[i].Subject = fmt.Sprintf("%d signatures", count[k])
		}
		rows[i].Digest = ""
	}
	return rows
}
