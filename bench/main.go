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
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.rounds < 1 {
		return o, fmt.Errorf("-rounds %d: there must be one", o.rounds)
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
	b, err := setUp(o, temp, func(format string, args ...any) { fmt.Fprintf(stderr, format+"\n", args...) })
	if err != nil {
		return err
	}
	defer b.close()

	var text strings.Builder
	both := io.MultiWriter(stdout, &text)
	fmt.Fprintf(both, "%s\n", b.facts(time.Now()))
	lines, err := b.calibrate(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(both, "%s\n", lines)
	results, err := b.measure(ctx, only, func(table string) { fmt.Fprintf(both, "%s\n", table) })
	if err != nil {
		return err
	}
	verdicts, err := b.runner.Tempt(contest.List(), b.registry.Address(), b.tampered)
	if err != nil {
		return err
	}
	fmt.Fprintf(both, "%s\n", report.Verdicts(verdicts))
	fmt.Fprint(both, report.Judgements(report.Goals(), results))
	if o.results == "" {
		return nil
	}
	return report.Keep(o.results, text.String())
}
