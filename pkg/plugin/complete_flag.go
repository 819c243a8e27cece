package plugin

import (
	"context"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/printers"
)

// flag is the completion of a flag's value, nil for that of the shell: names of files.
func (c completer) flag(cmd *cobra.Command, flag *pflag.Flag) cobra.CompletionFunc {
	if complete, found := c.flagValues()[flag.Name]; found {
		return c.function(complete, takesList(flag))
	}
	switch {
	case flag.Name == "cache-dir" || flag.Name == "to" && cmd.Name() == "extract":
		return directories
	case slices.Contains(flagsWithoutWords(), flag.Name):
		return cobra.NoFileCompletions
	}
	return nil
}

// takesList reports whether the value of a flag is a list with commas.
func takesList(flag *pflag.Flag) bool {
	return flag.Value.Type() == "stringSlice" || slices.Contains([]string{"capabilities", "known-capabilities", "feature-gates"}, flag.Name)
}

// flagValues are the values of flags, by the flag's name: it means the same in every command.
func (c completer) flagValues() map[string]words {
	capabilities := append(manifest.CapabilitySetNames(), "none")
	capabilities = slices.DeleteFunc(capabilities, func(set string) bool { return set == "None" }) // the same as none
	return map[string]words{
		"arch":          fixed("amd64", "arm64", "ppc64le", "s390x"),
		"filter-by-os":  fixed("linux/amd64", "linux/arm64", "linux/ppc64le", "linux/s390x"),
		"error-format":  fixed(string(textErrors), string(jsonErrors)),
		"cloud":         fixed(extract.Clouds()...),
		"feature-set":   fixed(manifest.FeatureSets()...),
		"format":        fixed(printers.EnvironmentFormats()...),
		"group":         fixed(payload.GroupNames()...),
		"profile":       fixed(manifest.Profiles()...),
		"skip":          fixed(verify.Names()...),
		"strategy":      fixed(string(graph.Update), string(graph.Install), string(graph.Reconcile)),
		"cluster":       c.kubeconfig(func(k *api.Config) []string { return keys(k.Clusters) }),
		"context":       c.kubeconfig(func(k *api.Config) []string { return keys(k.Contexts) }),
		"user":          c.kubeconfig(func(k *api.Config) []string { return keys(k.AuthInfos) }),
		"from":          c.references,
		"release":       c.references,
		"image":         c.components,
		"image-for":     c.components,
		"component":     c.ofManifests(func(o *manifest.Object) string { return o.Component }),
		"kind":          c.ofManifests(func(o *manifest.Object) string { return o.Kind }),
		"level":         c.ofManifests(func(o *manifest.Object) string { return o.Level }),
		"namespace":     c.ofManifests(func(o *manifest.Object) string { return o.Namespace }),
		"feature-gates": c.withManifests(manifest.GatesOf, "none", "payload", "unchecked"),
		"capabilities":  c.withManifests(manifest.CapabilitiesOf, capabilities...),

		"known-capabilities": c.withManifests(manifest.CapabilitiesOf, capabilities...),
	}
}

// flagsWithoutWords are the flags whose values only the user knows: numbers, times, sizes, expressions, hosts.
func flagsWithoutWords() []string {
	return []string{
		"allow-realm", "as", "as-group", "as-uid", "as-user-extra", "attempt", "exclude-identifier", "jq", "jq-arg",
		"max-compression-ratio", "max-documents", "max-expanded-size", "max-file-size", "max-files", "max-layer-size",
		"max-parsed-size", "max-payload-size", "max-per-registry", "older-than", "prefix", "release-image", "release-repository",
		"proxy-url", "request-timeout", "server", "sort-by", "timeout", "tls-server-name", "token", "v",
	}
}

// fixed are words that do not depend on the command line.
func fixed(list ...string) words {
	return func(context.Context, typed) []string { return slices.Clone(list) }
}

// directories has the shell complete names of directories.
func directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// kubeconfig are names in the kubeconfig.
func (c completer) kubeconfig(names func(*api.Config) []string) words {
	return func(context.Context, typed) []string {
		config, err := c.f.flags.cluster.kubectl.ToRawKubeConfigLoader().RawConfig()
		if err != nil {
			return nil
		}
		return names(&config)
	}
}

func keys[V any](m map[string]V) []string {
	var list []string
	for key := range m {
		list = append(list, key)
	}
	return list
}
