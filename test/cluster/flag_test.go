package cluster

import (
	"testing"

	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/release-x/oc-release-x/pkg/plugin"
)

// TestFlagsAreKubectls compares the flags that say which cluster is asked with those that every kubectl command has.
func TestFlagsAreKubectls(t *testing.T) {
	kubectl := genericclioptions.NewConfigFlags(false)
	// Two names are those of flags for registries, and nothing here has a use for the others.
	kubectl.CAFile, kubectl.CacheDir, kubectl.Insecure, kubectl.Namespace = nil, nil, nil, nil
	kubectl.Impersonate, kubectl.ImpersonateUID, kubectl.ImpersonateGroup, kubectl.ImpersonateUserExtra = nil, nil, nil, nil
	flags := pflag.NewFlagSet("kubectl", pflag.ContinueOnError)
	kubectl.AddFlags(flags)

	ours := plugin.NewCommand(plugin.Environment{Getenv: func(string) string { return "" }}).PersistentFlags()
	compared := 0
	flags.VisitAll(func(want *pflag.Flag) {
		compared++
		got := ours.Lookup(want.Name)
		if got == nil {
			t.Errorf("--%s is missing", want.Name)
			return
		}
		if got.Shorthand != want.Shorthand || got.DefValue != want.DefValue || got.Value.Type() != want.Value.Type() {
			t.Errorf("--%s: -%s, %q, %s; want -%s, %q, %s", want.Name, got.Shorthand, got.DefValue, got.Value.Type(), want.Shorthand, want.DefValue, want.Value.Type())
		}
	})
	if compared != 12 {
		t.Errorf("compared %d flags, want 12", compared)
	}
}
