package plugin

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// flagError returns the error for flags that cannot be parsed, with flags of similar names for an unknown one. name is the
// command that users type.
func flagError(cmd *cobra.Command, name string, err error) error {
	if words := cmd.Flags().Args(); !cmd.HasParent() && len(words) > 0 {
		return unknownCommand(cmd, words) // the flag may belong to that command
	}
	if hint := ocFlagHint(cmd, name, err); hint != "" {
		return fault.Errorf(fault.Usage, "%s", hint)
	}
	text, _, _ := strings.Cut(err.Error(), ": strconv.") // the rest is about Go, not about the flag
	if similar := similarFlags(cmd, err); similar != "" {
		return fault.Errorf(fault.Usage, "%s%s", text, similar)
	}
	return fault.WithHint(fault.Usage, fmt.Sprintf("see `%s --help`", cmd.CommandPath()), "%s", text)
}

// similarFlags suggests flags with names similar to that of an unknown flag; "" if there are none.
func similarFlags(cmd *cobra.Command, err error) string {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return ""
	}
	var names []string
	asked := cmp.Or(unknown.GetSpecifiedShortnames(), unknown.GetSpecifiedName()) // -kind is --kind
	if len(asked) < 2 {
		return ""
	}
	add := func(f *pflag.Flag) {
		if difference := len(f.Name) - len(asked); !f.Hidden && difference >= -2 && difference <= 2 {
			names = append(names, f.Name)
		}
	}
	cmd.Flags().VisitAll(add)
	cmd.InheritedFlags().VisitAll(add)
	return strings.NewReplacer("mean ", "mean --", ", ", ", --").Replace(payload.DidYouMean(asked, names))
}

// ocFlagHint says what to use instead of a flag of `oc adm release info` or `extract` that the command of the same name
// does not have here; "" for other errors. name is the command that users type.
func ocFlagHint(cmd *cobra.Command, name string, err error) string {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return ""
	}
	flag := unknown.GetSpecifiedName()
	hint := ocFlags(name)[cmd.Name()][flag]
	if hint == "" {
		return ""
	}
	dashes := "--"
	if len(flag) == 1 {
		dashes = "-"
	}
	return fmt.Sprintf("%s has no %s%s%s", cmd.Name(), dashes, flag, hint)
}

// ocFlags returns the flags of oc by command, each with the end of the sentence "info has no --bugs" (openshift/oc,
// pkg/cli/admin/release/info.go and extract.go).
func ocFlags(name string) map[string]map[string]string {
	use := func(command string) string { return ": use `" + command + "`" }
	later := func(command string) string { return " yet" + use(command) }
	here := func(command string) string { return use(name + " " + command) }
	local := ": name a release on disk as RELEASE, such as oci:DIR, oci-archive:FILE or dir:DIR"
	unverified := ": leave it out, every byte is checked against its digest; only `" + name + " verify RELEASE` checks signatures"
	return map[string]map[string]string{
		"info": {
			"bugs":              later("oc adm release info --bugs"),
			"changelog":         later("oc adm release info --changelog"),
			"changes-from":      here("diff OLD NEW"),
			"dir":               local,
			"rpmdb":             later("oc adm release info --rpmdb"),
			"rpmdb-cache":       later("oc adm release info --rpmdb-cache"),
			"rpmdb-diff":        later("oc adm release info --rpmdb-diff"),
			"rpmdb-image":       later("oc adm release info --rpmdb-image"),
			"skip-bug-check":    later("oc adm release info --bugs --skip-bug-check"),
			"skip-verification": unverified,
			"verify":            here("verify RELEASE"),
		},
		"extract": {
			"command":           later("oc adm release extract --command"),
			"command-os":        later("oc adm release extract --command-os"),
			"dir":               local,
			"git":               later("oc adm release extract --git"),
			"o":                 outputHint(name),
			"output":            outputHint(name),
			"signing-key":       later("oc adm release extract --tools --signing-key"),
			"skip-verification": unverified,
			"tools":             later("oc adm release extract --tools"),
		},
	}
}

// outputHint says what to use instead of -o commit, the only output of oc's extract, and of other forms.
func outputHint(name string) string {
	return ": it writes files unchanged; `" + name + " images RELEASE -o wide` shows commits, and `" + name + " manifests RELEASE -o json` documents"
}
