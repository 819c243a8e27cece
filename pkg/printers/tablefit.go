package printers

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The number of spaces between columns, and the smallest width of a cell with them, as cli-runtime prints tables.
const (
	defaultGap = 3
	minCell    = 6
)

// minText is the smallest width of a column whose texts could be below their rows instead.
const minText = 24

// fitting is one way to make a table fit a terminal.
type fitting struct {
	gap     int
	minimum int  // the smallest width of a wrapped cell
	below   bool // texts of Column.Below are below their rows
}

// fittings returns the ways to make a table fit, best first.
func fittings() []fitting {
	return []fitting{{defaultGap, 20, false}, {2, 16, false}, {2, 12, true}, {2, 7, true}}
}

// fit wraps the texts of Wrap columns so that a row has at most width columns. Each further line of a cell becomes a row in
// which the other cells are empty. It returns the number of spaces between columns, and the texts below rows by the number of
// the line that they follow; line 0 has the headings. A table that cannot fit is not changed.
func (t *Table) fit(width int) (gap int, below map[int]string) {
	for _, f := range fittings() {
		widths, ok := t.fitWidths(width, f)
		if !ok {
			continue
		}
		below = map[int]string{}
		var rows [][]any
		for _, row := range t.Rows {
			rows = append(rows, wrapRow(row, widths)...)
			if f.below {
				below[len(rows)] = t.textBelow(row, width)
			}
		}
		t.Rows = rows
		if f.below {
			t.dropBelow()
		}
		return f.gap, below
	}
	return defaultGap, nil
}

// fitWidths returns the width of each column with which a row has at most width columns; 0 for a column that is not wrapped.
// The widest columns are narrowed first. ok is false if the table does not fit.
func (t *Table) fitWidths(width int, f fitting) (widths []int, ok bool) {
	widths = make([]int, len(t.Columns))
	free := width + f.gap
	for i, c := range t.Columns {
		if f.below && c.Below {
			continue
		}
		natural := t.columnWidth(i)
		if c.Wrap {
			widths[i] = natural
		}
		free -= max(natural+f.gap, minCell)
	}
	for ; free < 0; free++ {
		widest := 0
		for i := range widths {
			if widths[i] >= widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= max(f.minimum, utf8.RuneCountInString(t.Columns[widest].Name)) {
			return nil, false
		}
		widths[widest]--
	}
	for i, c := range t.Columns {
		if c.Below && !f.below && widths[i] < min(minText, t.columnWidth(i)) {
			return nil, false
		}
	}
	return widths, true
}

// wrapRow splits a row into rows with cells of at most these widths.
func wrapRow(row []any, widths []int) [][]any {
	var rows [][]any
	for i, cell := range row {
		lines := []string{fmt.Sprint(cell)}
		if widths[i] > 0 {
			lines = Fill(SafeLine(lines[0]), widths[i])
		}
		for j, line := range lines {
			if j == len(rows) {
				rows = append(rows, emptyRow(len(row)))
			}
			rows[j][i] = line
		}
	}
	return rows
}

func emptyRow(columns int) []any {
	row := make([]any, columns)
	for i := range row {
		row[i] = ""
	}
	return row
}

// textBelow returns the lines below a row: the text of each Below column after its heading.
func (t *Table) textBelow(row []any, width int) string {
	const indent = "    "
	var b strings.Builder
	for i, c := range t.Columns {
		text := SafeLine(fmt.Sprint(row[i]))
		if !c.Below || text == "<none>" {
			continue
		}
		if c.Command {
			b.WriteString(indent + text + "\n")
			continue
		}
		for _, line := range Fill(strings.ToLower(c.Name)+": "+text, width-len(indent)) {
			b.WriteString(indent + line + "\n")
		}
	}
	return b.String()
}

// dropBelow removes the Below columns.
func (t *Table) dropBelow() {
	var keep []int
	for i, c := range t.Columns {
		if !c.Below {
			keep = append(keep, i)
		}
	}
	*t = t.only(keep)
}

// columnWidth returns the width of the longest cell or heading.
func (t Table) columnWidth(column int) int {
	width := utf8.RuneCountInString(t.Columns[column].Name)
	for _, row := range t.Rows {
		width = max(width, utf8.RuneCountInString(SafeLine(fmt.Sprint(row[column]))))
	}
	return width
}

// Fill wraps a text into lines of at most width columns. Lines break at spaces; a word longer than a line breaks after
// punctuation, if it has any. There is at least one line. With a width below 1, there is one line of any length.
func Fill(text string, width int) []string {
	words := strings.Fields(text)
	if width < 1 {
		return []string{strings.Join(words, " ")}
	}
	lines, column := []string{""}, 0
	for _, word := range words {
		parts := breakWord(word, width)
		length, last := utf8.RuneCountInString(parts[0]), len(lines)-1
		switch {
		case column == 0:
			lines[last] = parts[0]
		case column+1+length > width || len(parts) > 1:
			lines = append(lines, parts[0])
		default:
			lines[last] += " " + parts[0]
		}
		lines = append(lines, parts[1:]...)
		column = utf8.RuneCountInString(lines[len(lines)-1])
	}
	return lines
}

// breakWord splits a word into parts of at most width columns, preferably after punctuation or before a capital letter.
func breakWord(word string, width int) []string {
	var parts []string
	runes := []rune(word)
	for len(runes) > width {
		cut := width
		for at := width; at > 2; at-- {
			if strings.ContainsRune("-./,:@=_+|", runes[at-1]) || unicode.IsUpper(runes[at]) && unicode.IsLower(runes[at-1]) {
				cut = at
				break
			}
		}
		parts = append(parts, string(runes[:cut]))
		runes = runes[cut:]
	}
	return append(parts, string(runes))
}
