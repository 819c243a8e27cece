package diff

import (
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// contextLines is the number of equal lines around those that differ in a text within an object.
const contextLines = 1

// Lines returns how two texts of several lines differ: lines that begin with "- " or "+ ", and with blanks those of the equal lines
// around them that are not empty. Where equal lines are left out, there is an empty string.
func Lines(old, new string) []string {
	hunks, err := hunks("", "", old, new, contextLines)
	if err != nil { // edits that udiff made fit its input
		return append(prefixed("-", old), prefixed("+", new)...)
	}
	var lines []string
	for i, hunk := range hunks.Hunks {
		if i > 0 {
			lines = append(lines, "")
		}
		for _, line := range hunk.Lines {
			sign := map[udiff.OpKind]string{udiff.Delete: "-", udiff.Insert: "+", udiff.Equal: " "}[line.Kind]
			content := strings.TrimSuffix(line.Content, "\n")
			if line.Kind != udiff.Equal || strings.TrimSpace(content) != "" {
				lines = append(lines, sign+" "+content)
			}
		}
	}
	return lines
}

func prefixed(sign, text string) (lines []string) {
	for line := range strings.Lines(text) {
		lines = append(lines, sign+" "+strings.TrimSuffix(line, "\n"))
	}
	return lines
}

// hunks returns the lines that differ between two texts.
func hunks(oldName, newName, old, new string, context int) (udiff.UnifiedDiff, error) {
	edits := udiff.Lines(old, new)
	if len(edits) > maxEdits {
		edits = []udiff.Edit{{End: len(old), New: new}}
	}
	return udiff.ToUnifiedDiff(oldName, newName, old, edits, context)
}
