package printers

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The blanks between columns, and how wide a cell with those behind it is at least, as cli-runtime prints them.
const (
	usualGap  = 3
	leastCell = 6
)

// leastText is how many columns a text gets at least that could stand below its row.
const leastText = 24

// fitting is one way to make a table fit.
type fitting struct {
	gap   int
	least int  // columns of a terminal that a wrapped cell gets at least
	below bool // texts of columns that may stand below their row do so
}

// fittings are the ways to make a table fit, the best one first.
func fittings() []fitting {
	return []fitting{{usualGap, 20, false}, {2, 16, false}, {2, 12, true}, {2, 7, true}}
}

// fit breaks the texts of columns that may be wrapped, so that a row takes at most width columns. The further lines of a cell
// are rows in which the cells that have ended are empty. It returns the blanks to leave between columns, and texts that stand
// below their rows, by the number of the line that they follow; the line of the headings is 0. A table that cannot fit stays
// as it is.
func (t *Table) fit(width int) (gap int, below map[int]string) {
	for _, f := range fittings() {
		widths, ok := t.narrowed(width, f)
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
	return usualGap, nil
}

// narrowed is how wide each column may be for a row to take at most width columns; 0 is for one that is not wrapped. The
// widest columns are narrowed first.
func (t *Table) narrowed(width int, f fitting) (widths []int, ok bool) {
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
		free -= max(natural+f.gap, leastCell)
	}
	for ; free < 0; free++ {
		widest := 0
		for i := range widths {
			if widths[i] >= widths[widest] {
				widest = i
			}
		}
		if widths[widest] <= max(f.least, utf8.RuneCountInString(t.Columns[widest].Name)) {
			return nil, false
		}
		widths[widest]--
	}
	for i, c := range t.Columns {
		if c.Below && !f.below && widths[i] < min(leastText, t.columnWidth(i)) {
			return nil, false
		}
	}
	return widths, true
}

// wrapRow is a row as rows whose cells are at most as wide as widths say.
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

// textBelow is what stands below a row: the texts of its columns that may, each behind its heading.
func (t *Table) textBelow(row []any, width int) string {
	const indent = "    "
	var b strings.Builder
	for i, c := range t.Columns {
		text := SafeLine(fmt.Sprint(row[i]))
		if !c.Below || text == "<none>" {
			continue
		}
		for _, line := range Fill(strings.ToLower(c.Name)+": "+text, width-len(indent)) {
			b.WriteString(indent + line + "\n")
		}
	}
	return b.String()
}

// dropBelow takes the columns away whose texts stand below their rows.
func (t *Table) dropBelow() {
	var keep []int
	for i, c := range t.Columns {
		if !c.Below {
			keep = append(keep, i)
		}
	}
	*t = t.only(keep)
}

// columnWidth is how many columns of a terminal the longest cell takes.
func (t Table) columnWidth(column int) int {
	width := utf8.RuneCountInString(t.Columns[column].Name)
	for _, row := range t.Rows {
		width = max(width, utf8.RuneCountInString(SafeLine(fmt.Sprint(row[column]))))
	}
	return width
}

// Fill breaks a text into lines of at most width columns, at blanks; a word that is longer than a line is broken behind
// punctuation if it has any. There is at least one line. A width below 1 is none: the text stays one line.
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

// breakWord cuts a word into parts of at most width columns, behind punctuation or before a capital letter if there is one.
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
