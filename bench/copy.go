package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/pair"
	"github.com/release-x/oc-release-x/bench/internal/report"
)

// rebuilt is one of how many images a further release has anew: it shares 80 % of its blobs.
const rebuilt = 5

// severalCounts are the numbers of releases that are copied together.
var severalCounts = [3]int{1, 5, 20}

// copyBench measures copies between two registries.
type copyBench struct {
	options options
	temp    string
	home    string
	plugin  string
	logf    func(string, ...any)
}

// runCopies measures copies and writes tables and goals to out.
func runCopies(ctx context.Context, o options, only *regexp.Regexp, temp string, out io.Writer, logf func(string, ...any)) error {
	b := &copyBench{options: o, temp: temp, home: filepath.Join(temp, "home"), plugin: filepath.Join(temp, "oc-release_x"), logf: logf}
	if err := os.Mkdir(b.home, 0o755); err != nil {
		return err
	}
	if err := copyProgram(b.plugin, o.plugin); err != nil {
		return err
	}
	rounds := max(1, o.rounds/7)
	var results report.Results
	for _, job := range []struct {
		id     string
		count  int
		signed bool
		run    func(*contest.Copiers, []pair.Release) (contest.Table, error)
	}{
		{"copy", 1, false, func(c *contest.Copiers, r []pair.Release) (contest.Table, error) { return c.Compare(r[0], rounds) }},
		{"signed", 1, true, func(c *contest.Copiers, r []pair.Release) (contest.Table, error) { return c.Signed(r[0], rounds) }},
		{"several", severalCounts[2], false, func(c *contest.Copiers, r []pair.Release) (contest.Table, error) {
			return c.Several(r, severalCounts[:], rounds)
		}},
	} {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if !only.MatchString(job.id) {
			continue
		}
		table, err := b.job(job.count, job.signed, len(results.Tables) == 0, out, job.run)
		if err != nil {
			return err
		}
		results.Tables = append(results.Tables, table)
		fmt.Fprintf(out, "%s\n", report.Copies(table))
	}
	fmt.Fprint(out, report.Judgements(report.CopyGoals(o.images), results, report.Growth(results, severalCounts)...))
	return nil
}

// job runs a job on a source with releases of its own.
func (b *copyBench) job(count int, signed, first bool, out io.Writer, run func(*contest.Copiers, []pair.Release) (contest.Table, error)) (contest.Table, error) {
	dir, err := os.MkdirTemp(b.temp, "registries-")
	if err != nil {
		return contest.Table{}, err
	}
	p, err := pair.Start(dir, b.options.plain)
	if err != nil {
		return contest.Table{}, err
	}
	table, err := b.with(p, count, signed, first, out, run)
	return table, errors.Join(err, p.Close())
}

func (b *copyBench) with(p *pair.Pair, count int, signed, first bool, out io.Writer, run func(*contest.Copiers, []pair.Release) (contest.Table, error)) (contest.Table, error) {
	b.logf("generating %d releases of %d images", count, b.options.images)
	releases, err := p.Generate(pair.Shape{Images: b.options.images, Bytes: b.options.unique, Rebuilt: rebuilt}, count, signed)
	if err != nil {
		return contest.Table{}, err
	}
	env, err := environment(b.options.path, b.temp, b.home, p.Source, p.Target)
	if err != nil {
		return contest.Table{}, err
	}
	launcher, err := filepath.Abs(b.options.launcher)
	if err != nil {
		return contest.Table{}, err
	}
	c := &contest.Copiers{Pair: p, Runner: contest.Runner{
		Launcher: []string{launcher}, Programs: contest.FindPrograms(b.plugin, b.options.peers, b.options.path),
		Env: env, Temp: b.temp, Limit: 15 * time.Minute, Logf: b.logf,
	}}
	if first {
		fmt.Fprintf(out, "%s\n", b.facts(c, time.Now()))
	}
	table, err := run(c, releases)
	table.Title += ": " + pair.Sum(releases...).String()
	return table, err
}

// facts are what every number depends on.
func (b *copyBench) facts(c *contest.Copiers, now time.Time) string {
	m := measure.ThisMachine()
	transport := "HTTPS, verified, with HTTP/2 for those who speak it"
	if b.options.plain {
		transport = "plain HTTP"
	}
	rows := [][]string{
		{"date", now.UTC().Format(time.DateOnly)},
		{"processor", fmt.Sprintf("%s, %d cores", m.CPU, m.Cores)},
		{"memory", m.Memory},
		{"kernel", m.Kernel},
		{"Go", m.Go},
		{"registries", "distribution v3, files on disk, in one process with the bench"},
		{"transport", transport},
	}
	for _, name := range []string{contest.Plugin, "oc", "regctl", "crane", "skopeo"} {
		rows = append(rows, []string{name, c.Programs.Version(name)})
	}
	return report.Facts("measured", rows)
}
