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

// bench is the registry, the link to it, and who competes.
type bench struct {
	options  options
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
	b := &bench{options: o}
	root := filepath.Join(temp, "registry")
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
	env, err := environment(o.path, temp, home, b.registry)
	if err != nil {
		return nil, errors.Join(err, b.proxy.Close(), b.registry.Close())
	}
	b.runner = contest.Runner{
		Launcher: []string{launcher}, Programs: contest.FindPrograms(plugin, o.peers, o.path),
		Registry: b.registry, Env: env, Temp: temp, Limit: 5 * time.Minute, Logf: logf,
	}
	return b, nil
}

// environment is the same for all: an empty home, and the certificates of the registries beside those of the system,
// which all of these programs find by the same variable.
func environment(path, temp, home string, registries ...*served.Registry) ([]string, error) {
	env := []string{"HOME=" + home, "PATH=" + path, "TMPDIR=" + temp}
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
	for _, name := range []string{contest.Plugin, "oc", "regctl", "crane", "skopeo", "jq", "tar"} {
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
func calibration(ctx context.Context, registry *served.Registry, over way) ([]string, error) {
	c, err := link.Calibrate(ctx, registry.Client, registry.Download(over.address, 1), registry.Download(over.address, download))
	if err != nil {
		return nil, err
	}
	return []string{over.name, fmt.Sprintf("a request takes %.1f ms; one plain download gets %.1f Mbit/s, four at once get %.1f Mbit/s together%s",
		float64(c.Request)/1e6, c.One/bytesPerMbit, c.Four/bytesPerMbit, doubt(over.name, c))}, nil
}

// doubt tells when the link is not what it shall be, for the machine was too busy.
func doubt(name string, c link.Calibration) string {
	const rate, tenth = megabits * bytesPerMbit, 10
	if name != report.Shaped || min(c.One, c.Four) > rate-rate/tenth && c.Request < roundTrip+roundTrip/tenth {
		return ""
	}
	return " (**off by more than a tenth**: measure again when the machine is idle)"
}

// way is how the registry is reached.
type way struct{ name, address string }

func (b *bench) ways() []way {
	return []way{{report.Loopback, b.registry.Address()}, {report.Shaped, b.proxy.Address()}}
}

// measure has every job done on every way that it makes a difference for.
func (b *bench) measure(ctx context.Context, only *regexp.Regexp, show func(string)) (report.Results, error) {
	results := report.Results{Binary: b.binary}
	n := b.options.rounds
	for i, way := range b.ways() {
		for _, e := range []struct {
			job     contest.Job
			release served.Release
			rounds  [2]int // on loopback, over the link
		}{
			{contest.Start(), b.release, [2]int{n, 0}},
			{contest.List(), b.release, [2]int{n, max(1, n/2)}},
			{contest.Query(), b.release, [2]int{n, max(1, n/2)}},
			{contest.Objects(), b.release, [2]int{n, max(1, n/2)}},
			{contest.Extract(), b.release, [2]int{max(1, n/2), max(1, n/2)}},
			{contest.ExtractLarge(), b.large, [2]int{max(1, n/3), max(1, n/7)}},
		} {
			if ctx.Err() != nil {
				return results, context.Cause(ctx)
			}
			if e.rounds[i] == 0 || !only.MatchString(e.job.ID+" "+way.name) {
				continue
			}
			table, err := b.runner.Run(e.job, way.name, way.address, e.release, e.rounds[i])
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
