package plugin

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/release-x/oc-release-x/pkg/payload/blobstore"
	"github.com/release-x/oc-release-x/pkg/payload/fault"
	"github.com/release-x/oc-release-x/pkg/payload/image/cache"
	"github.com/release-x/oc-release-x/pkg/printers"
	"github.com/release-x/oc-release-x/pkg/printers/v1alpha1"
)

func newCacheCommand(f *factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Manage the cache of downloads",
		Long: `Manage the cache of downloads.

Commands keep manifests, configurations and layers that they read from registries in --cache-dir, so
that reading them again needs no download. They are verified again each time.

Entries that were not used for 30 days are deleted. If the cache is larger than 2 GiB, the least
recently used entries are deleted.`,
		Args: unknownCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCacheListCommand(f), newCacheCleanCommand(f), newCacheAddCommand(f))
	return cmd
}

func newCacheListCommand(f *factory) *cobra.Command {
	var output *outputFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the entries of the cache",
		Example: examples(f.Name, `
# All entries, with the releases they belong to
%[1]s cache list

# The size of the cache in bytes
%[1]s cache list --jq '[.items[].size] | add // 0'`),
		Args: noArguments,
		RunE: f.run(func(context.Context, []string) (request, error) {
			out, err := output.output(f.Streams)
			return cacheListRequest{output: out}, err
		}),
	}
	output = newOutputFlags(cmd, printers.Forms{Table: true, List: true, Lines: []string{"digest", "name"}})
	return cmd
}

// cacheListRequest lists the entries of the cache.
type cacheListRequest struct {
	noHosts
	output *printers.Output
}

func (r cacheListRequest) run(ctx context.Context, s *session) error {
	entries, err := cache.Entries(s.cacheOptions())
	if err != nil {
		return err
	}
	if len(entries) == 0 && r.output.ShowsTable() {
		fmt.Fprintln(s.ErrOut, "No cache entries found.")
	}
	return r.output.Print(ctx, s.Out, printers.CacheEntries(cacheEntries(entries), time.Now()))
}

func cacheEntries(entries []cache.Entry) *v1alpha1.CacheEntryList {
	list := make([]v1alpha1.CacheEntry, 0, len(entries))
	for _, e := range entries {
		list = append(list, v1alpha1.CacheEntry{
			Digest: e.Digest.String(), Content: string(e.Kind), Size: e.Size, Partial: e.Partial,
			LastUsed: e.Used.UTC().Format(time.RFC3339), References: e.References,
		})
	}
	return v1alpha1.NewCacheEntryList(list)
}

func newCacheCleanCommand(f *factory) *cobra.Command {
	var olderThan string
	var all bool
	cmd := &cobra.Command{
		Use:   "clean",
		Short: "Delete old entries of the cache, or all of them",
		Long: `Delete entries that were not used for 30 days, or for the time of --older-than, and the remains of
downloads that were interrupted more than a day ago. With --all, delete everything. Commands that run
at the same time download again what they need.`,
		Example: examples(f.Name, `
# Entries that were not used for a week
%[1]s cache clean --older-than 7d

# Everything
%[1]s cache clean --all`),
		Args: noArguments,
		RunE: f.run(func(context.Context, []string) (request, error) {
			if all && olderThan != "" {
				return nil, fault.Errorf(fault.Usage, "--all and --older-than exclude each other: give one of them")
			}
			cleaning := blobstore.Cleaning{All: all, OlderThan: cache.DefaultAge}
			if olderThan != "" {
				var err error
				if cleaning.OlderThan, err = parseAge(olderThan); err != nil {
					return nil, err
				}
			}
			return cacheCleanRequest{cleaning: cleaning}, nil
		}),
	}
	cmd.Flags().StringVar(&olderThan, "older-than", "", "Delete entries that were not used for this time, such as 7d or 12h (default 30d)")
	cmd.Flags().BoolVar(&all, "all", false, "Delete everything")
	return cmd
}

// cacheCleanRequest deletes entries of the cache.
type cacheCleanRequest struct {
	noHosts
	cleaning blobstore.Cleaning
}

func (r cacheCleanRequest) run(_ context.Context, s *session) error {
	files, bytes, err := cache.Clean(s.cacheOptions(), r.cleaning)
	if err != nil && files == 0 {
		return err
	}
	_, writeErr := fmt.Fprintf(s.Out, "deleted %d files, %s bytes\n", files, printers.Size(bytes))
	return cmp.Or(err, writeErr)
}

// parseAge parses a duration in the syntax of Go, or a number of days such as 7d.
func parseAge(text string) (time.Duration, error) {
	age, err := time.ParseDuration(text)
	if number, ok := strings.CutSuffix(text, "d"); ok {
		var days int
		days, err = strconv.Atoi(number)
		age = time.Duration(days) * 24 * time.Hour
		if days > 36500 || days < -36500 {
			err = strconv.ErrRange
		}
	}
	if err != nil || age < 0 {
		return 0, fault.Errorf(fault.Usage, "--older-than %q: want a time such as 7d or 12h", text)
	}
	return age, nil
}

// noArguments refuses arguments of a command that takes none.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return fault.WithHint(fault.Usage, fmt.Sprintf("see `%s --help`", cmd.CommandPath()), "%q: %s takes no arguments", args[0], cmd.CommandPath())
}
