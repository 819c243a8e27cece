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

	"github.com/release-x/oc-release-x/internal/display"
	"github.com/release-x/oc-release-x/pkg/payload"
	"github.com/release-x/oc-release-x/pkg/payload/extract"
	"github.com/release-x/oc-release-x/pkg/payload/graph"
	"github.com/release-x/oc-release-x/pkg/payload/manifest"
	"github.com/release-x/oc-release-x/pkg/payload/mirror"
	"github.com/release-x/oc-release-x/pkg/payload/verify"
	"github.com/release-x/oc-release-x/pkg/printers"
)

const (
	// completionTimeout limits a completion: a person waits for it.
	completionTimeout = 3 * time.Second
	// maxCompletions is the largest number of words that a shell gets.
	maxCompletions = 1000
)

// Completes reports whether a shell calls the program to complete a word. Such a call prints nothing on standard error:
// the shell would show it in the line that the user types.
func Completes(args []string) bool {
	return len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd)
}

// completer completes words from names in this program, local files, the cache and the kubeconfig. It contacts no
// registry, no cluster and no credential helper. If something fails, it offers nothing.
type completer struct{ f *factory }

// commandLine is a command line up to the word to complete. Its flags are parsed.
type commandLine struct {
	cmd  *cobra.Command
	args []string // complete arguments before the word
	word string
}

// candidateFunc returns words that may complete the typed one; the caller removes those that do not. A word that ends in /
// or : is not complete yet.
type candidateFunc func(ctx context.Context, t commandLine) []string

// register adds completions to all flags and arguments below a command.
func (c completer) register(cmd *cobra.Command) { c.registerWith(cmd, c.flagValues()) }

func (c completer) registerWith(cmd *cobra.Command, values map[string]candidateFunc) {
	add := func(flag *pflag.Flag) {
		if _, found := cmd.GetFlagCompletionFunc(flag.Name); found {
			return
		}
		if complete := c.flag(cmd, flag, values); complete != nil {
			_ = cmd.RegisterFlagCompletionFunc(flag.Name, complete) // fails for a flag that is not there or has one
		}
	}
	cmd.PersistentFlags().VisitAll(add)
	cmd.Flags().VisitAll(add)
	if cmd.ValidArgsFunction == nil && !cmd.HasSubCommands() {
		cmd.ValidArgsFunction = c.function(c.arguments(cmd), false)
	}
	for _, sub := range cmd.Commands() {
		c.registerWith(sub, values)
	}
}

// function makes a completion for cobra. In a list of values it completes the one after the last comma.
func (c completer) function(complete candidateFunc, list bool) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		before := ""
		if list {
			comma := strings.LastIndexByte(word, ',') + 1
			before, word = word[:comma], word[comma:]
		}
		found := plainWords(c.within(cmd.Context(), complete, commandLine{cmd, args, word}), word)
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

