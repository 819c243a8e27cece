package contest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/pair"
)

// targetName is the repository that is copied to.
const targetName = "ocp/release"

// Copiers copies releases between two registries, one copy after the other.
type Copiers struct {
	Runner
	Pair *pair.Pair
}

// Parallel is how many copies the loops of peers run at once. The fastest number is measured.
func Parallel() []int { return []int{4, 8, 16} }

// copier is a contestant that copies, with the ways to do it of which the best is measured.
type copier struct {
	id   string
	ways []Contestant
}

// mirror is the plugin.
func mirror(id, name string, warm bool, flags ...string) Contestant {
	return Contestant{ID: id, Name: name, Needs: []string{Plugin}, Warm: warm, Args: func(p Place) []string {
		args := []string{"mirror"}
		for _, r := range p.Releases {
			args = append(args, r.Source)
		}
		return p.plugin(append(append(args, "--to", p.Target), flags...)...)
	}}
}

// loop runs a command for each image, several at once. The command gets source and target, with a prefix.
func loop(id, name, prefix, flag string, command ...string) copier {
	lines := func(p Place) string { return p.Releases[0].Lines(prefix, p.Target) }
	return loopOver(lines, id, name, flag, command...)
}

// loopOver runs a command for each line, several at once.
func loopOver(lines func(Place) string, id, name, flag string, command ...string) copier {
	c := copier{id: id}
	for _, n := range Parallel() {
		c.ways = append(c.ways, Contestant{
			ID: id, Name: fmt.Sprintf("%s, %d at once", name, n), Needs: []string{command[0], "xargs"},
			Args: func(p Place) []string {
				list := filepath.Join(p.Work, "images")
				if err := os.WriteFile(list, []byte(lines(p)), 0o644); err != nil {
					return []string{"/bin/sh", "-c", `echo "$0" >&2; exit 1`, err.Error()}
				}
				script := fmt.Sprintf(`exec "$1" -a "$0" -P %d -n 2 "$2" `, n)
				for _, word := range command[1:] {
					script += word + " "
				}
				return p.shell(flag, script, list, p.Programs["xargs"], p.Programs[command[0]])
			},
		})
	}
	return c
}

// copiers are all that copy a release of which only the images are wanted.
func copiers() []copier {
	return []copier{
		{"ours", []Contestant{mirror("ours", "release-x mirror", false)}},
		{"oc", []Contestant{{
			ID: "oc", Name: "oc adm release mirror", Needs: []string{"oc"},
			Args: func(p Place) []string {
				return p.unlessTLS([]string{p.Programs["oc"], "adm", "release", "mirror", "--from=" + p.Releases[0].Source, "--to=" + p.Target}, "--insecure")
			},
		}}},
		loop("skopeo", "skopeo copy --all", "docker://", "--src-tls-verify=false --dest-tls-verify=false",
			"skopeo", "copy", "-q", "--insecure-policy", "--all", "@plain"),
		loop("regctl", "regctl image copy", "", `$PLAIN_HOSTS`, "regctl", "@plain", "image", "copy"),
		loop("crane", "crane copy", "", "--insecure", "crane", "@plain", "copy"),
	}
}

// Compare has everybody copy a release into targets that are new. First every way to do it is tried once; the best of a
// contestant then runs in turn with the others, a number of rounds.
func (c *Copiers) Compare(release pair.Release, rounds int) (Table, error) {
	t := c.table("copy", "Copy a release between two registries", rounds)
	var best []Contestant
	for _, copier := range copiers() {
		row, way := c.choose(copier, func(way Contestant) copyRun { return c.place(way, release) })
		t.Rows, best = append(t.Rows, row), append(best, way)
	}
	for round := range rounds {
		c.Logf("copy: round %d of %d", round+1, rounds)
		for _, i := range turns(round, len(best)) {
			if t.Rows[i].Why == "" {
				c.row(&t.Rows[i], c.place(best[i], release))
			}
		}
	}
	t.Load[1] = measure.LoadAverage()
	return t, nil
}

// choose tries all ways of a contestant, and returns the fastest.
func (c *Copiers) choose(from copier, place func(Contestant) copyRun) (Row, Contestant) {
	var best Contestant
	var fastest time.Duration
	row := Row{ID: from.id, Name: from.ways[0].Name}
	for _, way := range from.ways {
		if row.Why = c.Programs.Missing(way); row.Why != "" {
			return row, way
		}
		c.Logf("trying %s", way.Name)
		trial := Row{ID: way.ID, Name: way.Name}
		c.row(&trial, place(way))
		if trial.Why != "" {
			row.Why = trial.Why
			continue
		}
		took := time.Duration(trial.Wall[0] * float64(time.Millisecond))
		c.Logf("%s took %.1f s", way.Name, took.Seconds())
		if fastest == 0 || took < fastest {
			best, fastest = way, took
		}
	}
	if fastest == 0 {
		return row, from.ways[0]
	}
	return Row{ID: best.ID, Name: best.Name}, best
}

