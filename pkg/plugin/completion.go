package plugin

import (
	"bytes"
	"context"
	_ "embed" // the hooks

	"github.com/spf13/cobra"
)

// What is added to cobra's scripts: they complete the words of one program, and users type oc or kubectl before it.
var (
	//go:embed shell/hook.bash
	bashHook string
	//go:embed shell/hook.zsh
	zshHook string
	//go:embed shell/hook.fish
	fishHook string
)

// shell is a shell that there is a completion for.
type shell struct {
	name  string
	start string // how it is switched on
	write func(cmd *cobra.Command, b *bytes.Buffer) error
	hook  string // what completes the words behind oc and kubectl; "" where a shell has one completion for a program
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
		Long: `Complete commands, flags, releases and names of what they have in the shell. It contacts no server:
names of a release are known when the release lies in files or in the cache.

There are two ways. Choose one:

- "completion install" is for users of oc and kubectl whose own completion is on, as by
"source <(kubectl completion bash)". They look on the PATH for programs that are called
oc_complete-release_x and kubectl_complete-release_x, and install writes those. It works in every
shell, and needs no change to a file that a shell starts with.

- "completion bash", zsh, fish and powershell print a script for the file that the shell starts with.
It completes oc-release_x and kubectl-release_x, and in bash, zsh and fish what follows "oc release-x"
and "kubectl release-x" too; put it after the completion of oc and kubectl there. In PowerShell,
"oc release-x" needs install. The script for bash needs the package bash-completion.`,
		Example: examples(f.Name, `
# For oc and kubectl, beside the plugin
%[1]s completion install

# For this bash
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
		Example: examples(f.Name, "\n# Switch it on, in the file that "+sh.name+" starts with\n"+sh.start),
		Args:    noArguments,
		RunE: f.run(func(context.Context, []string) (request, error) {
			return scriptRequest{shell: sh}, nil
		}),
	}
}

// scriptRequest prints the script that makes a shell complete.
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