// within gives up after completionTimeout, also in calls that take no context, such as opening a pipe without a writer.
func (c completer) within(ctx context.Context, complete candidateFunc, t commandLine) []string {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, cancel := context.WithTimeout(ctx, completionTimeout)
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

// plainWords returns the words that begin with a word, sorted. It drops names with characters that a shell or a terminal
// could act on: names come from releases and from directories of other users.
func plainWords(list []string, word string) []string {
	plain := regexp.MustCompile(`^[A-Za-z0-9_./][A-Za-z0-9_./:@+,=-]{0,499}$`)
	list = slices.DeleteFunc(list, func(w string) bool { return !strings.HasPrefix(w, word) || !plain.MatchString(w) })
	slices.Sort(list)
	list = slices.Compact(list)
	return list[:min(len(list), maxCompletions)]
}

// session opens a session that contacts nothing, does not read standard input and prints nothing.
func (c completer) session() (*session, error) {
	flags := *c.f.flags
	flags.cache.offline, flags.cluster.pullSecret, flags.verbosity = true, false, 0
	f := &factory{Environment: c.f.Environment, console: c.f.console, flags: &flags}
	f.In, f.ErrOut, f.ErrTerminal = strings.NewReader(""), io.Discard, false
	return openSession(f, nil)
}

// flag returns the completion of a flag's value. Nil lets the shell complete names of files.
func (c completer) flag(cmd *cobra.Command, flag *pflag.Flag, values map[string]candidateFunc) cobra.CompletionFunc {
	if complete, found := values[flag.Name]; found {
		return c.function(complete, takesList(flag))
	}
	switch {
	case flag.Name == "cache-dir" || flag.Name == "manifests-to" || flag.Name == "to" && cmd.Name() == "extract":
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

// flagValues returns completions by the name of the flag, which has the same meaning in every command.
func (c completer) flagValues() map[string]candidateFunc {
	capabilities := append(manifest.CapabilitySetNames(), "none")
	capabilities = slices.DeleteFunc(capabilities, func(set string) bool { return set == "None" }) // the same as none
	return map[string]candidateFunc{
		"arch":          fixed("amd64", "arm64", "ppc64le", "s390x"),
		"filter-by-os":  fixed("linux/amd64", "linux/arm64", "linux/ppc64le", "linux/s390x"),
		"error-format":  fixed(string(textErrors), string(jsonErrors)),
		"cloud":         fixed(extract.Clouds()...),
		"feature-set":   fixed(manifest.FeatureSets()...),
		"format":        fixed(printers.EnvironmentFormats()...),
		"group":         fixed(payload.GroupNames()...),
		"layout":        fixed(mirror.LayoutOC, mirror.LayoutOCMirror),
		"profile":       fixed(manifest.Profiles()...),
		"progress":      fixed(display.ProgressValues()...),
		"skip":          fixed(verify.Names()...),
		"strategy":      fixed(string(graph.Update), string(graph.Install), string(graph.Reconcile)),
		"cluster":       c.kubeconfig(func(k *api.Config) []string { return keys(k.Clusters) }),
		"context":       c.kubeconfig(func(k *api.Config) []string { return keys(k.Contexts) }),
		"user":          c.kubeconfig(func(k *api.Config) []string { return keys(k.AuthInfos) }),
		"from":          c.references,
		"release":       c.references,
		"image":         c.components,
		"image-for":     c.components,
		"component":     c.objectField(func(o *manifest.Object) string { return o.Component }),
		"kind":          c.objectField(func(o *manifest.Object) string { return o.Kind }),
		"level":         c.objectField(func(o *manifest.Object) string { return o.Level }),
		"namespace":     c.objectField(func(o *manifest.Object) string { return o.Namespace }),
		"feature-gates": c.manifestNames(manifest.GatesOf, "none", "payload", "unchecked"),
		"capabilities":  c.manifestNames(manifest.CapabilitiesOf, capabilities...),

		"known-capabilities": c.manifestNames(manifest.CapabilitiesOf, capabilities...),
	}
}

// flagsWithoutWords lists the flags whose values cannot be completed: numbers, times, sizes, expressions, hosts.
func flagsWithoutWords() []string {
	return []string{
		"allow-realm", "archive-size", "as", "as-group", "as-uid", "as-user-extra", "attempt", "exclude-identifier", "jq", "jq-arg",
		"manifests",
		"max-compression-ratio", "max-documents", "max-expanded-size", "max-file-size", "max-files", "max-layer-size",
		"max-parsed-size", "max-payload-size", "max-per-registry", "mirror", "older-than", "prefix", "release-image", "release-repository",
		"proxy-url", "request-timeout", "server", "sort-by", "timeout", "tls-server-name", "to-release-image", "token", "v",
	}
}

// fixed completes from a fixed list.
func fixed(list ...string) candidateFunc {
	return func(context.Context, commandLine) []string { return slices.Clone(list) }
}

// directories lets the shell complete names of directories.
func directories(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// kubeconfig completes from names in the kubeconfig.
func (c completer) kubeconfig(names func(*api.Config) []string) candidateFunc {
	return func(context.Context, commandLine) []string {
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
