package plugin

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
)

// NewCommand returns the root command. It opens and reads nothing until a command runs.
func NewCommand(env Environment) *cobra.Command { return newRoot(env, newFactory(env)) }

// newRoot returns the root command of a factory.
func newRoot(env Environment, f *factory) *cobra.Command {
	root := &cobra.Command{
		Use:               "release-x",
		Short:             "Read OpenShift release images",
		Long:              "Read OpenShift release images: components, manifests and signatures.",
		Example:           examples(env.Name, "%[1]s images 4.14.0 etcd -o pullspec"),
		Annotations:       map[string]string{cobra.CommandDisplayNameAnnotation: env.Name},
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		Version:           buildVersion().Version,
		Args:              unknownCommand,
		RunE:              func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(env.Out)
	root.SetErr(env.ErrOut)
	root.SetIn(env.In)
	f.flags.add(root.PersistentFlags())
	root.SetUsageFunc(usage(env.Width))
	root.SetHelpFunc(help(env.Width))
	root.SetVersionTemplate("{{.DisplayName}} {{.Version}}\n")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return flagError(cmd, f.Name, err) })
	addCommands(root, "Read",
		newInfoCommand(f), newImagesCommand(f), newEnvCommand(f), newManifestsCommand(f), newGraphCommand(f), newExtractCommand(f))
	addCommands(root, "Check", newVerifyCommand(f), newCheckCommand(f), newDiffCommand(f))
	addCommands(root, "Carry", newPullCommand(f), newMirrorCommand(f))
	root.AddCommand(newCacheCommand(f), newCompletionCommand(f), newOptionsCommand(env.Width), newVersionCommand(f), newReleaseTopic(env.Name))
	root.SetHelpCommand(newHelpCommand())
	completer{f}.register(root)
	return root
}

// addCommands adds commands under a heading of the help.
func addCommands(root *cobra.Command, heading string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: heading, Title: heading})
	for _, command := range commands {
		command.GroupID = heading
	}
	root.AddCommand(commands...)
}

// newHelpCommand returns a help command like cobra's, for which an unknown command is an error.
func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Print the help of a command",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			found, _, err := cmd.Root().Find(args)
			var names []cobra.Completion
			if err == nil {
				for _, sub := range found.Commands() {
					if sub.IsAvailableCommand() {
						names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
					}
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return fault.Errorf(fault.Usage, "%w", err)
			}
			if found.HasSubCommands() {
				if err := unknownCommand(found, rest); err != nil {
					return err
				}
			}
			found.InitDefaultHelpFlag()
			found.InitDefaultVersionFlag()
			return found.Help()
		},
	}
}

// newOptionsCommand returns a command that lists the flags of every command, which help leaves out.
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

// unknownCommand returns the error for a first argument that is no command.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if !cmd.HasParent() {
		if other, ok := plannedCommands()[args[0]]; ok {
			return fault.Errorf(fault.Usage, "there is no %s yet%s", args[0], other)
		}
	}
	names := []string{"help"}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			names = append(names, sub.Name())
		}
	}
	hint := payload.DidYouMean(args[0], names)
	if hint == "" {
		hint = fmt.Sprintf("see `%s --help`", cmd.CommandPath())
	}
	return fault.WithHint(fault.Usage, hint, "unknown command %q for %q", args[0], cmd.CommandPath())
}

// plannedCommands returns the commands that do not exist yet, each with what to use until then.
func plannedCommands() map[string]string {
	return map[string]string{
		"files":    ": use `oc image extract`",
		"serve":    "",
		"releases": "", "upgrades": "", "history": "", "lookup": "",
	}
}

// examples inserts the program's name into examples and indents them as kubectl does.
func examples(name, text string) string {
	lines := strings.Split(strings.TrimSpace(fmt.Sprintf(text, name)), "\n")
	for i, line := range lines {
		if line != "" {
			lines[i] = "  " + line
		}
	}
	return strings.Join(lines, "\n")
}

// newReleaseTopic returns the help about the forms of RELEASE, which is not a command.
func newReleaseTopic(name string) *cobra.Command {
	return &cobra.Command{
		Use:   "release",
		Short: "The forms of RELEASE",
		Long: fmt.Sprintf(`RELEASE names the release that a command reads:

  4.14.0            a version: its image is looked up in the connected cluster, then in --release-repository
  4.14.0-x86_64     a version for one architecture; 4.14.0-multi for all of them
  HOST/REPO:TAG     an image in a registry, such as quay.io/org/repo:tag; also HOST/REPO@sha256:...
  oci:DIR           an image in an OCI layout; oci:DIR:TAG or oci:DIR@sha256:... if the layout has several releases
  oci-archive:FILE  an image in a tar file, plain or gzip; also docker-archive:FILE
  dir:DIR           the files of a release, as extract writes them
  file:FILE         an image-references file, or the JSON of info -o json
  -                 the same, from standard input

Without RELEASE, a command reads $OCP_RELEASE_IMAGE, or else the release that the connected cluster runs.

With --release RELEASE, every argument is a NAME:

  %[1]s images --release "$OCP_RELEASE_IMAGE" etcd

If the image is for several architectures, --arch chooses one.`, name),
	}
}
