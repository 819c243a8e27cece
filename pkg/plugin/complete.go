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
