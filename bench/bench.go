package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/release-x/oc-release-x/bench/internal/contest"
	"github.com/release-x/oc-release-x/bench/internal/link"
	"github.com/release-x/oc-release-x/bench/internal/measure"
	"github.com/release-x/oc-release-x/bench/internal/report"
	"github.com/release-x/oc-release-x/bench/internal/served"
)

// The link: as long as to a registry on the same continent, as wide as a good line of an office.
const (
	roundTrip    = 50 * time.Millisecond
	megabits     = 100
	bytesPerMbit = 1_000_000 / 8
	// download is the size of the downloads that the link is calibrated with.
	download = 8 << 20
)

// severalReleases is how many releases are read together.
const severalReleases = 20

// multiples are how many times the text of a real payload the payloads have with which memory is measured.
var multiples = [3]int{1, 2, 4}

// bench is the registry, the link to it, and who competes.
type bench struct {
	options  options
	root     string // what the registry serves
	registry *served.Registry
	proxy    *link.Proxy
	runner   contest.Runner
	release  served.Release
	large    served.Release
	tampered served.Release
	how      string // where the release comes from
	binary   int64
}

// setUp serves the releases, and copies the plugin so that it stays the same while others build.
func setUp(o options, temp string, logf func(string, ...any)) (*bench, error) {
	root := filepath.Join(temp, "registry")
	b := &bench{options: o, root: root}
	home := filepath.Join(temp, "home")
	for _, dir := range []string{root, home} {
		if err := os.Mkdir(dir, 0o755); err != nil {
			return nil, err
		}
	}
	plugin := filepath.Join(temp, "oc-release_x")
	if err := copyProgram(plugin, o.plugin); err != nil {
		return nil, err
	}
	info, err := os.Stat(plugin)
	if err != nil {
		return nil, err
	}
	b.binary = info.Size()
	launcher, err := filepath.Abs(o.launcher)
	if err != nil {
		return nil, err
	}
	if b.release, b.how, err = served.Prepare(root, o.fixtures); err != nil {
		return nil, err
	}
	logf("generating an image with %d MB of base layers", o.base/1_000_000)
	if b.large, err = served.PrepareAs(root, "large-release", served.Options{Base: o.base}); err != nil {
		return nil, err
	}
	if b.tampered, err = served.PrepareAs(root, "tampered-release", served.Options{Tampered: true}); err != nil {
		return nil, err
	}
	if b.registry, err = served.Start(root, o.plain); err != nil {
		return nil, err
	}
	shape := link.Shape{RoundTrip: roundTrip, Rate: megabits * bytesPerMbit}
	if b.proxy, err = link.Start(shape, b.registry.Address()); err != nil {
		return nil, errors.Join(err, b.registry.Close())
	}
	env, err := environment(o, temp, home, b.registry)
	if err != nil {
		return nil, errors.Join(err, b.proxy.Close(), b.registry.Close())
	}
	b.runner = contest.Runner{
		Launcher: []string{launcher}, Programs: contest.FindPrograms(plugin, o.peers, o.path),
		Registry: b.registry, Env: env, Temp: temp, Limit: 5 * time.Minute, Logf: logf,
	}
	return b, nil
}

// environment is the same for all: an empty home, the peers before the other programs, and the certificates of the
// registries beside those of the system, which all of these programs find by the same variable.
func environment(o options, temp, home string, registries ...*served.Registry) ([]string, error) {
	peers, err := filepath.Abs(o.peers)
	if err != nil {
		return nil, err
	}
	env := []string{"HOME=" + home, "PATH=" + peers + string(os.PathListSeparator) + o.path, "TMPDIR=" + temp}
	if registries[0].Plain() {
		return env, nil
	}
	file := filepath.Join(temp, "certificates.pem")
	certificates, err := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, r := range registries {
		certificates = append(certificates, r.Certificate()...)
	}
	if err := os.WriteFile(file, certificates, 0o644); err != nil {
		return nil, err
	}
	return append(env, "SSL_CERT_FILE="+file), nil
}

func (b *bench) close() {
	b.proxy.Close()
	b.registry.Close()
}

// facts are what every number depends on.
func (b *bench) facts(now time.Time) string {
	m := measure.ThisMachine()
	transport := "HTTPS, verified, with HTTP/2 for those who speak it"
	if b.registry.Plain() {
		transport = "plain HTTP"
	}
	rows := [][]string{
		{"date", now.UTC().Format(time.DateOnly)},
		{"processor", fmt.Sprintf("%s, %d cores", m.CPU, m.Cores)},
		{"memory", m.Memory},
		{"kernel", m.Kernel},
		{"Go", m.Go},
		{"load average", measure.LoadAverage()},
		{"release", b.how + ", " + b.release.Describe()},
		{"large image", "generated, " + b.large.Describe()},
		{"transport", transport},
	}
	for _, name := range []string{contest.Plugin, "oc", "regctl", "crane", "skopeo", "jq", "gojq", "tar"} {
		rows = append(rows, []string{name, b.runner.Programs.Version(name)})
	}
	return report.Facts("measured", rows)
}

