package plugin

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/printers"
)

// widest is the number of columns that help fills at most.
const widest = 100

// help prints what a command is for, with examples, flags in groups and how it is called, wrapped to the terminal.
func help(width int) func(*cobra.Command, []string) {
	return func(cmd *cobra.Command, _ []string) {
		text := cmd.Long
		if text == "" {
			text = cmd.Short
		}
		// Execute sees a write that fails.
		_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s\n\n%s", wrap(text, width), cmd.UsageString())
	}
}

// wrap fills the lines of each paragraph again, except those that are indented.
func wrap(text string, width int) string {
	if width <= 0 || width > widest {
		width = widest
	}
	paragraphs := strings.Split(text, "\n\n")
	for i, paragraph := range paragraphs {
		if !strings.Contains("\n"+paragraph, "\n ") {
			paragraphs[i] = strings.Join(printers.Fill(paragraph, width), "\n")
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

// usage prints a command's examples, its own flags in groups, and how it is called; the root command prints the
// commands instead of flags.
func usage(width int) func(*cobra.Command) error {
	if width <= 0 {
		width = widest
	}
	return func(cmd *cobra.Command) error {
		var b strings.Builder
		if cmd.HasExample() {
			fmt.Fprintf(&b, "Examples:\n%s\n\n", cmd.Example)
		}
		if cmd.HasAvailableSubCommands() {
			writeCommands(&b, cmd)
		} else {
			writeFlags(&b, cmd.LocalNonPersistentFlags(), width)
		}
		writeCall(&b, cmd, width)
		_, err := io.WriteString(cmd.OutOrStderr(), b.String())
		return err
	}
}

// writeCommands lists commands by group; those without a group take one line together.
func writeCommands(w io.Writer, cmd *cobra.Command) {
	var others []string
	for _, group := range cmd.Groups() {
		fmt.Fprintf(w, "%s:\n", group.Title)
		for _, sub := range cmd.Commands() {
			if sub.GroupID == group.ID && sub.IsAvailableCommand() {
				fmt.Fprintf(w, "  %-*s %s\n", cmd.NamePadding(), sub.Name(), sub.Short)
			}
		}
	}
	for _, sub := range cmd.Commands() {
		switch {
		case sub.GroupID != "" || !sub.IsAvailableCommand():
		case len(cmd.Groups()) > 0:
			others = append(others, sub.Name())
		default:
			fmt.Fprintf(w, "  %-*s %s\n", cmd.NamePadding(), sub.Name(), sub.Short)
		}
	}
	if len(others) > 0 {
		fmt.Fprintf(w, "Other commands: %s\n", strings.Join(others, ", "))
	}
	fmt.Fprintln(w)
}

// writeCall prints how a command is called, and where the rest is explained.
func writeCall(w io.Writer, cmd *cobra.Command, width int) {
	root := cmd.Root().CommandPath()
	if !cmd.HasAvailableSubCommands() {
		fmt.Fprintf(w, "Usage:\n  %s\n\n%s\n", cmd.UseLine(),
			wrap(fmt.Sprintf("See `%s options` for the flags of every command and `%s --help` for the forms of RELEASE.", root, root), width))
		return
	}
	call := "COMMAND"
	if !cmd.HasParent() {
		call = "COMMAND [RELEASE] [flags]"
	}
	fmt.Fprintf(w, "Usage:\n  %s %s\n\n%s\n", cmd.CommandPath(), call,
		wrap(fmt.Sprintf("See `%s COMMAND --help` for a command and `%s options` for the flags of every command.", cmd.CommandPath(), root), width))
}

// groupAnnotation names the annotation of a flag that says under which heading help shows it.
const groupAnnotation = "group"

// The headings of flags, in the order in which help shows them; ownFlags are those of the command itself.
const (
	ownFlags       = "Flags"
	releaseGroup   = "Release"
	inclusionGroup = "Cluster that the manifests are for"
	trustGroup     = "Trust"
	outputGroup    = "Output"
	registryGroup  = "Registries"
	limitGroup     = "Limits"
	cacheGroup     = "Cache"
	clusterGroup   = "Connected cluster"
)

func flagGroups() []string {
	return []string{ownFlags, releaseGroup, inclusionGroup, trustGroup, outputGroup, registryGroup, limitGroup, cacheGroup, clusterGroup}
}

// group puts the flags that add adds to a set under a heading.
func group(flags *pflag.FlagSet, heading string, add func()) {
	before := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) { before[f.Name] = true })
	add()
	flags.VisitAll(func(f *pflag.Flag) {
		if !before[f.Name] {
			// It fails for a flag that is not there only.
			_ = flags.SetAnnotation(f.Name, groupAnnotation, []string{heading})
		}
	})
}

// writeFlags prints flags under their headings.
func writeFlags(w io.Writer, flags *pflag.FlagSet, width int) {
	sets := map[string]*pflag.FlagSet{}
	flags.VisitAll(func(f *pflag.Flag) {
		heading := ownFlags
		if names := f.Annotations[groupAnnotation]; len(names) > 0 {
			heading = names[0]
		}
		if sets[heading] == nil {
			sets[heading] = pflag.NewFlagSet(heading, pflag.ContinueOnError)
		}
		sets[heading].AddFlag(f)
	})
	for _, heading := range flagGroups() {
		if set := sets[heading]; set != nil && set.HasAvailableFlags() {
			fmt.Fprintf(w, "%s:\n%s\n", heading, set.FlagUsagesWrapped(width))
		}
	}
}
