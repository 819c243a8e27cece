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

// newOptionsCommand lists the flags of every command, which the help of a command leaves out.
func newOptionsCommand(width int) *cobra.Command {
	return &cobra.Command{
		Use:   "options",
		Short: "List the flags of every command",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var b strings.Builder
			b.WriteString("Every command takes these flags:\n\n")
			writeFlags(&b, cmd.Root().PersistentFlags(), helpWidth(width))
			_, err := fmt.Fprint(cmd.OutOrStdout(), strings.TrimSuffix(b.String(), "\n"))
			return err
		},
	}
}

// flagError is the error of a command line whose flags cannot be read; name is how the program is called. An unknown flag comes with the nearest ones.
func flagError(cmd *cobra.Command, name string, err error) error {
	if words := cmd.Flags().Args(); !cmd.HasParent() && len(words) > 0 {
		return unknownCommand(cmd, words) // it may be a flag of that command
	}
	if hint := ocFlagHint(cmd, name, err); hint != "" {
		return fault.Errorf(fault.Usage, "%s", hint)
	}
	text, _, _ := strings.Cut(err.Error(), ": strconv.") // how Go reads a number is no help
	if near := nearFlags(cmd, err); near != "" {
		return fault.Errorf(fault.Usage, "%s%s", text, near)
	}
	return fault.WithHint(fault.Usage, fmt.Sprintf("see `%s --help`", cmd.CommandPath()), "%s", text)
}

// nearFlags asks whether a flag that is almost called like an unknown one was meant, "" when none is.
func nearFlags(cmd *cobra.Command, err error) string {
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
