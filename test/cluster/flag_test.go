package cluster

import (
	"bytes"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/release-x/oc-release-x/pkg/plugin"
)

// root returns the root command in an empty environment.
func root() *cobra.Command {
	var out bytes.Buffer
	return plugin.NewCommand(plugin.Environment{Streams: plugin.Streams{Out: &out, ErrOut: &out}, Getenv: func(string) string { return "" }})
}

// compare fails the test for every flag of want that got lacks or has with another shorthand, default or type.
func compare(t *testing.T, command string, want, got *pflag.FlagSet) (compared int) {
	t.Helper()
	want.VisitAll(func(want *pflag.Flag) {
		compared++
		got := got.Lookup(want.Name)
		if got == nil {
			t.Errorf("%s: --%s is missing", command, want.Name)
			return
		}
		if got.Shorthand != want.Shorthand || got.DefValue != want.DefValue || got.Value.Type() != want.Value.Type() {
			t.Errorf("%s: --%s: -%s, %q, %s; want -%s, %q, %s", command, want.Name,
				got.Shorthand, got.DefValue, got.Value.Type(), want.Shorthand, want.DefValue, want.Value.Type())
		}
	})
	return compared
}

// The flags that choose the cluster are those of every kubectl command.
func TestClusterFlagsAreConfigFlags(t *testing.T) {
	kubectl := genericclioptions.NewConfigFlags(false)
	kubectl.CAFile, kubectl.CacheDir = nil, nil // flags for registries and the cache have these names
	kubectl.Namespace = nil                     // a flag of the commands that use a namespace
	flags := pflag.NewFlagSet("kubectl", pflag.ContinueOnError)
	kubectl.AddFlags(flags)
	if compared := compare(t, "every command", flags, root().PersistentFlags()); compared != 17 {
		t.Errorf("compared %d flags, want 17", compared)
	}
}

// The output flags of every command that prints a document are those of kubectl.
func TestOutputFlagsArePrintFlags(t *testing.T) {
	kubectl := &cobra.Command{}
	genericclioptions.NewPrintFlags("").AddFlags(kubectl)
	commands := 0
	var visit func(*cobra.Command)
	visit = func(command *cobra.Command) {
		for _, sub := range command.Commands() {
			visit(sub)
		}
		if command.Flags().Lookup("output") == nil {
			return
		}
		commands++
		if compared := compare(t, command.Name(), kubectl.Flags(), command.Flags()); compared != 4 {
			t.Errorf("compared %d flags, want 4", compared)
		}
	}
	visit(root())
	if commands < 7 {
		t.Errorf("only %d commands print documents", commands)
	}
}
