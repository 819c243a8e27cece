package printers

import (
	"io"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// View is what a command has to show, in all the forms it knows. Only what the chosen form needs is asked for.
type View struct {
	Document any                                // for json, yaml, templates, custom columns and jq
	Consume  bool                               // Print may remove the items of the document, to free memory
	Table    func() Table                       // for no form and wide, one row an item
	Lines    map[string]func() []string         // for name, digest and the like: one value a line
	Text     func(w io.Writer) error            // for no form, of a command without a table
	Texts    map[string]func(w io.Writer) error // for forms of one command alone, such as dot
}

// Sortable is a list document whose items can be put in another order.
type Sortable interface {
	// Reorder puts item order[i] in place i.
	Reorder(order []int)
}

// Table is rows under columns; the cells are strings or int64.
type Table struct {
	Columns []Column
	Rows    [][]any
}

// Column is a heading, and how a terminal shows what is below it.
type Column struct {
	Name   string
	Wide   bool // shown with -o wide alone
	Digest bool // digests, which a terminal shows short in the plain table
	Wrap   bool // long texts, which a terminal shows in several lines
	Below  bool // long texts, which a narrow terminal shows below their row
	Result bool // PASS, FAIL and SKIPPED, which a terminal shows in colour
}

// kube is the table as cli-runtime's table printer takes it, its cells safe for a terminal.
func (t Table) kube() *metav1.Table {
	table := &metav1.Table{}
	for _, c := range t.Columns {
		definition := metav1.TableColumnDefinition{Name: c.Name, Type: "string"}
		if c.Wide {
			definition.Priority = 1
		}
		table.ColumnDefinitions = append(table.ColumnDefinitions, definition)
	}
	for _, row := range t.Rows {
		cells := make([]any, len(row))
		for i, cell := range row {
			if text, ok := cell.(string); ok {
				cell = SafeLine(text)
			}
			cells[i] = cell
		}
		table.Rows = append(table.Rows, metav1.TableRow{Cells: cells})
	}
	return table
}
