package plugin

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// groupAnnotation is the annotation of a flag with its heading in help.
const groupAnnotation = "group"

// The headings of flags, in the order of help. ownFlags is for the flags of the command itself.
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

// group assigns a heading to the flags that add defines.
func group(flags *pflag.FlagSet, heading string, add func()) {
	before := map[string]bool{}
	flags.VisitAll(func(f *pflag.Flag) { before[f.Name] = true })
	add()
	flags.VisitAll(func(f *pflag.Flag) {
		if !before[f.Name] {
			// SetAnnotation fails only for an unknown flag.
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

// flagColumn returns the column of the texts of flags: after the longest label that is not longer than half of the width.
func flagColumn(flags []*pflag.Flag, width int) int {
	column := 0
	for _, f := range flags {
		if length := len(flagLabel(f)) + 3; length <= width/2 {
			column = max(column, length)
		}
	}
	return max(column, len("  -x, --"))
}

// flagLabel returns a flag as users write it, and the type of its value.
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

// flagDefault returns the end of a flag's text: its default, unless that is empty.
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
