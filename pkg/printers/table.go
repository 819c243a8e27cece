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

const shortDigest = len("sha256:") + 12

// printTable prints a table with cli-runtime's table printer. On a terminal it is made to fit: digests are short,
// long texts take several lines, and results have a colour.
func (out *Output) printTable(w io.Writer, t Table) error {
	wide := out.form == "wide"
	shown := t.shown(wide)
	gap, below := usualGap, map[int]string(nil)
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
		printed = shown.colour(printed)
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

// print is the table as cli-runtime's printer writes it, with so many blanks between columns.
func (t Table) print(gap int) (string, error) {
	var text bytes.Buffer
	w := printers.GetNewTabWriter(&text)
	w.Init(&text, leastCell, 4, gap, ' ', tabwriter.RememberWidths)
	if err := printers.NewTablePrinter(printers.PrintOptions{Wide: true}).PrintObj(t.kube(), w); err != nil {
		return "", err
	}
	if err := w.Flush(); err != nil {
		return "", err
	}
	return text.String(), nil
}

// shown is the table with the columns that are printed.
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

// only is the table with some of its columns.
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

// shortenDigests cuts the digests of digest columns and of long texts to twelve digits.
func (t Table) shortenDigests() {
	digest := regexp.MustCompile(`sha256:[0-9a-f]{64}`)
	for i, c := range t.Columns {
		if !c.Digest && !c.Wrap {
			continue
		}
		for _, row := range t.Rows {
			if text, ok := row[i].(string); ok {
				row[i] = digest.ReplaceAllStringFunc(text, func(whole string) string { return whole[:shortDigest] })
			}
		}
	}
}

// colour paints the results of a printed table. Its first line has the headings, which say where the results are.
func (t Table) colour(printed string) string {
	lines := strings.Split(printed, "\n")
	for _, c := range t.Columns {
		at := strings.Index(lines[0], strings.ToUpper(c.Name))
		if !c.Result || at < 0 {
			continue
		}
		for i, line := range lines[1:] {
			word, _, _ := strings.Cut(line[min(at, len(line)):], " ")
			if colour := resultColour(word); colour != "" {
				lines[i+1] = line[:at] + "\x1b[" + colour + "m" + word + "\x1b[0m" + line[at+len(word):]
			}
		}
	}
	return strings.Join(lines, "\n")
}

// resultColour is the colour of a result of a check, "" for other words.
func resultColour(word string) string {
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
