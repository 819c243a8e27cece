package contest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/pair"
)

// form is how a layout lies on a disk, as the plugin calls it.
type form string

const (
	directory form = "oci"
	archive   form = "oci-archive"
)

// file is where the layout of a place lies in a form.
func (f form) file(p Place) string {
	if f == archive {
		return p.Layout + ".tar"
	}
	return p.Layout
}

func (f form) reference(p Place) string { return string(f) + ":" + f.file(p) }

// pull is the plugin that copies releases to a layout.
func pull(id, name string, to form) Contestant {
	return Contestant{ID: id, Name: name, Needs: []string{Plugin}, Args: func(p Place) []string {
		args := []string{"pull"}
		for _, r := range p.Releases {
			args = append(args, r.Source)
		}
		return p.plugin(append(args, "--to", to.reference(p))...)
	}}
}

// load is the plugin that copies a layout to the target.
func load(id, name string, from form) Contestant {
	return Contestant{ID: id, Name: name, Needs: []string{Plugin}, Args: func(p Place) []string {
		return p.plugin("mirror", "--from", from.reference(p), "--to", p.Target)
	}}
}

// loaders are all that copy every image of a layout to a registry.
func loaders() []copier {
	lines := func(p Place) string { return p.Releases[0].SavedLines("ocidir://"+p.Layout, p.Target) }
	return []copier{
		{"directory", []Contestant{load("directory", "release-x mirror --from oci:DIR", directory)}},
		{"archive", []Contestant{load("archive", "release-x mirror --from oci-archive:FILE", archive)}},
		loopOver(lines, "regctl", "regctl image copy ocidir://DIR", `$PLAIN_HOSTS`, "regctl", "@plain", "image", "copy"),
	}
}

// Pull has the plugin copy a release from host to a disk. The first row is the time that a download takes which keeps nothing.
func (c *Copiers) Pull(ctx context.Context, link, host string, release pair.Release, rounds int) (Table, error) {
	t := c.table("pull", "Pull a release with a signature of each image", rounds)
	t.Link = link
	runs := []copyRun{
		c.pulled("directory", "release-x pull --to oci:DIR", directory, release),
		c.pulled("archive", "release-x pull --to oci-archive:FILE", archive, release),
	}
	t.Rows = []Row{{ID: "limit", Name: "the limit: each manifest and blob downloaded once, nothing kept"}}
	for _, r := range runs {
		t.Rows = append(t.Rows, Row{ID: r.by.ID, Name: r.by.Name})
	}
	for round := range rounds {
		c.Logf("pull: round %d of %d", round+1, rounds)
		for _, i := range turns(round, len(t.Rows)) {
			if i > 0 {
				c.row(&t.Rows[i], runs[i-1])
			} else if err := c.limit(ctx, &t.Rows[0], host, release); err != nil {
				return t, err
			}
		}
	}
	t.Rows[0].CPU, t.Rows[0].RSS = nil, nil // it runs inside the bench, so it has no figures of its own
	t.Load[1] = measure.LoadAverage()
	return t, nil
}

// limit adds a download that keeps nothing to a row.
func (c *Copiers) limit(ctx context.Context, row *Row, host string, release pair.Release) error {
	c.Pair.Source.Take()
	took, err := c.Pair.Download(ctx, host, release)
	if err != nil {
		return err
	}
	source := c.Pair.Source.Take()
	row.add(measure.Sample{Wall: took}, source)
	row.Repeated = append(row.Repeated, float64(source.Repeated()))
	return nil
}

// PullSeveral pulls numbers of releases, each number into a new layout.
func (c *Copiers) PullSeveral(releases []pair.Release, counts []int, rounds int) (Table, error) {
	t := c.table("pull-several", "Pull several releases that share most blobs", rounds)
	return t, c.inTurn(&t, counts, func(i int) copyRun {
		return c.pulled("", fmt.Sprintf("release-x pull, %d of them", counts[i]), directory, releases[:counts[i]]...)
	})
}

