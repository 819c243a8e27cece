package plugin

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

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
	sets := map[string][]*pflag.Flag{}
	flags.VisitAll(func(f *pflag.Flag) {
		heading := ownFlags
		if names := f.Annotations[groupAnnotation]; len(names) > 0 {
			heading = names[0]
		}
		if !f.Hidden {
			sets[heading] = append(sets[heading], f)
		}
	})
	for _, heading := range flagGroups() {
		if len(sets[heading]) == 0 {
			continue
		}
		fmt.Fprintf(w, "%s:\n", heading)
		column := flagColumn(sets[heading], width)
		for _, f := range sets[heading] {
			fmt.Fprintln(w, item(flagLabel(f), column, f.Usage+flagDefault(f), width))
		}
		fmt.Fprintln(w)
	}
}

// flagColumn is where the texts of flags begin: behind the longest label that leaves them more than half of the width.
func flagColumn(flags []*pflag.Flag, width int) int {
	column := 0
	for _, f := range flags {
		if length := len(flagLabel(f)) + 3; length <= width/2 {
			column = max(column, length)
		}
	}
	return max(column, len("  -x, --"))
}

// flagLabel is a flag as a user writes it, and the type of its value.
func flagLabel(f *pflag.Flag) string {
	label := "      --" + f.Name
	if f.Shorthand != "" {
		label = fmt.Sprintf("  -%s, --%s", f.Shorthand, f.Name)
	}
	switch kind := f.Value.Type(); kind {
	case "bool":
		return label
	case "stringArray", "stringSlice":
		return label + " strings"
	default:
		return label + " " + kind
	}
}

// flagDefault ends the text of a flag with its default, unless that is empty.
func flagDefault(f *pflag.Flag) string {
	switch value := f.DefValue; {
	case value == "", value == "[]", value == "false", value == "0", value == "0s":
		return ""
	case strings.HasSuffix(f.Value.Type(), "string"):
		return " (default " + strconv.Quote(value) + ")"
	default:
		return " (default " + value + ")"
	}
}
