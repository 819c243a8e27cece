package printers

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"k8s.io/cli-runtime/pkg/printers"

	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

const (
	columnGap   = 3  // blanks between columns, as cli-runtime prints them
	leastColumn = 20 // columns of a terminal that a wrapped text gets at least
	shortDigest = len("sha256:") + 12
)

// printTable prints a table with cli-runtime's table printer. On a terminal it is made to fit: digests are short,
// long texts take several lines, and results have a colour.
func (out *Output) printTable(b *bytes.Buffer, t Table) error {
	wide := out.form == "wide"
	shown := t.shown(wide)
	if out.options.Terminal && out.options.Width > 0 {
		if !wide {
			shown.shortenDigests()
		}
		shown.wrap(out.options.Width)
	}
	var text bytes.Buffer
	printer := printers.NewTablePrinter(printers.PrintOptions{Wide: true})
	if err := printer.PrintObj(shown.kube(), &text); err != nil {
		return err
	}
	printed := text.String()
	if out.options.Color {
		printed = shown.colour(printed)
	}
	if out.options.NoHeaders {
		_, printed, _ = strings.Cut(printed, "\n")
	}
	b.WriteString(printed)
	return nil
}

// shown is the table with the columns that are printed.
func (t Table) shown(wide bool) Table {
	var s Table
	var keep []int
	for i, c := range t.Columns {
		if wide || !c.Wide {
			c.Wide = false
			s.Columns = append(s.Columns, c)
			keep = append(keep, i)
		}
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

// wrap breaks the texts of the last column that may be wrapped, so that a row takes at most width columns. The further
// lines of a text are rows in which every other cell is empty.
func (t *Table) wrap(width int) {
	wrapped, others := -1, 0
	for i, c := range t.Columns {
		if c.Wrap {
			wrapped = i
		}
	}
	if wrapped < 0 {
		return
	}
	for i := range t.Columns {
		if i != wrapped {
			others += t.columnWidth(i) + columnGap
		}
	}
	room := max(width-others, leastColumn)
	var rows [][]any
	for _, row := range t.Rows {
		text, _ := row[wrapped].(string)
		for i, line := range Fill(breakWords(SafeLine(text), room), room) {
			if i > 0 {
				row = emptyRow(len(row))
			}
			row[wrapped] = line
			rows = append(rows, row)
		}
	}
	t.Rows = rows
}

func emptyRow(columns int) []any {
	row := make([]any, columns)
	for i := range row {
		row[i] = ""
	}
	return row
}

// columnWidth is how many columns of a terminal the longest cell takes.
func (t Table) columnWidth(column int) int {
	width := utf8.RuneCountInString(t.Columns[column].Name)
	for _, row := range t.Rows {
		width = max(width, utf8.RuneCountInString(SafeLine(fmt.Sprint(row[column]))))
	}
	return width
}

// breakWords puts a blank into every word that is longer than width.
func breakWords(text string, width int) string {
	words := strings.Fields(text)
	for i, word := range words {
		runes := []rune(word)
		var parts []string
		for len(runes) > width {
			parts = append(parts, string(runes[:width]))
			runes = runes[width:]
		}
		words[i] = strings.Join(append(parts, string(runes)), " ")
	}
	return strings.Join(words, " ")
}

// Fill breaks a text into lines of at most width columns; a longer word has a line of its own. There is at least one
// line.
func Fill(text string, width int) []string {
	lines, column := []string{""}, 0
	for _, word := range strings.Fields(text) {
		length, last := utf8.RuneCountInString(word), len(lines)-1
		switch {
		case column == 0:
			lines[last] = word
			column = length
		case column+1+length > width:
			lines = append(lines, word)
			column = length
		default:
			lines[last] += " " + word
			column += 1 + length
		}
	}
	return lines
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