// PullMany pulls numbers of releases with tiny images, each number into a new layout. The rows are for numbers of images.
func (c *Copiers) PullMany(releases []pair.Release, counts []int, rounds int) (Table, error) {
	t := c.table("many", "Pull many tiny images", rounds)
	images := make([]int, len(counts))
	for i, n := range counts {
		images[i] = pair.Sum(releases[:n]...).Images
	}
	return t, c.inTurn(&t, images, func(i int) copyRun {
		return c.pulled("", fmt.Sprintf("release-x pull, %d images", images[i]), directory, releases[:counts[i]]...)
	})
}

// LoadSeveral loads layouts with numbers of releases, each into a new target.
func (c *Copiers) LoadSeveral(releases []pair.Release, counts []int, rounds int) (Table, error) {
	t := c.table("load-several", "Load several releases that share most blobs", rounds)
	layouts := make([]string, len(counts))
	for i, n := range counts {
		var remove func()
		var err error
		if layouts[i], remove, err = c.save([]form{directory}, releases[:n]...); err != nil {
			return t, err
		}
		defer remove()
	}
	return t, c.inTurn(&t, counts, func(i int) copyRun {
		r := c.place(load("", fmt.Sprintf("release-x mirror --from oci:DIR, %d of them", counts[i]), directory), releases[:counts[i]]...)
		r.layout = layouts[i]
		return r
	})
}

// Load has everybody copy a layout into targets that are new. The best way of the loop is measured, as by Compare.
func (c *Copiers) Load(release pair.Release, rounds int) (Table, error) {
	t := c.table("load", "Load a layout with a signature of each image into a registry", rounds)
	layout, remove, err := c.save([]form{directory, archive}, release)
	if err != nil {
		return t, err
	}
	defer remove()
	place := func(way Contestant) copyRun {
		r := c.place(way, release)
		r.signatures, r.layout = true, layout
		return r
	}
	var best []Contestant
	for _, loader := range loaders() {
		row, way := c.choose(loader, place)
		t.Rows, best = append(t.Rows, row), append(best, way)
	}
	for round := range rounds {
		c.Logf("load: round %d of %d", round+1, rounds)
		for _, i := range turns(round, len(best)) {
			if t.Rows[i].Why == "" {
				c.row(&t.Rows[i], place(best[i]))
			}
		}
	}
	t.Load[1] = measure.LoadAverage()
	return t, nil
}

// inTurn measures a row for each number, a number of rounds.
func (c *Copiers) inTurn(t *Table, numbers []int, place func(i int) copyRun) error {
	for i, n := range numbers {
		t.Rows = append(t.Rows, Row{ID: fmt.Sprint(n), Name: place(i).by.Name})
	}
	for round := range t.Rounds {
		c.Logf("%s: round %d of %d", t.Job, round+1, t.Rounds)
		for _, i := range turns(round, len(numbers)) {
			c.row(&t.Rows[i], place(i))
		}
	}
	t.Load[1] = measure.LoadAverage()
	return nil
}

// pulled is a pull into a new layout, which is checked.
func (c *Copiers) pulled(id, name string, to form, releases ...pair.Release) copyRun {
	r := c.place(pull(id, name, to), releases...)
	r.check = func(p Place) error { return pair.CheckLayout(to.file(p), releases...) }
	return r
}

// save pulls releases into layouts to load. These pulls are not measured.
func (c *Copiers) save(forms []form, releases ...pair.Release) (layout string, remove func(), err error) {
	dir, err := os.MkdirTemp(c.Temp, "saved-")
	if err != nil {
		return "", nil, fmt.Errorf("making a directory: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	layout = filepath.Join(dir, "layout")
	for _, to := range forms {
		r := c.pulled("", "", to, releases...)
		r.layout = layout
		if err := c.run(&Row{}, r); err != nil {
			remove()
			return "", nil, fmt.Errorf("saving a layout to load: %w", err)
		}
	}
	return layout, remove, nil
}
