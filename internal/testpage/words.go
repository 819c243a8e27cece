package testpage

import (
	"errors"
	"strings"
)

// Arguments returns the arguments of a command line of the plugin, nil for another program.
func Arguments(words []string) []string {
	for _, program := range [][]string{{"oc", "release-x"}, {"go", "run", "./cmd/oc-release-x"}} {
		if len(words) > len(program) && strings.Join(words[:len(program)], " ") == strings.Join(program, " ") {
			return words[len(program):]
		}
	}
	return nil
}

// Words splits a command line with ' and " as quotes.
func Words(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	started, quote := false, rune(0)
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '\'' || r == '"'):
			quote, started = r, true
		case quote == 0 && r == ' ':
			if started {
				words = append(words, word.String())
			}
			word.Reset()
			started = false
		default:
			word.WriteRune(r)
			started = true
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote is open")
	}
	if started {
		words = append(words, word.String())
	}
	return words, nil
}
