package plugin

import (
	"slices"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Each flag completes words, completes nothing, or leaves names of files to the shell.
func TestEveryFlagHasCompletion(t *testing.T) {
	files := []string{
		"authfile", "base", "certificate-authority", "client-certificate", "client-key", "file", "icsp-file", "idms-file",
		"install-config", "itms-file", "key", "keyring", "kubeconfig", "overrides", "registries-conf", "registry-config",
		"signature", "template", "to", "to-authfile",
	}
	seen := map[string]bool{}
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		check := func(f *pflag.Flag) {
			_, found := cmd.GetFlagCompletionFunc(f.Name)
			isFile := slices.Contains(files, f.Name)
			if !found && !isFile && f.Value.Type() != "bool" {
				t.Errorf("%s --%s: nothing says how it is completed: see flagValues and flagsWithoutWords", cmd.CommandPath(), f.Name)
			}
			seen[f.Name] = true
		}
		cmd.PersistentFlags().VisitAll(check)
		cmd.Flags().VisitAll(check)
		if cmd.ValidArgsFunction == nil && !cmd.HasSubCommands() {
			t.Errorf("%s: nothing says how its arguments are completed", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	root := NewCommand(Environment{Getenv: func(string) string { return "" }})
	visit(root)
	for _, name := range slices.Concat(files, flagsWithoutWords(), keys(completer{newFactory(Environment{})}.flagValues())) {
		if !seen[name] {
			t.Errorf("there is no flag --%s", name)
		}
	}
}
