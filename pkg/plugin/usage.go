package plugin

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// maxHelpWidth is the largest width of help, in columns.
const maxHelpWidth = 100

// helpWidth returns the width of help for the width of a terminal, which is 0 without one.
func helpWidth(terminal int) int {
	if terminal <= 0 || terminal > maxHelpWidth {
		return maxHelpWidth
	}
	return terminal
}

// help prints the description of a command, then its usage.
func help(width int) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, _ []string) {
		text := cmd.Long
		if text == "" {
			text = cmd.Short + "."
		}
		text = wrap(text, helpWidth(width)) + "\n"
		if cmd.HasParent() && cmd.Runnable() {
			text += "\n"
		}
		if cmd.Runnable() {
			text += cmd.UsageString()
		}
		// Execute reports a failed write.
		_, _ = io.WriteString(cmd.OutOrStdout(), text)
	}
}

// usage prints the examples of a command, its own flags in groups or its subcommands, and its synopsis.
func usage(width int) func(*cobra.Command) error {
	return func(cmd *cobra.Command) error {
		var b strings.Builder
		if cmd.HasParent() {
			writeUsage(&b, cmd, helpWidth(width))
		} else {
			writeRootUsage(&b, cmd, helpWidth(width))
		}
		_, err := io.WriteString(cmd.OutOrStderr(), b.String())
		return err
	}
}

// writeRootUsage prints the synopsis, an example and the commands by group. With the description above it, the help has to
// fit a screen of 24 lines, so each command has one line.
func writeRootUsage(w io.Writer, root *cobra.Command, width int) {
	fmt.Fprintln(w, item("Usage:", len("Example:  "), root.CommandPath()+" COMMAND [RELEASE] [NAME...] [flags]", width))
	fmt.Fprintf(w, "%s\n\n", item("Example:", len("Example:  "), strings.TrimSpace(root.Example), width))
	const others = "Other"
	margin := len(others) + 2
	for _, group := range root.Groups() {
		margin = max(margin, len(group.Title)+2)
	}
	for _, group := range root.Groups() {
		title := group.Title
		for _, sub := range root.Commands() {
			if sub.GroupID == group.ID && sub.IsAvailableCommand() {
				label := fmt.Sprintf("%-*s%s", margin, title, sub.Name())
				fmt.Fprintln(w, item(label, margin+root.NamePadding()+1, sub.Short, width))
				title = ""
			}
		}
	}
	fmt.Fprintln(w, item(others, margin, strings.Join(otherCommands(root), ", "), width))
}

// otherCommands lists the commands without a group, with an explanation where the name needs one.
func otherCommands(root *cobra.Command) []string {
	var names []string
	for _, sub := range root.Commands() {
		if sub.GroupID != "" || !sub.IsAvailableCommand() || sub.Name() == "help" || sub.Name() == "options" {
			continue
		}
		names = append(names, sub.Name())
	}
	return append(names, "options (all flags)", "help release (its forms)")
}

// writeUsage prints the usage of a command.
func writeUsage(w io.Writer, cmd *cobra.Command, width int) {
	if cmd.HasExample() {
		fmt.Fprintf(w, "Examples:\n%s\n\n", wrapExamples(cmd.Example, width))
	}
	root, call, see := cmd.Root().CommandPath(), cmd.UseLine(), ""
	switch {
	case cmd.HasAvailableSubCommands():
		writeSubcommands(w, cmd, width)
		call = cmd.CommandPath() + " COMMAND [flags]"
		see = fmt.Sprintf("See `%s COMMAND --help` for the flags of a command.", cmd.CommandPath())
	default:
		writeFlags(w, cmd.LocalNonPersistentFlags(), width)
		see = fmt.Sprintf("See `%s options` for the flags of every command.", root)
		if strings.Contains(cmd.Use, "RELEASE") {
			see = fmt.Sprintf("See `%s options` for the flags of every command and `%s help release` for the forms of RELEASE.", root, root)
		}
	}
	fmt.Fprintf(w, "Usage:\n%s\n\n%s\n", wrapCommand("  "+call, width), wrap(see, width))
}