// Signed copies a release with signatures into a new target, and then again into the same: with the cache of the first copy,
// and without a cache.
func (c *Copiers) Signed(release pair.Release, rounds int) (Table, error) {
	t := c.table("signed", "Copy a release with a signature of each image, and copy it again", rounds)
	steps := []Contestant{
		mirror("new", "release-x mirror, new target", true),
		mirror("again", "release-x mirror, again", true),
		mirror("again-no-cache", "release-x mirror, again, --no-cache", true, "--no-cache"),
	}
	for _, step := range steps {
		t.Rows = append(t.Rows, Row{ID: step.ID, Name: step.Name})
	}
	for round := range rounds {
		c.Logf("signed: round %d of %d", round+1, rounds)
		warm, err := os.MkdirTemp(c.Temp, "warm-")
		if err != nil {
			return t, fmt.Errorf("making a cache directory: %w", err)
		}
		for i, step := range steps {
			r := c.place(step, release)
			r.keepTarget, r.cache, r.signatures = i > 0, warm, true
			c.row(&t.Rows[i], r)
		}
		if err := os.RemoveAll(warm); err != nil {
			return t, err
		}
	}
	t.Load[1] = measure.LoadAverage()
	return t, nil
}

// Several copies numbers of releases, each number into a new target.
func (c *Copiers) Several(releases []pair.Release, counts []int, rounds int) (Table, error) {
	t := c.table("several", "Copy several releases that share most blobs", rounds)
	for _, n := range counts {
		t.Rows = append(t.Rows, Row{ID: fmt.Sprint(n), Name: fmt.Sprintf("release-x mirror, %d of them", n)})
	}
	for round := range rounds {
		c.Logf("several: round %d of %d", round+1, rounds)
		for _, i := range turns(round, len(counts)) {
			n := counts[i]
			c.row(&t.Rows[i], c.place(mirror(fmt.Sprint(n), t.Rows[i].Name, false), releases[:n]...))
		}
	}
	t.Load[1] = measure.LoadAverage()
	return t, nil
}

func (c *Copiers) table(id, title string, rounds int) Table {
	return Table{Job: id, Link: "loopback", Title: title, Rounds: rounds, Load: [2]string{measure.LoadAverage()}}
}

// copyRun is a copy to make.
type copyRun struct {
	by         Contestant
	releases   []pair.Release
	keepTarget bool
	cache      string            // empty: a new one
	signatures bool              // they are checked too
	layout     string            // that is loaded; empty: a new one
	check      func(Place) error // what was copied; nil: the repository of the target
}

func (c *Copiers) place(by Contestant, releases ...pair.Release) copyRun {
	return copyRun{by: by, releases: releases}
}

// row adds a run to a row. A row whose run fails says why, and has no values.
func (c *Copiers) row(row *Row, r copyRun) {
	if row.Why != "" {
		return
	}
	if err := c.run(row, r); err != nil {
		*row = Row{ID: row.ID, Name: row.Name, Why: "failed: " + err.Error()}
		c.Logf("%s: %s", row.Name, row.Why)
	}
}

func (c *Copiers) run(row *Row, r copyRun) error {
	if !r.keepTarget {
		if err := c.Pair.NewTarget(); err != nil {
			return err
		}
	}
	work, err := os.MkdirTemp(c.Temp, "run-")
	if err != nil {
		return fmt.Errorf("making a directory: %w", err)
	}
	defer os.RemoveAll(work)
	place := Place{
		Programs: c.Programs, Address: c.Pair.Source.Address(), Plain: c.Pair.Source.Plain(), Cache: filepath.Join(work, "cache"), Work: work,
		Target: c.Pair.Target.Address() + "/" + targetName, Releases: r.releases,
	}
	if r.cache != "" {
		place.Cache = r.cache
	}
	if place.Layout = r.layout; r.layout == "" {
		place.Layout = filepath.Join(work, "layout")
	}
	if r.check == nil {
		r.check = func(Place) error { return c.Pair.Check(targetName, r.signatures, r.releases...) }
	}
	c.Pair.Source.Take()
	c.Pair.Target.Take()
	env := append(slices.Clone(c.Env), fmt.Sprintf("PLAIN_HOSTS=--host reg=%s,tls=disabled --host reg=%s,tls=disabled", place.Address, c.Pair.Target.Address()))
	sample, err := measure.Run(c.Launcher, measure.Command{
		Args: r.by.Args(place), Env: env, Dir: work, Limit: c.Limit,
		Stdout: filepath.Join(work, "stdout"), Stderr: filepath.Join(work, "stderr"),
	})
	source, target := c.Pair.Source.Take(), c.Pair.Target.Take()
	if err == nil {
		err = r.check(place)
	}
	if err != nil {
		return err
	}
	row.add(sample, source)
	row.TargetTotal = append(row.TargetTotal, float64(target.Total()))
	row.Repeated = append(row.Repeated, float64(source.Repeated()))
	row.Blobs = append(row.Blobs, float64(len(source.Blobs)))
	if requests := target.String(); !slices.Contains(row.TargetRequests, requests) {
		row.TargetRequests = append(row.TargetRequests, requests)
	}
	return nil
}
