package printers

import (
	"bytes"
	"io"
	"regexp"
	"strings"

	"github.com/liggitt/tabwriter"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

// Table has columns and rows. Cells are strings or int64.
type Table struct {
	Columns []Column
	Rows    [][]any
}

// Column is the heading of a column, and how terminals show its cells.
type Column struct {
	Name   string
	Wide   bool // only shown with -o wide
	Digest bool // digests, which terminals show shortened, except with -o wide
	Wrap   bool // long texts, which terminals show in several lines
	Below  bool // long texts, which narrow terminals show below their row
	Result bool // PASS, FAIL and SKIPPED, which terminals show in color
	// Command marks a Below column of commands, each of which stays on one line below its row, so that it can be copied.
	Command bool
}

// toKubernetes converts the table for cli-runtime's table printer, with cells escaped for terminals.
func (t Table) toKubernetes() *metav1.Table {
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

// shortDigest is the length of a shortened digest.
const shortDigest = len("sha256:") + 12

// printTable prints a table with cli-runtime's table printer. On terminals it is made to fit the width: digests are shortened,
// long texts take several lines, and results have a color.
func (out *Output) printTable(w io.Writer, t Table) error {
	wide := out.form == "wide"
	shown := t.shown(wide)
	gap, below := defaultGap, map[int]string(nil)
	fits := out.options.Terminal && out.options.Width > 0
	if fits {
		if !wide {
			shown.shortenDigests()
		}
		gap, below = shown.fit(out.options.Width)
	}
	printed, err := shown.print(gap)
	if err != nil {
		return err
	}
	if out.options.Color {
		printed = shown.color(printed)
	}
	lines := strings.SplitAfter(printed, "\n")
	for i, line := range lines {
		if fits {
			line = strings.TrimRight(line, " \n") + line[len(strings.TrimRight(line, "\n")):]
		}
		if i > 0 || !out.options.NoHeaders {
			io.WriteString(w, line)
		}
		io.WriteString(w, below[i])
	}
	return nil
}

// print returns the table as cli-runtime's printer writes it, with gap spaces between columns.
func (t Table) print(gap int) (string, error) {
	var text bytes.Buffer
	w := printers.GetNewTabWriter(&text)
	w.Init(&text, minCell, 4, gap, ' ', tabwriter.RememberWidths)
	if err := printers.NewTablePrinter(printers.PrintOptions{Wide: true}).PrintObj(t.toKubernetes(), w); err != nil {
		return "", err
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return text.String(), nil
}

// shown returns the table with the columns that are printed.
func (t Table) shown(wide bool) Table {
	var keep []int
	for i, c := range t.Columns {
		if wide || !c.Wide {
			keep = append(keep, i)
		}
	}
	s := t.only(keep)
	for i := range s.Columns {
		s.Columns[i].Wide = false
	}
	return s
}

// only returns the table with the columns at these positions.
func (t Table) only(keep []int) Table {
	var s Table
	for _, i := range keep {
		s.Columns = append(s.Columns, t.Columns[i])
	}
	for _, row := range t.Rows {
		cells := make([]any, len(keep))
		for i, from := range keep {
			cells[i] = row[from]
		}
		s.Rows = append(s.Rows, cells)
	}
	return s
}

// shortenDigests shortens digests in digest columns and long texts to twelve digits.
func (t Table) shortenDigests() {
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	for i, c := range t.Columns {
		if !c.Digest && !c.Wrap {
			continue
		}
		for _, row := range t.Rows {
			if text, ok := row[i].(string); ok {
				row[i] = digest.ReplaceAllStringFunc(text, func(digest string) string { return digest[:shortDigest] })
			}
		}
	}
}

// color adds colors to the results in a printed table. It finds them below their heading in the first line.
func (t Table) color(printed string) string {
	lines := strings.Split(printed, "\n")
	for _, c := range t.Columns {
		at := strings.Index(lines[0], strings.ToUpper(c.Name))
		if !c.Result || at < 0 {
			continue
		}
		for i, line := range lines[1:] {
			word, _, _ := strings.Cut(line[min(at, len(line)):], " ")
			if color := resultColor(word); color != "" {
				lines[i+1] = line[:at] + "\x1b[" + color + "m" + word + "\x1b[0m" + line[at+len(word):]
			}
		}
	}
	return strings.Join(lines, "\n")
}

// resultColor returns the color of the result of a check as an ANSI code, "" for other words.
func resultColor(word string) string {
	switch word {
	case v1alpha1.Pass:
		return "32"
	case v1alpha1.Fail:
		return "31"
	case v1alpha1.Skipped:
		return "33"
	}
	return ""
}
