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
	"github.com/release-x/oc-release-x/bench/internal/link"
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

func newCopyBench(o options, temp string, logf func(string, ...any)) (*copyBench, error) {
	b := &copyBench{options: o, temp: temp, home: filepath.Join(temp, "home"), plugin: filepath.Join(temp, "oc-release_x"), logf: logf}
	if err := os.Mkdir(b.home, 0o755); err != nil {
		return nil, err
	}
	return b, copyProgram(b.plugin, o.plugin)
}

// runCopies measures copies and writes tables and goals to out.
func runCopies(ctx context.Context, o options, only *regexp.Regexp, temp string, out io.Writer, logf func(string, ...any)) error {
	b, err := newCopyBench(o, temp, logf)
	if err != nil {
		return err
	}
	rounds := max(1, o.rounds/7)
	jobs := []copyJob{
		{id: "copy", releases: b.releases(1, false), run: func(p copyPlace) (contest.Table, error) { return p.Compare(p.releases[0], rounds) }},
		{id: "signed", releases: b.releases(1, true), run: func(p copyPlace) (contest.Table, error) { return p.Signed(p.releases[0], rounds) }},
		{id: "several", releases: b.releases(severalCounts[2], false), run: func(p copyPlace) (contest.Table, error) {
			return p.Several(p.releases, severalCounts[:], rounds)
		}},
	}
	results, err := b.run(ctx, jobs, only, out, report.Copies)
	if err != nil {
		return err
	}
	fmt.Fprint(out, report.Judgements(report.CopyGoals(o.images), results, report.Growth(results, "several", "", severalCounts)...))
	return nil
}

// copyJob is a job with releases of its own at the source. What they name as their host is given.
type copyJob struct {
	id       string
	shaped   bool // over the link
	releases func(p *pair.Pair, host string) ([]pair.Release, error)
	run      func(copyPlace) (contest.Table, error)
}

// copyPlace is what a job finds.
type copyPlace struct {
	*contest.Copiers
	host     string // at which the source is reached
	releases []pair.Release
}

// releases generates a number of releases of the size that the options say.
func (b *copyBench) releases(count int, signed bool) func(*pair.Pair, string) ([]pair.Release, error) {
	return generate(pair.Shape{Images: b.options.images, Bytes: b.options.unique, Rebuilt: rebuilt}, count, signed)
}

// generate generates a number of releases of a shape.
func generate(shape pair.Shape, count int, signed bool) func(*pair.Pair, string) ([]pair.Release, error) {
	return func(p *pair.Pair, host string) ([]pair.Release, error) {
		shape.Host = host
		return p.Generate(shape, count, signed)
	}
}

// run runs the jobs that only matches, and writes their tables to out.
func (b *copyBench) run(ctx context.Context, jobs []copyJob, only *regexp.Regexp, out io.Writer, write func(contest.Table) string) (report.Results, error) {
	var results report.Results
	for _, job := range jobs {
		if ctx.Err() != nil {
			return results, context.Cause(ctx)
		}
		if !only.MatchString(job.id) {
			continue
		}
		table, err := b.job(ctx, job, len(results.Tables) == 0, out)
		if err != nil {
			return results, err
		}
		results.Tables = append(results.Tables, table)
		fmt.Fprintf(out, "%s\n", write(table))
	}
	return results, nil
}

// job runs a job with new registries.
func (b *copyBench) job(ctx context.Context, job copyJob, first bool, out io.Writer) (contest.Table, error) {
	dir, err := os.MkdirTemp(b.temp, "registries-")
	if err != nil {
		return contest.Table{}, err
	}
	p, err := pair.Start(dir, b.options.plain)
	if err != nil {
		return contest.Table{}, err
	}
	table, err := b.with(ctx, p, job, first, out)
	return table, errors.Join(err, p.Close())
}

func (b *copyBench) with(ctx context.Context, p *pair.Pair, job copyJob, first bool, out io.Writer) (contest.Table, error) {
	host := p.Source.Address()
	if job.shaped {
		proxy, err := link.Start(link.Shape{RoundTrip: roundTrip, Rate: megabits * bytesPerMbit}, host)
		if err != nil {
			return contest.Table{}, err
		}
		defer proxy.Close()
		host = proxy.Address()
	}
	b.logf("%s: generating releases", job.id)
	releases, err := job.releases(p, host)
	if err != nil {
		return contest.Table{}, err
	}
	env, err := environment(b.options, b.temp, b.home, p.Source, p.Target)
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
	if job.shaped {
		row, err := calibration(ctx, p.Source, contest.Way{Name: report.Shaped, Address: host})
		if err != nil {
			return contest.Table{}, err
		}
		fmt.Fprintf(out, "%s\n", report.Facts("calibration", [][]string{row}))
	}
	table, err := job.run(copyPlace{c, host, releases})
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
