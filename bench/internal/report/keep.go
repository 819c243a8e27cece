package report

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

const (
	begin = "<!-- begin: written by the bench -->\n"
	end   = "<!-- end: written by the bench -->\n"
)

// Keep replaces what an earlier run wrote into a file, between two comments, and leaves the rest.
func Keep(file, text string) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(data), begin)
	if !ok {
		return fmt.Errorf("%s: there is no line %s", file, strings.TrimSpace(begin))
	}
	_, after, ok := strings.Cut(rest, end)
	if !ok {
		return fmt.Errorf("%s: there is no line %s", file, strings.TrimSpace(end))
	}
	if strings.Contains(text, begin) || strings.Contains(text, end) {
		return errors.New("the results contain the comments that surround them")
	}
	return os.WriteFile(file, []byte(before+begin+text+end+after), 0o644)
}
