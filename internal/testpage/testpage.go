// Package testpage finds the commands in pages such as the README, and writes into the pages what the commands print. Tests run the
// commands and compare.
package testpage

import (
	"regexp"
	"strings"
)

// Block is a block of a page with commands: a block console with one command and its output, or a block sh.
type Block struct {
	Command string // without the $ of a block console; the lines of a block sh
	Console bool
	Shown   string // the output of a block console, as in the page
	Needs   string // of a block sh, what a test does not have: the first line after "# needs "
	Before  string // the text of the page between the block before this one and this one
}

// Blocks returns the blocks of a page in their order.
func Blocks(page string) []Block {
	var blocks []Block
	Rewrite(page, func(b Block) (string, bool) {
		blocks = append(blocks, b)
		return "", false
	})
	return blocks
}

// Rewrite runs the blocks of a page in their order and returns the page with the outputs of its console blocks, cut as the page has
// them. A block for which run returns false stays as it is.
func Rewrite(page string, run func(Block) (output string, ok bool)) string {
	var out strings.Builder
	end := 0
	for _, at := range regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)```").FindAllStringSubmatchIndex(page, -1) {
		b := newBlock(page[at[2]:at[3]], page[at[4]:at[5]])
		b.Before = page[end:at[0]]
		out.WriteString(b.Before)
		if output, ok := run(b); ok && b.Console {
			out.WriteString("```console\n$ " + b.Command + "\n" + cut(sameTime(output, b.Shown), b.Shown) + "```")
		} else {
			out.WriteString(page[at[0]:at[1]])
		}
		end = at[1]
	}
	return out.String() + page[end:]
}

func newBlock(language, text string) Block {
	if language == "console" {
		command, shown, _ := strings.Cut(text, "\n")
		return Block{Console: true, Command: strings.TrimPrefix(command, "$ "), Shown: shown}
	}
	b := Block{Command: text}
	if needs, ok := strings.CutPrefix(text, "# needs "); ok {
		b.Needs, _, _ = strings.Cut(needs, "\n")
	}
	return b
}

// sameTime replaces the time that a copy took by the one that the page shows, because it differs between runs.
func sameTime(output, shown string) string {
	took := regexp.MustCompile(`(?m)^  Time: .*$`)
	if line := took.FindString(shown); line != "" {
		return took.ReplaceAllLiteralString(output, line)
	}
	return output
}

// cut shortens output to the number of lines that the page shows before its line of ….
func cut(output, shown string) string {
	if output != "" && !strings.HasSuffix(output, "\n") {
		output += "\n"
	}
	before, _, shortened := strings.Cut(shown, "…\n")
	if !shortened {
		return output
	}
	lines := strings.SplitAfter(output, "\n")
	keep := strings.Count(before, "\n")
	if keep == 0 {
		keep = 8
	}
	return strings.Join(lines[:min(keep, len(lines))], "") + "…\n"
}
