// Command bench measures the plugin side by side with programs that do the same jobs, against a registry of its own,
// over loopback and over a link as slow as a real one. `make bench` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/report"
)

// options are the flags.
type options struct {
	plugin, launcher, peers string
	fixtures                string
	only                    string
	results                 string
	rounds                  int
	base                    int
	plain                   bool
	copies, carries         bool
	images                  int
	unique                  int64
	tiny                    int
	path                    string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func parse(args []string, stderr io.Writer) (options, error) {
	o := options{path: os.Getenv("PATH")}
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.plugin, "plugin", "../bin/oc-release-x", "the plugin")
	flags.StringVar(&o.launcher, "launcher", "bin/launcher", "the program that starts what is measured")
	flags.StringVar(&o.peers, "peers", "bin", "directory in which peers are looked for before the PATH")
	flags.StringVar(&o.fixtures, "fixtures", fixtures(), "directory of the recorded release; without it one of the same size is generated")
	flags.StringVar(&o.only, "only", "", "regular expression: only the jobs \"JOB LINK\" that it matches, such as '^list loopback'")
	flags.StringVar(&o.results, "results", "", "also write the results into this file")
	flags.IntVar(&o.rounds, "rounds", 21, "rounds on loopback; half as many over the link, fewer with large images")
	flags.IntVar(&o.base, "base", 200_000_000, "bytes of the layers below the payload of the large image")
	flags.BoolVar(&o.plain, "plain", false, "serve plain HTTP, and give every program its flag for that")
	flags.BoolVar(&o.copies, "copies", false, "measure copies between two registries in place of reading; -only chooses of copy, signed and several")
	flags.BoolVar(&o.carries, "carries", false, "measure pull and load in place of reading; -only chooses of pull, load, pull-several, load-several and many")
	flags.IntVar(&o.images, "images", 190, "images of the release that is copied")
	flags.Int64Var(&o.unique, "unique", 300_000_000, "bytes of the blobs of the release that is copied, about")
	flags.IntVar(&o.tiny, "tiny", 4000, "tiny images that are pulled together, in releases of at most 200; a quarter of them is pulled in comparison")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("-rounds %d: there must be one", o.rounds)
	}
	if o.images < 2 {
		return o, fmt.Errorf("-images %d: there must be two, the release and a component", o.images)
	}
	if o.tiny < 8 {
		return o, fmt.Errorf("-tiny %d: there must be eight, so that a quarter is the release and a component", o.tiny)
	}
	if o.copies && o.carries {
		return o, errors.New("-copies and -carries: choose one")
	}
	return o, nil
}

// fixtures is where the recorded release lies unless a flag says otherwise.
func fixtures() string {
	if dir := os.Getenv("RELEASE_X_FIXTURES"); dir != "" {
		return dir
	}
	return filepath.Join("..", "..", "shared", "fixtures")
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	only, err := regexp.Compile(o.only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	temp, err := os.MkdirTemp("", "bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	logf := func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) }
	var text strings.Builder
	both := io.MultiWriter(stdout, &text)
	section := report.Reading
	switch {
	case o.copies:
		section = report.Copying
		err = runCopies(ctx, o, only, temp, both, logf)
	case o.carries:
		section = report.Carrying
		err = runCarries(ctx, o, only, temp, both, logf)
	default:
		err = runReading(ctx, o, only, temp, both, logf)
	}
	if err != nil || o.results == "" {
		return err
	}
	return report.Keep(o.results, section, text.String())
}

// runReading measures how releases are read and writes tables and goals to out.
func runReading(ctx context.Context, o options, only *regexp.Regexp, temp string, out io.Writer, logf func(string, ...any)) error {
	b, err := setUp(o, temp, logf)
	if err != nil {
		return err
	}
	defer b.close()

	fmt.Fprintf(out, "%s\n", b.facts(time.Now()))
	lines, err := b.calibrate(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s\n", lines)
	results, err := b.measure(ctx, only, func(table string) { fmt.Fprintf(out, "%s\n", table) })
	if err != nil {
		return err
	}
	for _, job := range []contest.Job{contest.List(), contest.Extract()} {
		verdicts, err := b.runner.Tempt(job, b.registry.Address(), b.tampered)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", report.Verdicts(job, verdicts))
	}
	fmt.Fprint(out, report.Peers(results, severalReleases))
	fmt.Fprint(out, report.Judgements(report.Goals(), results, report.Multiples(results, multiples)...))
	return nil
}
