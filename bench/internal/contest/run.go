package contest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/served"
)

// Row is what one contestant cost. A row without values says why.
type Row struct {
	ID, Name string
	Why      string
	Wall     measure.Series // milliseconds
	CPU      measure.Series // milliseconds, user and system
	RSS      measure.Series // megabytes at the peak
	Bytes    measure.Series // that the registry sent; over a link, that arrived at the client
	Requests []string       // as the registry counted them, each way to count once

	// Of copies, where Bytes and Requests are those of the source:
	TargetRequests []string
	TargetTotal    measure.Series // requests
	Repeated       measure.Series // GETs of blobs at the source beyond one for each
	Blobs          measure.Series // that were read from the source
}

// Table is what the contestants of a job cost on one link.
type Table struct {
	Job, Link string
	Title     string
	Release   served.Release
	Rounds    int
	Load      [2]string // the load average before and after
	Rows      []Row
}

// Runner runs contestants one after the other, so that nothing but the registry and the link run beside them.
type Runner struct {
	Launcher []string
	Programs Programs
	Registry *served.Registry
	Env      []string
	Temp     string // a directory for what runs write, which the caller removes when nothing more is measured
	Limit    time.Duration
	Logf     func(format string, args ...any) // told what fails, and how far a job is
}

// Way is how the registry is reached.
type Way struct {
	Name     string // as goals call it
	Address  string
	Received func() int64 // gives and forgets the bytes that arrived at clients; nil where those that the registry sent are counted
}

// Run has all contestants of a job run in turn, over and over: once without a clock, which fills caches and shows who
// fails, then a number of rounds, each of which begins with another contestant. Most jobs read the first of the releases.
func (r *Runner) Run(job Job, way Way, releases []served.Release, rounds int) (Table, error) {
	t := Table{Job: job.ID, Link: way.Name, Title: job.Title, Release: releases[0], Rounds: rounds}
	for _, c := range job.Contestants {
		t.Rows = append(t.Rows, Row{ID: c.ID, Name: c.Name, Why: r.Programs.Missing(c)})
	}
	warm, err := os.MkdirTemp(r.Temp, "warm-")
	if err != nil {
		return t, fmt.Errorf("making a cache directory: %w", err)
	}
	t.Load[0] = measure.LoadAverage()
	for round := range rounds + 1 {
		r.Logf("%s, %s: round %d of %d", job.ID, way.Name, round, rounds)
		for _, i := range turns(round, len(job.Contestants)) {
			c, row := job.Contestants[i], &t.Rows[i]
			if row.Why != "" {
				continue
			}
			sample, count, err := r.once(c, way, releases, warm)
			if err != nil {
				*row = Row{ID: c.ID, Name: c.Name, Why: "failed: " + err.Error()}
				r.Logf("%s: %s", c.Name, row.Why)
				continue
			}
			if round > 0 {
				row.add(sample, count)
			}
		}
	}
	t.Load[1] = measure.LoadAverage()
	return t, nil
}

// turns is the order of n contestants in a round. Each round begins with the next of them.
func turns(round, n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = (round + i) % n
	}
	return order
}

func (row *Row) add(s measure.Sample, count served.Count) {
	row.Wall = append(row.Wall, float64(s.Wall)/1e6)
	row.CPU = append(row.CPU, float64(s.CPU)/1e6)
	row.RSS = append(row.RSS, float64(s.RSS)/1e6)
	row.Bytes = append(row.Bytes, float64(count.Bytes))
	if requests := count.String(); !slices.Contains(row.Requests, requests) {
		row.Requests = append(row.Requests, requests)
	}
}

// once runs a contestant in an empty directory and checks what it did.
func (r *Runner) once(c Contestant, way Way, releases []served.Release, warm string) (measure.Sample, served.Count, error) {
	work, err := os.MkdirTemp(r.Temp, "run-")
	if err != nil {
		return measure.Sample{}, served.Count{}, fmt.Errorf("making a directory: %w", err)
	}
	sample, count, err := r.in(work, c, way, releases, warm)
	return sample, count, errors.Join(err, empty(work))
}

// empty frees the bytes of the files in a directory, and leaves the files. For minutes after files are deleted, ext4 searches among
// their inodes whenever it makes a file, which would count as time of the contestant that extracts next.
func empty(dir string) error {
	return filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		if err := os.Truncate(path, 0); !errors.Is(err, fs.ErrPermission) {
			return err
		}
		return nil
	})
}

// in runs a contestant in a directory, where standard output and standard error stay in files of these names.
func (r *Runner) in(work string, c Contestant, way Way, releases []served.Release, warm string) (measure.Sample, served.Count, error) {
	place := Place{
		Programs: r.Programs, Release: releases[0], All: releases, Address: way.Address, Plain: r.Registry.Plain(),
		Cache: filepath.Join(work, "cache"), Work: work,
	}
	if c.Warm {
		place.Cache = warm
	}
	stdout := filepath.Join(work, "stdout")
	r.take(way)
	sample, err := measure.Run(r.Launcher, measure.Command{
		Args: c.Args(place), Env: r.Env, Dir: work, Limit: r.Limit,
		Stdout: stdout, Stderr: filepath.Join(work, "stderr"),
	})
	count := r.take(way)
	if err != nil {
		return sample, count, err
	}
	data, err := os.ReadFile(stdout)
	if err == nil {
		err = c.Check(place, data)
	}
	return sample, count, err
}

// take gives and forgets what was counted.
func (r *Runner) take(way Way) served.Count {
	count := r.Registry.Take()
	if way.Received != nil {
		count.Bytes = way.Received()
	}
	return count
}