// calibrate shows that the link is what it says.
func (b *bench) calibrate(ctx context.Context) (string, error) {
	rows := [][]string{}
	for _, way := range b.ways() {
		row, err := calibration(ctx, b.registry, way)
		if err != nil {
			return "", err
		}
		rows = append(rows, row)
	}
	return report.Facts("calibration", rows), nil
}

// calibration is what plain downloads over a way measured.
func calibration(ctx context.Context, registry *served.Registry, over contest.Way) ([]string, error) {
	c, err := link.Calibrate(ctx, registry.Client, registry.Download(over.Address, 1), registry.Download(over.Address, download))
	if err != nil {
		return nil, err
	}
	return []string{over.Name, fmt.Sprintf("a request takes %.1f ms; one plain download gets %.1f Mbit/s, four at once get %.1f Mbit/s together%s",
		float64(c.Request)/1e6, c.One/bytesPerMbit, c.Four/bytesPerMbit, doubt(over.Name, c))}, nil
}

// doubt tells when the link is not what it shall be, for the machine was too busy.
func doubt(name string, c link.Calibration) string {
	const rate, tenth = megabits * bytesPerMbit, 10
	if name != report.Shaped || min(c.One, c.Four) > rate-rate/tenth && c.Request < roundTrip+roundTrip/tenth {
		return ""
	}
	return " (**off by more than a tenth**: measure again when the machine is idle)"
}

func (b *bench) ways() []contest.Way {
	return []contest.Way{
		{Name: report.Loopback, Address: b.registry.Address()},
		{Name: report.Shaped, Address: b.proxy.Address(), Received: b.proxy.Take},
	}
}

// one is a release for a job, which is there.
func one(r served.Release) func() ([]served.Release, error) {
	return func() ([]served.Release, error) { return []served.Release{r}, nil }
}

// generate makes releases of these options for a job, unless an earlier job had them made.
func (b *bench) generate(name string, options []served.Options) func() ([]served.Release, error) {
	return sync.OnceValues(func() ([]served.Release, error) {
		b.runner.Logf("generating %d releases", len(options))
		releases := make([]served.Release, len(options))
		for i, o := range options {
			var err error
			if releases[i], err = served.PrepareAs(b.root, fmt.Sprintf("%s-%d", name, i), o); err != nil {
				return nil, err
			}
		}
		return releases, nil
	})
}

// differing are options of releases of which none shares its payload with another.
func differing(n int) []served.Options {
	options := make([]served.Options, n)
	for i := range options {
		options[i].Seed = uint64(i) + 1
	}
	return options
}

// timesTheText are options of releases with so many times the text.
func timesTheText(times []int) []served.Options {
	options := make([]served.Options, len(times))
	for i, n := range times {
		options[i].Times = n
	}
	return options
}

// measure has every job done on every way that it makes a difference for.
func (b *bench) measure(ctx context.Context, only *regexp.Regexp, show func(string)) (report.Results, error) {
	results := report.Results{Binary: b.binary}
	n := b.options.rounds
	several := b.generate("several", differing(severalReleases))
	update := func() ([]served.Release, error) {
		second, err := served.PrepareUpdate(b.root, b.release, b.how)
		return []served.Release{b.release, second}, err
	}
	times := b.generate("multiple", timesTheText(multiples[:]))
	for i, way := range b.ways() {
		for _, e := range []struct {
			job      contest.Job
			releases func() ([]served.Release, error)
			rounds   [2]int // on loopback, over the link
		}{
			{contest.Start(), one(b.release), [2]int{n, 0}},
			{contest.List(), one(b.release), [2]int{n, max(1, n/2)}},
			{contest.Query(), one(b.release), [2]int{n, max(1, n/2)}},
			{contest.Objects(), one(b.release), [2]int{n, max(1, n/2)}},
			{contest.Hash(), one(b.release), [2]int{n, 0}},
			{contest.Compare(), update, [2]int{n, 0}},
			{contest.Several(severalReleases), several, [2]int{max(1, n/3), max(1, n/3)}},
			{contest.Multiples(multiples[:]), times, [2]int{max(1, n/3), 0}},
			{contest.Extract(), one(b.release), [2]int{n, max(1, n/2)}},
			{contest.ExtractLarge(), one(b.large), [2]int{max(1, n/3), max(1, n/7)}},
		} {
			if ctx.Err() != nil {
				return results, context.Cause(ctx)
			}
			if e.rounds[i] == 0 || !only.MatchString(e.job.ID+" "+way.Name) {
				continue
			}
			releases, err := e.releases()
			if err != nil {
				return results, err
			}
			table, err := b.runner.Run(e.job, way, releases, e.rounds[i])
			if err != nil {
				return results, err
			}
			results.Tables = append(results.Tables, table)
			show(report.Costs(table))
		}
	}
	return results, nil
}

func copyProgram(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("the plugin is not there, `make build` builds it: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
