package plugin

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// usage prints how a command is called: its own flags, wrapped to the terminal, and where those are that every
// command has.
func usage(width int) func(*cobra.Command) error {
	if width <= 0 {
		width = 100
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
			fmt.Fprintf(&b, "\nSee `%s --help` for the flags that every command has: registries, cluster, cache, limits.\n", cmd.Root().CommandPath())
		} else {
			fmt.Fprintf(&b, "\nFlags of every command:\n%s", cmd.PersistentFlags().FlagUsagesWrapped(width))
			fmt.Fprintf(&b, "\nSee `%s COMMAND --help` for the flags of a command.\n", cmd.CommandPath())
		}
		_, err := cmd.OutOrStderr().Write([]byte(b.String()))
		return err
	}
}