// writeSubcommands lists the commands of a command.
func writeSubcommands(w io.Writer, cmd *cobra.Command, width int) {
	fmt.Fprintln(w, "Commands:")
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			fmt.Fprintln(w, item("  "+sub.Name(), cmd.NamePadding()+3, sub.Short, width))
		}
	}
	fmt.Fprintln(w)
}

// wrap wraps the lines of each paragraph. It keeps the lines of a paragraph with indented lines, which is a list.
func wrap(text string, width int) string {
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		if !strings.Contains("\n"+paragraph, "\n ") {
			paragraphs[i] = strings.Join(printers.Fill(paragraph, width), "\n")
			continue
		}
		lines := strings.Split(paragraph, "\n")
		for j, line := range lines {
			column := textColumn(line)
			lines[j] = item(strings.TrimRight(line[:column], " "), column, line[column:], width)
		}
		paragraphs[i] = strings.Join(lines, "\n")
	}
	return strings.Join(paragraphs, "\n\n")
}

// textColumn returns the column where the text of a list item begins: after the gap of two or more blanks behind its label.
func textColumn(line string) int {
	label := len(line) - len(strings.TrimLeft(line, " "))
	gap := strings.Index(line[label:], "  ")
	if gap < 0 {
		return label
	}
	return len(line) - len(strings.TrimLeft(line[label+gap:], " "))
}

// minTextWidth is the smallest width of a text beside its label, in columns. A narrower text goes below the label.
const minTextWidth = 24

// item returns a label and a text that is wrapped beside it from a column on. The text begins on the next line if the label
// reaches the column or the terminal is too narrow.
func item(label string, column int, text string, width int) string {
	first := fmt.Sprintf("%-*s", column, label)
	if width-column < minTextWidth {
		column = min(column, len(label)-len(strings.TrimLeft(label, " "))+4)
	}
	if len(label)+2 > column && label != "" {
		first = label + "\n" + strings.Repeat(" ", column)
	}
	return first + strings.Join(printers.Fill(text, width-column), "\n"+strings.Repeat(" ", column))
}

// wrapExamples wraps the comments and the command lines of examples.
func wrapExamples(text string, width int) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if comment, ok := strings.CutPrefix(line, "  # "); ok {
			lines[i] = "  # " + strings.Join(printers.Fill(comment, width-4), "\n  # ")
		} else {
			lines[i] = wrapCommand(line, width)
		}
	}
	return strings.Join(lines, "\n")
}

// wrapCommand breaks a long command line with backslashes at blanks outside quotes.
func wrapCommand(line string, width int) string {
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	const indent = "    "
	words := shellWords(line)
	var lines []string
	current := line[:len(line)-len(strings.TrimLeft(line, " "))] + words[0]
	for i, word := range words[1:] {
		room := width - len(" \\")
		if i == len(words)-2 {
			room = width
		}
		if utf8.RuneCountInString(current)+1+utf8.RuneCountInString(word) > room {
			lines = append(lines, current+" \\")
			current = indent + word
			continue
		}
		current += " " + word
	}
	return strings.Join(append(lines, current), "\n")
}

// shellWords splits a command line at blanks outside quotes. It keeps a flag and its value together.
func shellWords(line string) []string {
	var words []string
	quote, begin := rune(0), 0
	add := func(word string) {
		last := len(words) - 1
		isValue := last >= 0 && strings.HasPrefix(words[last], "-") && !strings.Contains(words[last], " ")
		if isValue && (word == "-" || !strings.HasPrefix(word, "-")) {
			words[last] += " " + word
		} else if word != "" {
			words = append(words, word)
		}
	}
	line = strings.TrimSpace(line)
	for i, c := range line {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == ' ':
			add(line[begin:i])
			begin = i + 1
		}
	}
	add(line[begin:])
	return words
}
