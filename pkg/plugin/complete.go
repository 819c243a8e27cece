package plugin

import (
	"context"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

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

const (
	// completionTime is how long a completion may take: a person waits for it.
	completionTime = 3 * time.Second
	// mostCompletions is how many words a shell is given.
	mostCompletions = 1000
)

// Completes reports whether a command line is the question of a shell how a word can go on. It prints nothing on standard
// error: a shell would show that in the line that is being typed.
func Completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completer completes words from what this machine has: its own names, local files, the cache and the kubeconfig. It
// contacts no registry, no cluster and no credential helper. Whatever goes wrong, there is just nothing to offer.
type completer struct{ f *factory }

// typed is a command line up to the word that is completed. Its flags are parsed.
type typed struct {
	cmd  *cobra.Command
	args []string // complete arguments before the word
	word string
}

// words gives the words that the typed one may become; others may be among them. A word that ends in / or : is not
// complete yet.
type words func(ctx context.Context, t typed) []string

// register adds completions to all flags and arguments below a command.
func (c completer) register(cmd *cobra.Command) {
	add := func(flag *pflag.Flag) {
		if _, found := cmd.GetFlagCompletionFunc(flag.Name); found {
			return
		}
		if complete := c.flag(cmd, flag); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete) // fails for a flag that is not there or has one
		}
	}
	cmd.PersistentFlags().VisitAll(add)
	cmd.Flags().VisitAll(add)
	if cmd.ValidArgsFunction == nil && !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = c.function(c.arguments(cmd), false)
	}
	for _, sub := range cmd.Commands() {
		c.register(sub)
	}
}

// function makes words known to cobra. In a list of values, those before the last comma stay.
func (c completer) function(complete words, list bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := ""
		if list {
			comma := strings.LastIndexByte(word, ',') + 1
			before, word = word[:comma], word[comma:]
		}
		found := plainWords(c.within(cmd.Context(), complete, typed{cmd, args, word}), word)
		directive := cobra.ShellCompDirectiveNoFileComp
		for i, w := range found {
			if strings.HasSuffix(w, "/") || strings.HasSuffix(w, ":") {
				directive |= cobra.ShellCompDirectiveNoSpace
			}
			found[i] = before + w
		}
		return found, directive
	}
}

// within gives up after completionTime, also where no context reaches, such as in a pipe that has no writer.
func (c completer) within(ctx context.Context, complete words, t typed) []string {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTime)
	defer cancel()
	found := make(chan []string, 1)
	go func() { found <- complete(ctx, t) }()
	select {
	case list := <-found:
		return list
	case <-ctx.Done():
		return nil
	}
}

// plainWords are those that continue a word, sorted. What a shell or a terminal could act on is left out: such a name comes
// from a release or a directory of another user.
func plainWords(list []string, word string) []string {
	plain := regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./:@+,=-]{0,499}$`)
	list = slices.DeleteFunc(list, func(w string) bool { return !strings.HasPrefix(w, word) || !plain.MatchString(w) })
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), mostCompletions)]
}

// session makes a session that contacts nothing, reads no standard input and prints nothing.
func (c completer) session() (*session, error) {
	flags := *c.f.flags
	flags.cache.offline, flags.cluster.pullSecret, flags.verbosity = true, false, 0
	f := &factory{Environment: c.f.Environment, console: c.f.console, flags: &flags}
	f.In, f.ErrOut, f.ErrTerminal = strings.NewReader(""), io.Discard, false
	return openSession(f, nil)
}

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
