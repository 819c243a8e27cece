package plugin

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// widest is how far text goes on a terminal of any width.
const widest = 100

// help prints what a command is for, wrapped to the terminal, and how it is called.
func help(width int) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, _ []string) {
		text := cmd.Long
		if text == "" {
			text = cmd.Short
		}
		// A write that fails is seen by who gave the stream.
		_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s", wrap(text, width), cmd.UsageString())
	}
}

// wrap fills the lines of each paragraph anew, but for those that are indented.
func wrap(text string, width int) string {
	if width <= 0 || width > widest {
		width = widest
	}
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		if strings.Contains("\n"+paragraph, "\n ") {
			continue
		}
		var b strings.Builder
		column := 0
		for _, word := range strings.Fields(paragraph) {
			length := utf8.RuneCountInString(word)
			switch {
			case column == 0:
			case column+1+length > width:
				b.WriteByte('\n')
				column = 0
			default:
				b.WriteByte(' ')
				column++
			}
			b.WriteString(word)
			column += length
		}
		paragraphs[i] = b.String()
	}
	return strings.Join(paragraphs, "\n\n")
}

// usage prints how a command is called: its own flags, wrapped to the terminal, and where those are that every
// command has.
func usage(width int) func(*cobra.Command) error {
	if width <= 0 {
		width = widest
	}
	return func(cmd *cobra.Command) error {
		var b strings.Builder
		b.WriteString("Usage:\n")
		if cmd.HasAvailableSubCommands() {
			fmt.Fprintf(&b, "  %s COMMAND\n", cmd.CommandPath())
			b.WriteString("\nCommands:\n")
			for _, sub := range cmd.Commands() {
				if sub.IsAvailableCommand() {
					fmt.Fprintf(&b, "  %-*s %s\n", cmd.NamePadding(), sub.Name(), sub.Short)
				}
			}
		} else {
			fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
		}
		if cmd.HasExample() {
			fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
		}
		if own := cmd.LocalNonPersistentFlags(); own.HasAvailableFlags() {
			fmt.Fprintf(&b, "\nFlags:\n%s", own.FlagUsagesWrapped(width))
		}
		if cmd.HasParent() {
			fmt.Fprintf(&b, "\n%s\n", wrap(fmt.Sprintf("See `%s --help` for the forms of RELEASE and the flags of every command.", cmd.Root().CommandPath()), width))
		} else {
			fmt.Fprintf(&b, "\nFlags of every command:\n%s", cmd.PersistentFlags().FlagUsagesWrapped(width))
			fmt.Fprintf(&b, "\nSee `%s COMMAND --help` for the flags of a command.\n", cmd.CommandPath())
		}
		_, err := cmd.OutOrStderr().Write([]byte(b.String()))
		return err
	}
}
