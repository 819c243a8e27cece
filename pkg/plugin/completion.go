package plugin

import (
	"bytes"
	"context"
	_ "embed" // for the hooks

	"github.com/spf13/cobra"
)

// The hooks are added to cobra's scripts, which complete one program only: users type oc or kubectl before release-x.
var (
	//go:embed shell/hook.bash
	bashHook string
	//go:embed shell/hook.zsh
	zshHook string
	//go:embed shell/hook.fish
	fishHook string
)

// shell is a shell that completion supports.
type shell struct {
	name  string
	start string // the line that enables completion, with %[1]s for the name of the program
	write func(cmd *cobra.Command, b *bytes.Buffer) error
	hook  string // completes the words after oc and kubectl; "" where the shell allows one completion for each program
}

func completionShells() []shell {
	return []shell{
		{
			"bash", "source <(%[1]s completion bash)",
			func(cmd *cobra.Command, b *bytes.Buffer) error { return cmd.GenBashCompletionV2(b, true) }, bashHook,
		},
		{
			"zsh", "source <(%[1]s completion zsh)",
			func(cmd *cobra.Command, b *bytes.Buffer) error { return cmd.GenZshCompletion(b) }, zshHook,
		},
		{
			"fish", "%[1]s completion fish | source",
			func(cmd *cobra.Command, b *bytes.Buffer) error { return cmd.GenFishCompletion(b, true) }, fishHook,
		},
		{
			"powershell", "%[1]s completion powershell | Out-String | Invoke-Expression",
			func(cmd *cobra.Command, b *bytes.Buffer) error { return cmd.GenPowerShellCompletionWithDesc(b) }, "",
		},
	}
}

func newCompletionCommand(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "completion",
		Short: "Complete words in the shell",
		Long: `Complete commands, flags, releases and the names in them in the shell. Completion contacts no server:
it knows the names in a release if the release is in local files or in the cache.

There are two ways. Choose one:

- "completion install" is for users who have the completion of oc or kubectl enabled, such as with
"source <(kubectl completion bash)". oc and kubectl look on the PATH for the programs
oc_complete-release_x and kubectl_complete-release_x, and install writes them. This works in every
shell and needs no change to the shell's startup file.

- "completion bash", zsh, fish and powershell print a script for the shell's startup file. It completes
oc-release_x and kubectl-release_x, and in bash, zsh and fish also "oc release-x" and
"kubectl release-x"; load it after the completion of oc and kubectl. In PowerShell, "oc release-x"
needs install. The script for bash needs the package bash-completion.`,
		Example: examples(f.Name, `
# For oc and kubectl, beside the plugin
%[1]s completion install

# For the running bash
source <(%[1]s completion bash)`),
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for _, sh := range completionShells() {
		cmd.AddCommand(newScriptCommand(f, sh))
	}
	cmd.AddCommand(newCompletionInstallCommand(f))
	return cmd
}

func newScriptCommand(f *factory, sh shell) *cobra.Command {
	return &cobra.Command{
		Use:     sh.name,
		Short:   "Print the script for " + sh.name,
		Example: examples(f.Name, "\n# Enable it, in the startup file of "+sh.name+"\n"+sh.start),
		Args:    noArguments,
		RunE: f.run(func(context.Context, []string) (request, error) {
			return scriptRequest{shell: sh}, nil
		}),
	}
}

// scriptRequest prints the completion script of a shell.
type scriptRequest struct {
	noHosts
	shell shell
}

func (r scriptRequest) run(_ context.Context, s *session) error {
	var b bytes.Buffer
	for _, program := range []string{"oc-release_x", "kubectl-release_x"} {
		if err := r.shell.write(&cobra.Command{Use: program}, &b); err != nil {
			return err
		}
		b.WriteString("\n")
	}
	b.WriteString(r.shell.hook)
	_, err := s.Out.Write(b.Bytes())
	return err
}
